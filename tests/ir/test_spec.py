"""The specification's own words: codes, sizes, roles."""

from __future__ import annotations

import pytest

from snnrt.ir.nodes import NODES
from snnrt.ir.spec import EXIT_RULES, Array, Enumeration, Kind, Parameter, output_bytes


def test_codes_follow_the_order_of_words() -> None:
    words = Enumeration("X", ("a", "b"))
    assert [words.code(word) for word in words.values] == [0, 1] and "b" in words and "c" not in words
    assert EXIT_RULES.code("confidence") == 2


@pytest.mark.parametrize(
    ("elements", "type_", "size"),
    [(1, "bits", 4), (32, "bits", 4), (33, "bits", 8), (3, "int16", 6), (3, "int32", 12), (3, "float32", 12)],
)
def test_bits_take_whole_words(elements, type_, size) -> None:
    assert output_bytes(elements, type_) == size


def test_halves_of_words_are_filled_up() -> None:
    halves = tuple(Parameter(name, "u16", "") for name in "abc")
    kind = Kind("k", 99, "", {}, parameters=(Parameter("state", "u32", ""), *halves))
    assert kind.words == 3
    assert Kind("k", 99, "", {}).words == 0


def test_roles_and_elements_of_arrays() -> None:
    arrays = (Array("w", "matrix", "int8", "float32", ""), Array("s", "outputs", "float32", None, ""))
    kind = Kind("k", 99, "", {}, arrays=arrays)
    assert (kind.role("w"), kind.role("s")) == (0, 1)
    assert (arrays[0].element("integer"), arrays[1].element("float32")) == ("int8", None)
    with pytest.raises(StopIteration):
        kind.role("absent")


def test_kinds_differ_and_states_come_first() -> None:
    kinds = [node.KIND for node in NODES]
    assert len({kind.number for kind in kinds}) == len({kind.name for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert ("state" not in kind.traits) or kind.parameters[0].name == "state"
        assert kind.words < 16 and len(kind.arrays) < 16
