"""Norse's networks as its users write them: every layer's spikes, and the logits."""

import numpy as np
import pytest
from module_parity import converted, framework, torch, trained_norms
from torch import nn

import snnrt
from snnrt.converters.torch.importer import import_module

norse = framework("norse.torch")


def parameters(threshold, decay):
    return norse.LIFParameters(v_th=torch.as_tensor(threshold), tau_mem_inv=torch.as_tensor(decay))


def mixed():
    """Layers that differ in neuron, threshold and decay."""
    torch.manual_seed(1)
    norm = trained_norms(nn.BatchNorm2d(6))
    box = norse.LIFBoxParameters(v_th=torch.as_tensor(0.1))
    return norse.SequentialState(
        nn.Conv2d(2, 6, 3, padding=1, bias=False), norm, norse.LIFCell(parameters(0.3, 200.0)),
        nn.MaxPool2d(2), nn.Conv2d(6, 8, 3, padding=1), norse.LIFBoxCell(box), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(32, 30), norse.LIFRecurrentCell(30, 20, parameters(0.1, 150.0)), nn.Linear(20, 5),
        norse.LICell(),
    )  # fmt: skip


def image_steps(batch=2):
    return (torch.rand(8, batch, 2, 8, 8, generator=torch.manual_seed(2)) < 0.5).float()


@pytest.mark.parametrize("form", ["lifted", "one call a step"])
def test_cells(form):
    net = mixed().eval()
    if form == "lifted":
        converted(norse.Lift(net), image_steps(), least=0.9999)
    else:
        converted(net, image_steps()[0], least=0.9999)


def test_logits_of_every_step():
    net = norse.Lift(mixed()).eval()
    x = image_steps()
    imported = import_module(net, example=x, readout="last")
    expected = net(x)[0].detach().numpy()
    found = snnrt.Network(imported.graph).run(x.numpy().swapaxes(0, 1), exit="never").logits
    np.testing.assert_allclose(found, expected[-1], rtol=1e-4, atol=1e-5)


def test_layers_lifted_between_neurons_of_all_timesteps():
    torch.manual_seed(3)
    net = norse.SequentialState(
        norse.Lift(nn.Conv2d(2, 4, 3)), norse.LIF(parameters(0.2, 200.0)), norse.Lift(nn.Flatten()),
        norse.LSNNRecurrent(144, 20, norse.LSNNParameters(v_th=torch.as_tensor(0.3))),
        nn.Linear(20, 5), norse.LI(),
    )  # fmt: skip
    converted(net, image_steps(), least=0.9999)


def recurrent(output):
    """What a layer gives comes back to the first at the next timestep."""
    torch.manual_seed(5)
    return norse.RecurrentSequential(
        nn.Linear(12, 12), norse.LIFCell(parameters(0.05, 200.0)), nn.Linear(12, 12),
        norse.LIFBoxCell(norse.LIFBoxParameters(v_th=torch.as_tensor(0.02))),
        output_modules=output,
    )  # fmt: skip


class Steps(nn.Module):
    """Passes the state by hand."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        state, found = None, []
        for one in x:
            given, state = self.net(one, state)
            found.append(given)
        return torch.stack(found)


@pytest.mark.parametrize("output", [-1, 1])
@pytest.mark.parametrize("form", ["lifted", "loop", "one call a step"])
def test_a_recurrent_sequence(form, output):
    x = (torch.rand(40, 2, 12, generator=torch.manual_seed(6)) < 0.5).float()
    net = recurrent(output)
    if form == "one call a step":
        graph = converted(net, x[0] * 3, least=0.999)
    else:
        graph = converted(norse.Lift(net) if form == "lifted" else Steps(net), x, least=0.999)
    assert [edge.delay for node in graph for edge in node.inputs if edge.delay] == [1]


def test_sequences_of_all_timesteps():
    """In one call nothing comes back in RecurrentSequential."""
    x = (torch.rand(40, 2, 12, generator=torch.manual_seed(6)) < 0.5).float()
    for kind in (norse.SequentialState, norse.RecurrentSequential):
        torch.manual_seed(7)
        net = kind(
            nn.Linear(12, 20),
            norse.LIF(parameters(0.1, 200.0)),
            norse.LIFRecurrent(20, 12, parameters(0.1, 200.0)),
        )
        graph = converted(net, x, least=0.999)
        assert len([edge for node in graph for edge in node.inputs if edge.delay]) == 1


class Example(nn.Module):
    """As Norse's MNIST example: encoder, states by hand, maximum over time."""

    def __init__(self):
        super().__init__()
        self.encoder = norse.ConstantCurrentLIFEncoder(20)
        self.conv, self.skip = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1)
        self.first, self.second = (norse.LIFCell(parameters(0.3, 200.0)) for _ in range(2))
        self.readout = norse.LILinearCell(64, 5)

    def forward(self, x):
        steps, membranes = self.encoder(x), []
        a = b = c = None
        for one in range(20):
            z, a = self.first(3 * self.conv(steps[one]), a)
            y, b = self.second(2 * self.skip(z), b)
            v, c = self.readout(torch.flatten(nn.functional.max_pool2d(y + z, 2), 1), c)
            membranes.append(v)
        return nn.functional.log_softmax(torch.max(torch.stack(membranes), 0)[0], 1)


def test_an_encoder_a_residual_and_the_maximum_over_time():
    torch.manual_seed(4)
    net, x = Example(), torch.rand(3, 1, 8, 8) * 4
    graph = converted(net, x, least=0.9999)
    assert graph["output"].mode == "maximum" and graph.timesteps == 20
    classes = snnrt.Network(graph).run(x.numpy(), exit="never").logits.argmax(axis=1)
    assert (classes == net(x).argmax(1).numpy()).all()


def test_the_pages_example(page_example):
    assert page_example("norse")["model"].graph.input.shape == (1, 28, 28)
