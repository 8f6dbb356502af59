import pytest
import torch
from torch import nn
from torch.testing import assert_close

from snnrt.errors import ModelError
from snnrt.training import LIF, OverTime, SpikingNetwork


def test_layers_see_each_timestep_and_a_batch_norm_all_of_them():
    torch.manual_seed(1)
    layer = OverTime(nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4))
    x = torch.randn(5, 8, 3) * torch.arange(1.0, 6.0).view(5, 1, 1)
    found = layer(x).detach()
    assert found.shape == (5, 8, 4)
    assert_close(found.mean((0, 1)), torch.zeros(4), rtol=0, atol=1e-5)
    assert float(found[0].std()) < float(found[4].std()) / 2


def small(timesteps=3):
    torch.manual_seed(2)
    return SpikingNetwork((4,), nn.Linear(4, 6), nn.Sequential(LIF(), OverTime(nn.Linear(6, 2))), timesteps)


def test_a_constant_input_is_the_same_input_at_every_step():
    net, x = small(), torch.randn(5, 4)
    assert_close(net(x), net(x.repeat(3, 1, 1)))
    assert net(x).shape == (3, 5, 2)


def test_the_number_of_timesteps_can_be_changed():
    net, x = small(), torch.randn(5, 4)
    first = net(x)[:1]
    net.timesteps = 1
    assert_close(net(x), first)


def test_refusals():
    with pytest.raises(ModelError, match=r"or \(T, N, …\) with \(4,\) behind, found \(5, 3\)"):
        small()(torch.zeros(5, 3))
    with pytest.raises(ModelError, match="input"):
        small()(torch.zeros(4))
    with pytest.raises(ModelError, match="timesteps: expected 1 or more"):
        small(0)
