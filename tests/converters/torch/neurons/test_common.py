"""What frameworks' neurons share."""

import numpy as np
import pytest
from module_parity import torch

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.arguments import spread
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.torch.neurons.common import feedback_of, several_spikes, waits

nn = torch.nn


@pytest.mark.parametrize(
    ("most", "found"), [(None, (255, True)), (2**16, (255, True)), (31, (31, False)), (1.0, (1, False))]
)
def test_spikes_a_step(most, found):
    assert several_spikes(most) == found


@pytest.mark.parametrize("most", [0, 1.5])
def test_no_number_of_spikes(most):
    with pytest.raises(NotSupported):
        several_spikes(most)


def test_the_way_back_is_made_of_its_layers():
    back = nn.Sequential(nn.Linear(4, 6), nn.Dropout(), nn.Linear(6, 4, bias=False))
    first, second = feedback_of(back, "rec")
    assert first.weights.shape == (6, 4) and second.bias is None
    assert waits((first,)) and not waits((second,))


def test_a_way_back_without_a_form():
    with pytest.raises(NotSupported) as error:
        feedback_of(nn.Sequential(nn.Linear(4, 4), nn.ReLU()), "rec")
    assert error.value.reason == "its rec is a ReLU"


@pytest.mark.parametrize(
    ("given", "shape", "found"),
    [((3,), (2, 4, 3), (2, 4, 3)), ((2, 1, 1), (2, 4, 3), (2, 4, 3)), ((1, 2, 1, 1), (2, 4, 3), (2, 4, 3)),
     ((3,), (2, 1, 3), (2, 1, 3)), ((2, 1), (2, 1, 3), (2, 1, 3)), ((), (5,), ()), ((7,), (5,), (7,))],
)  # fmt: skip
def test_parameters_spread_from_the_last_axis_on(given, shape, found):
    value = np.arange(max(int(np.prod(given)), 1), dtype=np.float32).reshape(given)
    array = np.asarray(spread(Parameters(SourceNode("n", "N"), shape, {"a": value})).values["a"])
    assert array.shape == found
    if given == (3,) and found != given:
        assert (array[..., 0] == 0).all() and (array[..., 2] == 2).all()
