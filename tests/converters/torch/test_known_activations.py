"""Rounded activations, however they are written."""

import pytest
from module_parity import torch
from torch import nn

import snnrt
from snnrt.converters.torch.known_activations import KnownActivations, form_of_module


class Floor(torch.autograd.Function):
    """As the authors of QCFS write it."""

    @staticmethod
    def forward(ctx, x):
        return x.floor()

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class Published(nn.Module):
    """IF of github.com/putshua/ANN_SNN_QCFS."""

    def __init__(self, levels=8, threshold=3.0):
        super().__init__()
        self.thresh, self.L = nn.Parameter(torch.tensor([threshold])), levels

    def forward(self, x):
        x = torch.clamp(x / self.thresh, 0, 1)
        return Floor.apply(x * self.L + 0.5) / self.L * self.thresh


class Straight(Published):
    """With a straight-through gradient and another order."""

    def forward(self, x):
        steps = torch.relu(x) * self.L / self.thresh
        steps = steps + (torch.floor(steps + 0.5) - steps).detach()
        return steps.clamp(max=self.L) * self.thresh / self.L


class Unshifted(Published):
    def forward(self, x):
        return torch.floor(torch.clamp(x / self.thresh, 0, 1) * self.L) / self.L * self.thresh


class Fails(Published):
    def forward(self, x):
        raise RuntimeError("not on this shape")


@pytest.mark.parametrize("kind", [Published, Straight])
@pytest.mark.parametrize(("levels", "threshold"), [(1, 0.5), (4, 1.0), (8, 3.7), (16, 0.013)])
def test_known_by_their_values(kind, levels, threshold):
    found = form_of_module(kind(levels, threshold))
    assert found.levels == levels and found.ceiling == pytest.approx(threshold)


@pytest.mark.parametrize(
    "module",
    [Unshifted(), Fails(), nn.ReLU(), nn.ReLU6(), nn.Sigmoid(), nn.Linear(1, 1), nn.Sequential(Published())],
)
def test_others_are_none(module):
    assert form_of_module(module) is None


def test_of_a_network():
    net = nn.Sequential(nn.Linear(3, 4), Published(4, 2.0), nn.Linear(4, 2))
    found = KnownActivations(net)
    assert found.is_one(net[1]) and not found.is_one(net[0]) and found.form(net[1]).levels == 4
    model = snnrt.convert(net, torch.rand(5, 3), spiking=True, timesteps=4)
    assert model.graph["1"].threshold == 2.0
