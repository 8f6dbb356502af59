"""The canonical shape of the input."""

import numpy as np
import pytest

from snnrt.converters.common.drafts import LayerDraft
from snnrt.converters.common.input_shape import input_shape
from snnrt.converters.common.source_node import SourceNode
from snnrt.errors import ModelError

NODE = SourceNode("input", "Input")
DENSE = LayerDraft("Linear", None, features=6)
CONV1D = LayerDraft("Conv1d", None, axes=1)
CONV2D = LayerDraft("Conv2d", None, axes=2)


@pytest.mark.parametrize(
    "sizes, reader, shape, note",
    [
        ([6], DENSE, (6,), None),
        ([1, 6], DENSE, (6,), "the leading 1 of the input shape (1, 6) is a batch axis"),
        ([2, 6], CONV1D, (2, 1, 6), "the input shape (2, 6) is (channels, height 1, width)"),
        ([1, 2, 6], CONV1D, (2, 1, 6), "the input shape (2, 6) is (channels, height 1, width)"),
        ([1, 2, 6], CONV2D, (1, 2, 6), None),
        ([1, 3, 2, 6], CONV2D, (3, 2, 6), "the leading 1 of the input shape (1, 3, 2, 6) is a batch axis"),
    ],
)
def test_shapes(sizes, reader, shape, note):
    assert input_shape(NODE, np.array(sizes), [reader]) == (shape, note)


@pytest.mark.parametrize(
    "sizes", [[], [0], [-1], [1.5], [[1]], [2, 1, 3, 4], [1, 2, 3, 4, 5], None, ["x"], [2**30]]
)
def test_refused(sizes):
    with pytest.raises(ModelError, match=r"node 'input' \(Input\): shape: expected"):
        input_shape(NODE, sizes, [])
