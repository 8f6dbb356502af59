"""Layers without a window."""

import numpy as np
import pytest

from snnrt.converters.common.layers import dense, flatten, scale
from snnrt.converters.common.source_node import SourceNode
from snnrt.errors import ModelError

NODE = SourceNode("x", "Layer")
MAP = (2, 3, 4)


def test_dense():
    layer = dense(NODE, (3,), np.ones((2, 3)), [1, 2])
    assert layer.shape == (2,) and layer.weights.dtype == np.float32 and layer.inputs == ()
    with pytest.raises(ModelError, match=r"input: expected a vector of 3 .* found \(4,\); check the layer"):
        dense(NODE, (4,), np.ones((2, 3)), None)
    with pytest.raises(ModelError, match=r"weight: expected shape \(outputs, inputs\), found \(3,\)"):
        dense(NODE, (3,), np.ones(3), None)


def test_scale():
    assert scale(NODE, MAP, np.full(MAP, 2)).factors.shape == ()
    assert scale(NODE, MAP, [1, 2]).factors.shape == (2,)
    with pytest.raises(ModelError, match="scale: expected one value, one a channel"):
        scale(NODE, MAP, np.ones(3))


@pytest.mark.parametrize("start, end", [(0, -1), (0, 2), (-3, -1)])
def test_flatten_all(start, end):
    assert flatten(NODE, MAP, start, end).shape == (24,)


@pytest.mark.parametrize(
    "shape, start, end", [((5,), 0, -1), ((5,), 1, -1), (MAP, 1, 1), ((2, 1, 4), 1, 2), ((5,), 0, 1)]
)
def test_flatten_that_changes_nothing(shape, start, end):
    assert flatten(NODE, shape, start, end) is None


@pytest.mark.parametrize(
    "shape, start, end, message",
    [
        (MAP, 1, -1, r"start_dim, end_dim: expected all of \(2, 3, 4\) flattened .* found \(1, 2\)"),
        (MAP, 0, 7, "end_dim: expected an axis of"),
        (MAP, 0.5, -1, "start_dim: expected an axis of"),
        ((2, 1, 4), 0, 1, "end_dim: expected -1, since .* height of 1"),
    ],
)
def test_flatten_refused(shape, start, end, message):
    with pytest.raises(ModelError, match=message):
        flatten(NODE, shape, start, end)
