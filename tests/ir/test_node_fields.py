"""What a caller may write for a node's fields."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.errors import ModelError
from snnrt.ir.graph import AvgPool2d, Conv2d, Dense, Neuron
from snnrt.ir.node_fields import accepted_fields, field_names


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, (1, 1, 1, 1)), ((1, 2), (1, 1, 2, 2)), ([1, 2, 3, 4], (1, 2, 3, 4)), ((1, 2, 3), (1, 2, 3))],
)
def test_padding(value: object, expected: tuple[int, ...]) -> None:
    assert accepted_fields(Conv2d, "c", {"padding": value}, "float32") == {"padding": expected}


@pytest.mark.parametrize(("value", "expected"), [(3, (3, 3)), ([2, 1], (2, 1)), ((1, 2, 3), (1, 2, 3))])
def test_pairs(value: object, expected: tuple[int, ...]) -> None:
    assert accepted_fields(AvgPool2d, "p", {"kernel": value}, "float32") == {"kernel": expected}


def test_other_fields_are_left_alone() -> None:
    fields = {"strict": True, "max_spikes": 3, "reset": "value", "threshold": None}
    assert accepted_fields(Neuron, "n", fields, "float32") == fields
    assert field_names(Dense) == ["weights", "bias", "scale"]


@pytest.mark.parametrize(
    ("arithmetic", "field", "value", "dtype"),
    [
        ("float32", "weights", [[1, 2]], np.float32),
        ("float32", "weights", np.ones((1, 2)), np.float32),
        ("integer", "weights", [[1, -127]], np.int8),
        ("integer", "bias", np.ones(3, np.int8), np.int32),
        ("integer", "scale", [0.5], np.float32),
        # a field that does not belong there is for the node to refuse
        ("float32", "scale", [0.5], np.float64),
    ],
)
def test_arrays(arithmetic: str, field: str, value: object, dtype: type) -> None:
    array = accepted_fields(Dense, "d", {field: value}, arithmetic)[field]
    assert array.dtype == dtype and np.array_equal(array, value)


@pytest.mark.parametrize(
    ("arithmetic", "value", "words"),
    [
        ("integer", [[0.5]], "integers (int8), found float64"),
        ("integer", [[True]], "integers (int8), found bool"),
        ("integer", [[-129]], "-128 to 127, found -129"),
        ("float32", [["a"]], "numbers, found"),
        ("float32", [[1j]], "numbers, found complex128"),
    ],
)
def test_arrays_that_do_not_fit(arithmetic: str, value: object, words: str) -> None:
    with pytest.raises(ModelError) as caught:
        accepted_fields(Dense, "d", {"weights": value}, arithmetic)
    assert words in str(caught.value) and "node 'd' (dense): weights" in str(caught.value)
