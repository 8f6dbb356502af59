"""Convolutions and pools: sizes against a plain count, and fields that do not fit."""

import numpy as np
import pytest

from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.common.windows import Window, convolution, pool
from snnrt.errors import ModelError
from snnrt.ir.graph import AvgPool2d, SumPool2d

NODE = SourceNode("conv", "Conv")
MAP = (4, 7, 9)


def places(size, kernel, stride, before, after, dilation):
    """How many windows fit, counted one by one."""
    start, count = -before, 0
    while start + dilation * (kernel - 1) < size + after:
        start, count = start + stride, count + 1
    return count


@pytest.mark.parametrize("kernel", [(1, 1), (3, 2), (2, 5)])
@pytest.mark.parametrize("stride", [1, (2, 3)])
@pytest.mark.parametrize("padding", [0, (1, 2), "valid"])
@pytest.mark.parametrize("dilation", [1, (2, 1)])
def test_convolution_sizes(kernel, stride, padding, dilation):
    window = Window(stride, padding, dilation, groups=2)
    layer = convolution(NODE, MAP, np.ones((6, 2, *kernel)), np.ones(6), window, 2)
    rows, columns = np.broadcast_to(stride, 2), np.broadcast_to(0 if padding == "valid" else padding, 2)
    dilations = np.broadcast_to(dilation, 2)
    expected = tuple(
        places(MAP[1 + i], kernel[i], rows[i], columns[i], columns[i], dilations[i]) for i in (0, 1)
    )
    assert layer.shape == (6, *expected) and layer.groups == 2


def test_same_padding_keeps_the_size_and_adds_the_odd_zero_behind():
    layer = convolution(NODE, MAP, np.ones((4, 4, 2, 5)), None, Window(padding="same"), 2)
    assert layer.shape == MAP and layer.padding == (0, 1, 2, 2)


def test_one_axis():
    layer = convolution(NODE, (4, 1, 9), np.ones((3, 4, 3)), None, Window(stride=2, padding=1), 1)
    assert layer.shape == (3, 1, 5) and layer.weights.shape == (3, 4, 1, 3)
    assert layer.padding == (0, 0, 1, 1) and layer.stride == (1, 2)


@pytest.mark.parametrize("kind", [SumPool2d, AvgPool2d])
def test_pool(kind):
    layer = pool(NODE, MAP, kind, 2, Window(stride=2, padding=(0, 1)))
    assert isinstance(layer, kind) and layer.shape == (4, 3, 5) and layer.padding == (0, 0, 1, 1)


@pytest.mark.parametrize(
    "shape, weights, window, message",
    [
        ((4,), (2, 4, 3, 3), Window(), r"input: expected \(channels, height, width\)"),
        (MAP, (2, 4, 3), Window(), "weight: expected 4 axes"),
        (MAP, (2, 3, 3, 3), Window(), r"for 4 input channels in 1 group\(s\)"),
        (MAP, (3, 2, 3, 3), Window(groups=2), r"for 4 input channels in 2 group\(s\)"),
        (MAP, (2, 4, 8, 3), Window(), "kernel: expected one that fits the padded input of 7, found 8"),
        (MAP, (2, 4, 3, 3), Window(stride=0), "stride: expected 2 integer"),
        (MAP, (2, 4, 3, 3), Window(padding="reflect"), "padding: expected integers, 'same' or 'valid'"),
        (MAP, (2, 4, 3, 3), Window(stride=2, padding="same"), "integers where the stride is not 1"),
        (MAP, (2, 4, 3, 3), Window(padding=60000), "padding: expected an output of at most"),
    ],
)
def test_convolution_refused(shape, weights, window, message):
    with pytest.raises(ModelError, match=message):
        convolution(NODE, shape, np.ones(weights), None, window, 2)


def test_pool_refused():
    with pytest.raises(ModelError, match=r"input: expected \(channels, height, width\)"):
        pool(NODE, (4,), SumPool2d, 2, Window())
    with pytest.raises(ModelError, match="kernel_size: expected 2 integer"):
        pool(NODE, MAP, SumPool2d, 0, Window())
