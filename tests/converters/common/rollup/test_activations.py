"""What activations of ordinary modules are taken for."""

import pytest
from module_parity import torch
from torch import nn
from torch.nn import functional

from snnrt.converters.ann.conversion import activations_of
from snnrt.converters.ann.recorded_network import RecordedNetwork
from snnrt.converters.torch.ordinary import ModuleRuns


class Net(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.first, self.last, self.function = nn.Linear(3, 4), nn.Linear(4, 2), function

    def forward(self, x):
        return self.last(self.function(self.first(x)))


def found(function):
    runs = ModuleRuns(Net(function), (torch.rand(5, 3),))
    return list(activations_of(RecordedNetwork(runs, None).template).values())


@pytest.mark.parametrize(
    ("function", "ceiling"),
    [
        (torch.relu, None), (functional.relu6, 6.0), (nn.Hardtanh(0, 2), 2.0), (lambda x: x.clamp(0, 3), 3.0),
        (lambda x: x.clamp(min=0), None), (lambda x: x.relu_(), None), (nn.ReLU(inplace=True), None),
        (lambda x: torch.clip(x, 0, 4), 4.0), (nn.ReLU6(), 6.0),
    ],
)  # fmt: skip
def test_ceilings(function, ceiling):
    (activation,) = found(function)
    assert activation.ceiling == ceiling and activation.levels is None


def test_one_module_in_two_places_is_two_layers():
    relu = nn.ReLU()
    paths = [one.path for one in found(lambda x: relu(relu(x) - 0.1))]
    assert len(set(paths)) == 2


@pytest.mark.parametrize("function", [lambda x: x.clamp(0.1, 3), lambda x: x.clamp(-1, 1), torch.tanh])
def test_no_activation_that_spikes(function):
    assert found(function) == []
