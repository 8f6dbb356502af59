"""SpikingJelly's networks as its users write them: every layer's spikes, and the logits."""

import numpy as np
import pytest
from module_parity import Loop, converted, framework, torch, trained_norms
from torch import nn

import snnrt
from snnrt.converters.torch.importer import import_module

neuron = framework("spikingjelly.activation_based.neuron")
layer = framework("spikingjelly.activation_based.layer")
functional = framework("spikingjelly.activation_based.functional")


def trained(net, step_mode="s"):
    """Statistics as training leaves them."""
    trained_norms(net)
    functional.set_step_mode(net, step_mode)
    return net


def mixed():
    """Layers that differ in neuron, reset and decay."""
    torch.manual_seed(1)
    return nn.Sequential(
        layer.Conv2d(2, 6, 3, padding=1, bias=False), layer.BatchNorm2d(6), neuron.IFNode(),
        layer.MaxPool2d(2),
        layer.Conv2d(6, 8, 3, padding=1), layer.BatchNorm2d(8),
        neuron.LIFNode(2.5, v_threshold=0.4, v_reset=None),
        layer.AvgPool2d(2), layer.Flatten(), layer.Dropout(0.3),
        layer.Linear(32, 30), neuron.ParametricLIFNode(v_threshold=0.05, v_reset=-0.02),
        layer.Linear(30, 20), neuron.LIFNode(3.0, False, 0.1), layer.VotingLayer(5),
    )  # fmt: skip


class Rates(nn.Module):
    """The mean over timesteps of a constant input, in the three forms of SpikingJelly's examples."""

    def __init__(self, net, form):
        super().__init__()
        self.net, self.form = trained(net, "m" if form == "repeat" else "s"), form

    def forward(self, x):
        if self.form == "repeat":
            return self.net(x.unsqueeze(0).repeat(6, 1, 1, 1, 1)).mean(0)
        total = self.net(x) if self.form == "in place" else 0.0
        for _ in range(5 if self.form == "in place" else 6):
            if self.form == "in place":
                total += self.net(x)
            else:
                total = total + self.net(x)
        functional.reset_net(self.net)
        return total / 6


def same_logits(net, x):
    graph = converted(net, x, least=0.9999)
    functional.reset_net(net)
    with torch.no_grad():
        expected = net.eval()(x).numpy()
    found = snnrt.Network(graph).run(x.numpy(), exit="never").logits
    np.testing.assert_allclose(found, expected, atol=1e-5)
    return graph


@pytest.mark.parametrize("form", ["repeat", "in place", "sum"])
def test_rates_of_a_constant_input(form):
    graph = same_logits(Rates(mixed(), form), torch.rand(2, 2, 8, 8, generator=torch.manual_seed(2)))
    assert graph.timesteps == 6 and graph["output"].mode == "mean"


@pytest.mark.parametrize("form", ["loop", "all", "batch first", "one call a step"])
def test_layouts_of_the_input(form):
    torch.manual_seed(3)
    net = trained(mixed(), "s" if form in ("loop", "one call a step") else "m")
    x = (torch.rand(6, 1, 2, 8, 8) < 0.5).float()
    if form == "batch first":
        converted(BatchFirst(net), x.transpose(0, 1).contiguous(), least=0.9999)
    elif form == "one call a step":
        converted(net, x[0], least=0.9999)
    else:
        converted(Loop(net) if form == "loop" else net, x, least=0.9999)


class BatchFirst(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x.transpose(0, 1)).mean(0)


class Block(nn.Module):
    """A residual block of spikes (SEW)."""

    def __init__(self, channels, join):
        super().__init__()
        self.join = join
        self.path = nn.Sequential(*[
            one
            for _ in range(2)
            for one in (
                layer.Conv2d(channels, channels, 3, padding=1, bias=False), layer.BatchNorm2d(channels),
                neuron.IFNode(),
            )
        ])  # fmt: skip

    def forward(self, x):
        found = self.path(x)
        return {
            "add": lambda: found + x,
            "and": lambda: found * x,
            "iand": lambda: x * (1.0 - found),
            "cat": lambda: torch.cat((x, found), dim=2),
        }[self.join]()


class Membrane(nn.Module):
    """The last layer's potential, which no threshold resets."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        self.net(x)
        return self.net[-1].v


@pytest.mark.parametrize("join", ["add", "and", "iand", "cat"])
def test_residual_with_a_membrane_as_output(join):
    torch.manual_seed(4)
    net = nn.Sequential(
        layer.Conv2d(2, 4, 3, padding=1, bias=False), layer.BatchNorm2d(4), neuron.IFNode(), Block(4, join),
        layer.AdaptiveAvgPool2d((1, 1)), layer.Flatten(), layer.Linear(8 if join == "cat" else 4, 3),
        neuron.LIFNode(v_threshold=float("inf")),
    )  # fmt: skip
    graph = converted(Membrane(trained(net, "m")), torch.rand(6, 2, 2, 8, 8), least=0.9999)
    assert graph["output"].mode == "last"


@pytest.mark.parametrize("form", ["loop", "all"])
def test_recurrent_containers(form):
    torch.manual_seed(5)
    net = nn.Sequential(
        layer.Linear(20, 24), layer.ElementWiseRecurrentContainer(neuron.IFNode(v_reset=None), torch.add),
        layer.LinearRecurrentContainer(neuron.LIFNode(v_threshold=0.3), 24, 24), layer.Linear(24, 5),
        neuron.IFNode(v_threshold=0.3),
    )  # fmt: skip
    x = torch.rand(20, 2, 20)
    if form == "all":
        for one in net:
            one.step_mode = "m"
        converted(net, x, least=0.9999)
    else:
        graph = converted(Loop(net), x, least=0.9999)
        assert any(edge.delay for node in graph for edge in node.inputs)


def test_containers_of_one_step():
    torch.manual_seed(6)
    net = nn.Sequential(
        layer.SeqToANNContainer(nn.Conv2d(2, 4, 3, padding=1), nn.BatchNorm2d(4)),
        neuron.LIFNode(step_mode="m", v_threshold=0.3),
        layer.SeqToANNContainer(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        layer.MultiStepContainer(nn.Linear(4, 6), neuron.IFNode(v_threshold=0.2)),
        layer.SeqToANNContainer(nn.Linear(6, 3)), neuron.IFNode(step_mode="m", v_threshold=0.1),
    )  # fmt: skip
    converted(net, torch.rand(10, 2, 2, 8, 8), least=0.9999)


def test_a_delay():
    torch.manual_seed(7)
    net = nn.Sequential(
        nn.Linear(20, 9), neuron.IFNode(v_threshold=0.4), layer.Delay(2), nn.Linear(9, 4),
        neuron.IFNode(v_threshold=0.3),
    )  # fmt: skip
    converted(Loop(net), torch.rand(12, 2, 20), least=0.9999)


def test_the_module_is_left_as_it_was():
    net = trained(mixed())
    x = torch.rand(2, 2, 8, 8)
    net.train()(x)
    before = net[2].v.clone()
    import_module(net, example=x)
    assert net.training and net[2].training and torch.equal(net[2].v, before)


def test_the_pages_example(page_example):
    assert page_example("spikingjelly")["model"].graph.input.shape == (1, 28, 28)
