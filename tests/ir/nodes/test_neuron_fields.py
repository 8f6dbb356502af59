"""A neuron's flags fill their word without overlap, plain ones first; its arrays keep their roles."""

from __future__ import annotations

from snnrt.ir.nodes.neuron_fields import ARRAYS, FLAGS, INTEGER_FLAGS, PLAIN_FLAGS, WORDS


def test_flags_lie_side_by_side() -> None:
    masks = {name: ((1 << bits) - 1) << first for name, (first, bits) in FLAGS.items()}
    assert sum(masks.values()) == (1 << len(range(sum(bits for _, bits in FLAGS.values())))) - 1
    assert all(len(WORDS[name].values) <= 1 << FLAGS[name][1] for name in WORDS)
    assert all(bits == 1 for name, (_, bits) in FLAGS.items() if name not in WORDS)
    # roles share a word of 32 with the flags in the core's table of what goes with what
    assert max(masks.values()) < 1 << 32 - len(ARRAYS) and len(ARRAYS) <= 16


def test_plain_flags_are_the_first_and_none_is_cut() -> None:
    assert PLAIN_FLAGS & (PLAIN_FLAGS + 1) == 0
    inside = [name for name, (first, bits) in FLAGS.items() if PLAIN_FLAGS >> first & ((1 << bits) - 1)]
    assert all(
        PLAIN_FLAGS >> FLAGS[n][0] & ((1 << FLAGS[n][1]) - 1) == (1 << FLAGS[n][1]) - 1 for n in inside
    )
    assert {"multiple", "one_spike", "loihi"}.isdisjoint(inside) and "strict" in inside


def test_arrays_have_distinct_names_and_one_is_required() -> None:
    names = [array.name for array in ARRAYS]
    assert len(set(names)) == len(names)
    assert [array.name for array in ARRAYS if array.required] == ["membrane"]
    assert {array.name for array in ARRAYS if array.unit == "q15"} == {
        "membrane", "synapse", "adaptation_decay", "synapse_rise",
    }  # fmt: skip
    assert set(INTEGER_FLAGS) < FLAGS.keys()
