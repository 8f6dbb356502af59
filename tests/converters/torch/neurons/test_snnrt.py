"""The neurons of snnrt.training as modules: 400 steps of 256 neurons, every spike."""

import numpy as np
import pytest
from module_parity import NEURONS, converted, currents, torch

from snnrt import training
from snnrt.converters.torch.importer import import_module
from snnrt.errors import ModelError
from snnrt.ir.graph import Neuron
from snnrt.network import Network


def only_neuron(graph):
    (found,) = [node for node in graph if isinstance(node, Neuron)]
    return found


@pytest.mark.parametrize("reset", ["subtract", "zero"])
@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 1.0])
def test_leaky(decay, reset):
    node = only_neuron(converted(training.LIF(decay, 1.1, reset), currents(1)))
    assert node.membrane == np.float32(decay) and not node.strict and not node.reset_next
    assert node.reset == ("subtract" if reset == "subtract" else "value")


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_integrate_and_fire(reset):
    node = only_neuron(converted(training.IF(1.7, reset), currents(2)))
    assert node.model == "IF"


@pytest.mark.parametrize("reset", ["subtract", "zero"])
def test_several_spikes_and_another_begin(reset):
    neuron = training.LIF(0.8, 0.9, reset, initial=0.45, max_spikes=3)
    node = only_neuron(converted(neuron, currents(4)))
    assert node.multiple and node.max_spikes == 3 and node.initial == np.float32(0.45)


@pytest.mark.parametrize("channels", [None, NEURONS])
def test_a_learnt_decay(channels):
    neuron = training.ParametricLIF(0.8, channels=channels)
    if channels:
        neuron.weight.data = torch.linspace(-2, 3, channels)
    node = only_neuron(converted(neuron, currents(3)))
    assert node.membrane.shape == (() if channels is None else (NEURONS,))
    assert node.is_plain == (channels is None)


def test_a_decay_a_channel_of_maps():
    torch.manual_seed(1)
    neuron = training.ParametricLIF(channels=4)
    neuron.weight.data = torch.tensor([-2.0, 0.0, 1.0, 3.0])
    net = torch.nn.Sequential(training.OverTime(torch.nn.Conv2d(1, 4, 3)), neuron)
    graph = converted(net, torch.rand(50, 2, 1, 8, 8) * 3)
    assert only_neuron(graph).membrane.shape == (4,)


def test_the_core_computes_what_pytorch_does_in_integers_of_small_weights():
    """Weights and thresholds that int8 holds without rounding: the same currents in both."""
    torch.manual_seed(2)
    net = torch.nn.Sequential(
        training.OverTime(torch.nn.Linear(6, 5, bias=False)), training.IF(4.0),
        training.OverTime(torch.nn.Linear(5, 3, bias=False)),
    )  # fmt: skip
    for one in (net[0][0], net[2][0]):
        weights = torch.randint(-127, 128, one.weight.shape).float()
        weights[:, 0] = 127
        one.weight.data = weights / 16
    net[1].threshold = 4.0
    x = (torch.rand(20, 3, 6, generator=torch.Generator().manual_seed(3)) < 0.4).float()
    network = Network(import_module(net, example=x).graph)
    found = network.run(x.numpy().swapaxes(0, 1), exit="never")
    np.testing.assert_array_equal(found.logits, net(x).sum(0).detach().numpy())


def test_a_class_that_computes_in_another_way_is_not_taken_for_ours():
    class Noisy(training.LIF):
        def forward(self, x):
            return super().forward(x + torch.rand_like(x))

    with pytest.raises(ModelError, match="Noisy changes forward"):
        import_module(Noisy(), example=currents(1)[:4])
