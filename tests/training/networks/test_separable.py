import pytest
import torch
from module_parity import converted
from settled_networks import settled
from torch import nn

from snnrt.training.networks import separable


def test_the_core_fires_as_pytorch_does():
    torch.manual_seed(1)
    net = settled(separable((3, 16, 16), width=4, timesteps=4))
    converted(net, torch.rand(2, 3, 16, 16), least=0.999)


def test_layers():
    net = separable(width=32)
    groups = [one.groups for one in net.modules() if isinstance(one, nn.Conv2d)]
    assert groups == [1, 32, 1, 64, 1, 128, 1, 128, 1, 256, 1, 256, 1]
    assert sum(one.numel() for one in net.parameters()) == pytest.approx(0.2e6, rel=0.1)
