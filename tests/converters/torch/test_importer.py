"""Modules as a user hands them over: what is assumed, and what is refused in a sentence."""

import numpy as np
import pytest
from module_parity import converted, framework, torch
from torch import nn

import snnrt
from snnrt.converters.torch.importer import import_module
from snnrt.errors import ModelError

snn = framework("snntorch")
utils = framework("snntorch.utils")


def leaky(**options):
    return snn.Leaky(0.8, init_hidden=True, threshold=0.1, **options)


def small():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 9), leaky(), nn.Linear(9, 3), leaky())


class Around(nn.Module):
    """``small`` with something in the middle."""

    def __init__(self, middle, steps=4):
        super().__init__()
        self.first, self.second, self.middle, self.steps = small()[:2], small()[2:], middle, steps
        self.weight = torch.ones(9)

    def forward(self, x):
        utils.reset(self)
        return torch.stack([self.second(self.middle(self, self.first(x))) for _ in range(self.steps)])


def test_the_two_lines(tmp_path):
    net = snnrt.convert(small(), torch.rand(2, 6), timesteps=4)
    net.save(tmp_path / "net.snnrt")
    assert snnrt.load(tmp_path / "net.snnrt").timesteps == 4
    source = net.graph.metadata["source"]
    assert (
        source["format"] == "torch" and source["framework"] == "snntorch" and source["class"] == "Sequential"
    )


def test_what_is_assumed():
    net = snnrt.convert(small(), torch.rand(2, 6) * 3 - 1)
    assert any(line.startswith("input: values from -") for line in net.assumptions)
    assert "timesteps = 16" in net.assumptions and any(
        "sum over the timesteps" in line for line in net.assumptions
    )
    told = snnrt.convert(small(), torch.rand(2, 6) * 3 - 1, low=-2, high=5, timesteps=4, readout="mean")
    assert told.assumptions == () and told.graph.input.high == 5 and told.graph.readout.mode == "mean"


def test_int8(tmp_path):
    net = snnrt.convert(
        small(), torch.rand(2, 6), timesteps=4, numbers="int8", calibrate=np.random.rand(50, 6)
    )
    assert net.graph.numbers == "int8"


@pytest.mark.parametrize(
    ("middle", "words"),
    [
        (
            lambda net, x: torch.relu(x),
            r"\(torch.relu at test_importer.py:\d+\): an activation that does not spike",
        ),
        (lambda net, x: x * x, "product of two of the network's tensors"),
        (lambda net, x: x / 0.0, "quotient by 0"),
        (lambda net, x: x[:1], "a part of a tensor"),
        (lambda net, x: x.reshape(-1).reshape(2, 9), "mixes the batch with the sample"),
        (lambda net, x: x + x.sum(), "a reduction over all axes"),
        (lambda net, x: x.mean(0), "reduction over the batch"),
        (lambda net, x: nn.functional.dropout(x, 0.5), "dropout that is on in eval mode"),
        (lambda net, x: nn.functional.layer_norm(x, (9,)), "torch.layer_norm"),
        (lambda net, x: nn.functional.batch_norm(x, None, None, training=True), "statistics of the batch"),
        (lambda net, x: x if x.sum() > 0 else x + 1, "branches on a tensor's value"),
        (lambda net, x: x * torch.rand(9), "made where snnrt does not see it"),
    ],
)
def test_what_has_no_form(middle, words):
    with pytest.raises(ModelError, match=words):
        import_module(Around(middle), example=torch.rand(2, 6))


@pytest.mark.parametrize(
    "middle",
    [
        lambda net, x: x * net.weight, lambda net, x: 2 * x, lambda net, x: x - 0.25,
        lambda net, x: x / 2 + 0.5,
        lambda net, x: x + net.weight * 0.1, lambda net, x: 1 - x, lambda net, x: x.clone().detach().float(),
        lambda net, x: x.view(2, 9, 1).squeeze(-1), lambda net, x: x.unsqueeze(1).flatten(1),
        lambda net, x: nn.functional.dropout(x, 0.5, net.training),
        lambda net, x: torch.cat([x[..., :]], 1),
        lambda net, x: x + x * 0.5,
    ],
)  # fmt: skip
def test_what_has_one(middle):
    converted(Around(middle), torch.rand(2, 6), least=0.995)


def test_a_constant_that_came_from_the_example():
    """Values that a module takes out of its first input do not follow another input."""

    class Sly(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = small()

        def forward(self, x):
            utils.reset(self)
            shift = x.mean().item()
            return torch.stack([self.net(x - shift) for _ in range(4)])

    with pytest.raises(ModelError, match="does not reproduce the module on the example"):
        snnrt.convert(Sly(), torch.rand(2, 6))


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (nn.Sequential(nn.Linear(6, 3)), "calls no spiking neuron"),
        (nn.Sequential(nn.Linear(5, 3), leaky()), "fails on the example: RuntimeError"),
    ],
)
def test_modules_that_are_none(net, words):
    with pytest.raises(ModelError, match=words):
        import_module(net, example=torch.rand(2, 6))


def test_a_neuron_of_two_places():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.lif, self.last = nn.Linear(6, 6), nn.Linear(6, 6), leaky(), leaky()

        def forward(self, x):
            utils.reset(self)
            return torch.stack([self.last(self.b(self.lif(self.a(self.lif(x))))) for _ in range(3)])

    with pytest.raises(ModelError, match="different number of times: 'last' 3, 'lif' 6"):
        import_module(Twice(), example=torch.rand(2, 6))


def test_another_network_at_the_last_timestep():
    class Changing(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.lif = nn.Linear(6, 4), nn.Linear(6, 4), leaky()

        def forward(self, x):
            utils.reset(self)
            return torch.stack([self.lif(self.a(x) if step < 3 else self.b(x)) for step in range(5)])

    with pytest.raises(ModelError, match="'lif' reads something else at timestep"):
        import_module(Changing(), example=torch.rand(2, 6))


def test_a_neuron_of_the_users_own_rule():
    class Mine(snn.Leaky):
        def fire(self, mem):
            return (mem > 2 * self.threshold).float()

    with pytest.raises(ModelError, match="'1' is a Leaky of snntorch in which Mine changes fire"):
        import_module(nn.Sequential(nn.Linear(6, 3), Mine(0.8, init_hidden=True)), example=torch.rand(2, 6))


def test_an_output_that_is_not_there():
    with pytest.raises(
        ModelError, match="logits: the module gives one result; expected 0 or nothing, found 3"
    ):
        import_module(small(), example=torch.rand(2, 6), logits=3)
    with pytest.raises(ModelError, match="framework: the module's neurons are snntorch's, found 'norse'"):
        import_module(small(), example=torch.rand(2, 6), framework="norse")
