"""What an array or a field must be; each complaint names node, field, expected and found."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.errors import ModelError
from snnrt.ir.array_checks import (
    check_array,
    check_range,
    check_scale,
    check_word,
    dtype_of,
    need_array,
    need_integers,
)
from snnrt.ir.graph import Dense, Edge, Neuron
from snnrt.ir.nodes.neuron_fields import RESETS

NODE = Dense("layer", (Edge("x"),), (2,), np.zeros((2, 3), np.float32))


def refused(words: str):
    return pytest.raises(ModelError, match=rf"^node 'layer' \(dense\): it: expected {words}$")


def test_arrays_have_a_type_a_shape_and_finite_values() -> None:
    array = np.ones((2, 1), np.float32)
    assert check_array(NODE, "it", array, np.float32, [(2,), (2, 1)]) is array
    with refused("an array of float32, found float64"):
        check_array(NODE, "it", array.astype(np.float64), np.float32, [(2, 1)])
    with refused("an array of float32, found list"):
        check_array(NODE, "it", [1.0], np.float32, [(1,)])
    # a shape that is there twice is said once
    with refused(r"shape \(\) or \(3,\), found \(2, 1\)"):
        check_array(NODE, "it", array, np.float32, [(), (3,), ()])
    for bad in (np.nan, np.inf):
        with refused("finite values, found NaN or infinity"):
            check_array(NODE, "it", np.full(2, bad, np.float32), np.float32, [(2,)])


@pytest.mark.parametrize(
    ("values", "low", "high", "open_low", "words"),
    [
        ([0, 5], 0, 5, False, None),
        ([0, 6], 0, 5, False, "values from 0 to 5, found 6"),
        ([-1, 9], 0, 5, False, "values from 0 to 5, found -1"),
        ([0.5, 0.0], 0.0, np.inf, True, r"values above 0\.0, found 0\.0"),
        ([1.0, -0.0], 0.0, 1.0, False, r"values from 0\.0 to 1\.0, found -0\.0"),
        ([1.0, -0.0], -1.0, 1.0, False, None),
        ([1e30], 0.0, np.inf, False, None),
    ],
)
def test_ranges(values, low, high, open_low, words) -> None:
    array = np.array(values)
    if words is None:
        check_range(NODE, "it", array, low, high, open_low)
    else:
        with refused(words):
            check_range(NODE, "it", array, low, high, open_low)


def test_a_scale_is_positive_and_of_integers_only() -> None:
    one = np.ones(2, np.float32)
    check_scale(NODE, None, [()], integer=False)
    check_scale(NODE, one, [(2,)], integer=True)
    for scale, integer, words in (
        (one, False, "none in float32"),
        (0 * one, True, "above 0"),
        (-one, True, "above 0"),
    ):
        with pytest.raises(ModelError, match=f"layer.*scale.*{words}"):
            check_scale(NODE, scale, [(2,)], integer)


def test_words_and_integers() -> None:
    check_word(NODE, "it", "value", RESETS)
    with refused("one of none, subtract, value, found 'zero'"):
        check_word(NODE, "it", "zero", RESETS)
    need_integers(NODE, "it", (1, np.int64(65535)), 2, 1)
    for bad in ((0, 1), (1, 65536), (1,), [1, 2], (1, 2.0)):
        with pytest.raises(ModelError, match=r"it: expected 2 integer\(s\) from 1 to 65535"):
            need_integers(NODE, "it", bad, 2, 1)
    need_array(NODE, "it", np.zeros((1, 1)), 2)
    for bad, found in ((np.zeros((0, 1)), r"\(0, 1\)"), (np.zeros(2), r"\(2,\)"), ([[1]], "list")):
        with refused(f"a non-empty array of 2 axes, found {found}"):
            need_array(NODE, "it", bad, 2)


def test_types_of_arrays_by_arithmetic() -> None:
    neuron = Neuron("n", (Edge("x"),), (2,))
    assert (dtype_of(NODE, "weights", True), dtype_of(NODE, "weights", False)) == (np.int8, np.float32)
    assert (dtype_of(neuron, "threshold", True), dtype_of(neuron, "refractory", False)) == (
        np.int32,
        np.int32,
    )
