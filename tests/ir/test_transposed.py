"""Transposed convolutions against PyTorch, and what is no transposed convolution."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.errors import ModelError
from snnrt.reference.run import Reference

SHAPE = (4, 5, 6)


@pytest.mark.frameworks
@pytest.mark.parametrize("groups, dilation", list(itertools.product([1, 2], [(1, 1), (2, 1)])))
@pytest.mark.parametrize(
    "stride, padding, output_padding",
    [((1, 1), (0, 0), (0, 0)), ((2, 3), (1, 0), (1, 2)), ((2, 1), (3, 2), (0, 0)), ((1, 2), (3, 1), (0, 1))],
)
def test_as_pytorch(stride, padding, output_padding, dilation, groups):
    import torch

    rng = np.random.default_rng(0)
    weights = rng.integers(-4, 5, (4, 3, 3, 2)).astype(np.float32)
    bias = rng.integers(-4, 5, 3 * groups).astype(np.float32)
    options = {"stride": stride, "padding": padding, "output_padding": output_padding}
    options |= {"dilation": dilation, "groups": groups}
    x = (rng.random((2, *SHAPE)) < 0.5).astype(np.float32)
    values = [torch.from_numpy(values) for values in (x, weights, bias)]
    expected = torch.nn.functional.conv_transpose2d(*values, **options).numpy()
    g = GraphBuilder(SHAPE, timesteps=1)
    y = g.conv_transpose2d(g.input, weights, bias, **options)
    assert y.shape == expected.shape[1:]
    held = g.neuron(y, membrane=1, reset="none", name="held")
    last = g.dense(g.flatten(held), np.ones((1, expected[0].size)))
    found = Reference(g.finish(last)).run(x, record=("membranes",)).membranes["held"][:, 0]
    np.testing.assert_array_equal(found, expected)


def test_no_node_between_where_pixels_stay_together():
    g = GraphBuilder(SHAPE)
    g.conv_transpose2d(g.input, np.ones((4, 1, 3, 3)), padding=1, name="up")
    assert [node.name for node in g.nodes] == ["input", "up"]
    g.conv_transpose2d(g.input, np.ones((4, 1, 3, 3)), stride=2, name="up2")
    assert [node.name for node in g.nodes][2:] == ["up2.spread", "up2"]


@pytest.mark.parametrize("shape, groups", [((3, 1, 2, 2), 1), ((4, 4), 1), ((4, 1, 2, 2), 3)])
def test_weights_that_do_not_fit(shape, groups):
    g = GraphBuilder(SHAPE)
    with pytest.raises(ModelError, match=r"'up' \(conv2d\): weights: expected \(4, outputs / groups, "):
        g.conv_transpose2d(g.input, np.ones(shape), groups=groups, name="up")
    assert len(g.nodes) == 1
