import pytest
import torch
from module_parity import converted
from settled_networks import settled
from torch import nn

from snnrt.errors import ModelError
from snnrt.ir.graph import Conv2d, Neuron
from snnrt.training.networks import pooled_vgg


def test_the_core_fires_as_pytorch_does():
    torch.manual_seed(1)
    net = settled(pooled_vgg((3, 16, 16), width=4))
    # sums of convolutions come in another order
    graph = converted(net, torch.rand(2, 3, 16, 16), least=0.999)
    # no batch norm is left behind a pool
    assert sum(isinstance(node, Conv2d) for node in graph) == 6
    assert [node.shape for node in graph if isinstance(node, Neuron)] == [
        (4, 7, 7), (4, 7, 7), (8, 3, 3), (8, 3, 3), (12, 1, 1), (12, 1, 1),
    ]  # fmt: skip


def test_layers():
    net = pooled_vgg()
    found = [one.out_channels for one in net.modules() if isinstance(one, nn.Conv2d)]
    assert found == [64, 64, 128, 128, 192, 192]
    assert sum(one.numel() for one in net.parameters()) == pytest.approx(0.82e6, rel=0.01)
    assert net(torch.rand(1, 3, 32, 32)).shape == (4, 1, 10)
    with pytest.raises(ModelError, match="9 or more pixels each way, found 8×9"):
        pooled_vgg((3, 8, 9))
