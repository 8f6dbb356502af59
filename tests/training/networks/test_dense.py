import pytest
import torch
from module_parity import converted
from settled_networks import settled
from torch import nn

from snnrt.errors import ModelError
from snnrt.training import LIF
from snnrt.training.networks import dense


def test_the_core_fires_as_pytorch_does():
    torch.manual_seed(1)
    net = settled(dense(12, (20, 16), 5, neuron=lambda: LIF(0.95)))
    spikes = (torch.rand(60, 2, 12, generator=torch.Generator().manual_seed(1)) < 0.6).float()
    converted(net, spikes, least=0.999)


def test_layers():
    net = dense(12, (20, 16), 5, dropout=0.1)
    sizes = [(one.in_features, one.out_features) for one in net.modules() if isinstance(one, nn.Linear)]
    assert sizes == [(12, 20), (20, 16), (16, 5)]
    assert sum(isinstance(one, nn.Dropout) for one in net.modules()) == 2
    with pytest.raises(ModelError, match="hidden: expected at least one layer"):
        dense(12, (), 5)
