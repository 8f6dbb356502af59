import torch
from module_parity import converted
from settled_networks import settled
from torch import nn

from snnrt.training.networks import resnet19


def test_the_core_fires_as_pytorch_does():
    torch.manual_seed(1)
    net = settled(resnet19((3, 16, 16), width=4, timesteps=4))
    converted(net, torch.rand(2, 3, 16, 16), least=0.999)


def test_it_has_nineteen_layers_and_the_published_number_of_weights():
    net = resnet19(width=128)
    layers = [one for one in net.modules() if isinstance(one, (nn.Conv2d, nn.Linear))]
    shortcuts = [one for one in layers if isinstance(one, nn.Conv2d) and one.kernel_size == (1, 1)]
    assert len(layers) - len(shortcuts) == 19
    assert 12.4e6 < sum(one.numel() for one in net.parameters()) < 12.8e6
