import pytest
import torch
from module_parity import converted
from settled_networks import settled
from torch import nn

from snnrt.errors import ModelError
from snnrt.training.networks import small_vgg, vgg, vgg8, vgg9, vgg16
from snnrt.training.networks.neuron_choice import default_neuron


@pytest.mark.parametrize(
    ("make", "shape"),
    [(small_vgg, (1, 28, 28)), (vgg8, (3, 16, 16)), (vgg9, (3, 16, 16)), (vgg16, (3, 32, 32))],
)
def test_the_core_fires_as_pytorch_does(make, shape):
    torch.manual_seed(1)
    net = settled(make(shape, width=4, timesteps=4))
    # sums of convolutions come in another order
    graph = converted(net, torch.rand(2, *shape), least=0.999)
    assert graph.timesteps == 4 and graph.readout.shape == (10,)


def test_layers():
    def convolutions(net):
        return [one.out_channels for one in net.modules() if isinstance(one, nn.Conv2d)]

    assert convolutions(vgg9(width=8)) == [8, 8, 16, 16, 32, 32, 32]
    assert convolutions(vgg8()) == [48, 64, 64, 128, 128, 128, 160]
    assert convolutions(vgg16(width=8)) == [8, 8, 16, 16, 32, 32, 32, 64, 64, 64, 64, 64, 64]
    assert sum(one.numel() for one in small_vgg().parameters()) == pytest.approx(0.25e6, rel=0.02)
    # a map of 8 has room for three pools
    assert sum(isinstance(one, nn.MaxPool2d) for one in vgg16((3, 8, 8), width=2).modules()) == 3
    assert sum(isinstance(one, nn.Dropout) for one in vgg9(width=2, dropout=0.2).modules()) == 2


def test_refusals():
    for plan, words in ((("pool",), "channels first"), ((4, "poll"), "expected channels or 'pool'")):
        with pytest.raises(ModelError, match=words):
            vgg(plan, (), (1, 8, 8), 10, 4, default_neuron)
