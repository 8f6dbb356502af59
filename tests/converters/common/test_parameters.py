"""A neuron's parameters: checked, and as coarse as they can be."""

import numpy as np
import pytest

from snnrt.converters.common.parameters import Parameters, compress, fit
from snnrt.converters.common.source_node import SourceNode
from snnrt.errors import ModelError

SHAPE = (2, 3, 4)
CHANNELS = np.array([1.0, 2.0])


def parameters(**values):
    return Parameters(SourceNode("lif", "LIF"), SHAPE, values)


@pytest.mark.parametrize(
    "stored, found",
    [
        (3.0, ()),
        (np.full(SHAPE, 3.0), ()),
        (np.full((1, 1), 3), ()),
        (CHANNELS, (2,)),
        (CHANNELS.reshape(2, 1, 1), (2,)),
        (np.broadcast_to(CHANNELS.reshape(2, 1, 1), SHAPE), (2,)),
        (np.arange(24.0).reshape(SHAPE), SHAPE),
        (np.arange(24.0).reshape(1, *SHAPE), SHAPE),
    ],
)
def test_granularity(stored, found):
    array = parameters(v=stored).float32("v")
    assert array.shape == found and array.dtype == np.float32
    wide = array.reshape((-1,) + (1,) * (3 - 1)) if array.ndim == 1 else array
    np.testing.assert_array_equal(np.broadcast_to(wide, SHAPE).ravel()[[0, -1]], np.ravel(stored)[[0, -1]])


@pytest.mark.parametrize(
    "stored, message",
    [
        (np.ones(3), r"v: expected one value, one a channel or shape \(2, 3, 4\), found \(3,\)"),
        (np.array(["a"]), "v: expected numbers, found <U1"),
        (np.nan, "v: expected finite numbers, found NaN or infinity"),
        (-np.inf, "v: expected finite numbers"),
        (1e300, r"v: expected values that float32 can hold, found 1e\+300"),
    ],
)
def test_refused(stored, message):
    with pytest.raises(ModelError, match=rf"node 'lif' \(LIF\): {message}"):
        parameters(v=stored).float32("v")


def test_positive_and_optional():
    assert parameters(v=2).positive("v") == 2
    with pytest.raises(ModelError, match="v: expected values above 0, found 0"):
        parameters(v=[0, 1]).positive("v")
    assert parameters(v=np.zeros(SHAPE)).optional("v") is None
    np.testing.assert_array_equal(parameters(v=[0, 1]).optional("v"), np.array([0, 1], np.float32))


def test_gain_is_absent_where_it_is_one():
    take = parameters()
    assert take.gain("r", np.array(4.0), np.array(0.25 + 1e-8)) is None
    np.testing.assert_array_equal(take.gain("r", CHANNELS, np.array(3.0)), np.array([3, 6], np.float32))
    with pytest.raises(ModelError, match="r: expected values that float32 can hold, found a gain"):
        take.gain("r", np.array(np.inf))


def test_product_of_different_granularities():
    elements = np.arange(24.0).reshape(SHAPE)
    np.testing.assert_array_equal(
        parameters().product(elements, CHANNELS), elements * CHANNELS[:, None, None]
    )


def test_fit_and_compress_alone():
    assert compress(np.array([2.0, 2.0])).shape == ()
    assert fit(np.ones((4, 1)), (4,), ModelError).shape == (4,)
    with pytest.raises(ModelError):
        fit(np.ones(2), (4,), lambda found: ModelError(str(found)))
