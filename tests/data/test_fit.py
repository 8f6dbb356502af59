"""Which shapes a model reads, and the axes that may be missing."""

from __future__ import annotations

import numpy as np
import pytest

import snnrt
from snnrt import GraphBuilder
from snnrt.data.fit import RANGE_TOLERANCE, check_values, fitted_inputs
from snnrt.errors import DataError
from snnrt.ir.graph import Input

T = 3


def source(encoding: str, shape: tuple[int, ...]) -> Input:
    return Input("x", (), shape, encoding=encoding)  # type: ignore[arg-type]


@pytest.mark.parametrize("encoding, leading", [("constant", (2,)), ("spikes", (2, T))])
@pytest.mark.parametrize(
    "shape, given", [((1, 4, 5), (4, 5)), ((3, 1, 5), (3, 5)), ((3, 4, 5), (3, 4, 5)), ((7,), (7,))]
)
def test_the_axis_of_one_channel_or_one_row_may_be_missing(encoding, leading, shape, given):
    x = np.random.default_rng(0).random((*leading, *given), np.float32)
    found = fitted_inputs(x, source(encoding, shape), T)
    assert found.shape == (*leading, *shape)
    assert np.array_equal(found, x.reshape(found.shape)) and np.shares_memory(found, x)


@pytest.mark.parametrize("shape, given", [((3, 4, 5), (4, 5)), ((3, 1, 5), (5, 3)), ((2, 1, 5), (5,))])
def test_no_other_axis_may(shape, given):
    with pytest.raises(DataError, match=r"x: the model reads constant inputs of shape \(N, "):
        fitted_inputs(np.zeros((2, *given)), source("constant", shape), T)


def test_a_convolution_over_time_reads_channels_and_length():
    """(N, T, C, L), as frameworks have it, gives what (N, T, C, 1, L) does, in the core and the reference."""
    rng = np.random.default_rng(1)
    g = GraphBuilder((2, 1, 9), encoding="spikes", timesteps=T)
    x = g.conv2d(g.input, rng.normal(size=(4, 2, 1, 3)), padding=(0, 0, 1, 1))
    x = g.flatten(g.lif(x, 0.9, 0.5))
    network = snnrt.Network(g.finish(g.dense(x, rng.normal(size=(3, 36)))))
    data = (rng.random((5, T, 2, 9)) < 0.5).astype(np.float32)
    for device in ("cpu", "reference"):
        short, full = (network.run(one, device=device).logits for one in (data, data[:, :, :, None]))
        assert np.array_equal(short, full) and full.any()


@pytest.mark.parametrize("high", [0.0, 0.5, 1.0, 255.0, 1.0 / 3.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.dtype(">f4")])
def test_a_range_from_0_holds_to_its_last_value(high, dtype):
    """Its tolerance included, and nothing that is no number; one look at the bits decides for float32."""
    node = Input("in", (), (3,), low=0.0, high=high)
    slack = RANGE_TOLERANCE * high
    inside = [0.0, -0.0, high, high + 0.99 * slack, -0.99 * slack]
    beyond = float(np.nextafter(np.float32(high + 1.01 * slack), np.float32(np.inf)))
    for value in inside:
        check_values(np.array([[0.0, value, 0.0]], dtype), node, "x")
    for value in [beyond, -1.01 * slack - 1e-6, np.nan, -np.nan, np.inf, -np.inf]:
        with pytest.raises(DataError, match=r"^x"):
            check_values(np.array([[0.0, value, 0.0]], dtype), node, "x")
    part = np.full((4, 6), np.float32(2 * high + 1))
    part[::2, ::2] = 0.0
    check_values(part[::2, ::2].astype(dtype, copy=False), node, "x")
