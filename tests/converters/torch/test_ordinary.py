"""Ordinary modules that become spiking, beside the modules themselves."""

import numpy as np
import pytest
from module_parity import torch
from torch import nn
from torch.nn import functional

import snnrt
from snnrt.cli import main
from snnrt.converters.torch.ordinary import ModuleRuns
from snnrt.errors import ModelError
from snnrt.ir.graph import Neuron
from snnrt.ir.nodes import MaxPool2d

LONG = 96


class Block(nn.Module):
    """Residual, depthwise, concatenated, with batch norm; dropout and softmax at the end."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.depth = nn.Sequential(nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False), nn.BatchNorm2d(6))
        self.point = nn.Conv2d(6, 6, 1)
        self.last = nn.Linear(12, 3)

    def forward(self, x):
        x = self.first(x)
        y = functional.relu(self.point(functional.relu6(self.depth(x))) + x)
        z = torch.cat([x, y], 1)
        z = functional.dropout(functional.avg_pool2d(z, 2), 0.5, self.training).mean((2, 3))
        return functional.log_softmax(self.last(z), 1)


def pooled(order):
    def activated():
        return [nn.ReLU(), nn.MaxPool2d(2)] if order == "behind" else [nn.MaxPool2d(2), nn.ReLU()]

    return nn.Sequential(
        nn.Conv2d(2, 6, 3), nn.BatchNorm2d(6), *activated(), nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(3, 1), nn.Flatten(), nn.Linear(8, 3),
    )  # fmt: skip


def perceptron():
    return nn.Sequential(
        nn.Flatten(), nn.Linear(2 * 8 * 8, 24), nn.BatchNorm1d(24), nn.ReLU(), nn.Dropout(0.3),
        nn.Linear(24, 24), nn.Hardtanh(0, 2), nn.Linear(24, 3), nn.Softmax(1),
    )  # fmt: skip


class QCFS(nn.Module):
    def __init__(self, levels, ceiling):
        super().__init__()
        self.levels, self.ceiling = levels, nn.Parameter(torch.tensor(ceiling))

    def forward(self, x):
        x = torch.clamp(x / self.ceiling, 0, 1)
        return torch.floor(x * self.levels + 0.5) / self.levels * self.ceiling


NETWORKS = {
    "block": Block, "perceptron": perceptron, "pool behind": lambda: pooled("behind"),
    "pool in front": lambda: pooled("in front"),
}  # fmt: skip


def prepared(name, side=8):
    """The network with batch norms that saw something, images (60, 2, side, side), and its logits."""
    torch.manual_seed(len(name))
    net = NETWORKS[name]()
    images = torch.rand(40, 2, side, side)
    with torch.no_grad():
        for _ in range(20):
            net.train()(images * 2 - 0.5)
    return net.eval(), images


def scores(net, images):
    with torch.no_grad():
        found = net(images)
    return found.numpy()


@pytest.mark.parametrize("numbers", ["float32", "int8"])
@pytest.mark.parametrize("name", NETWORKS)
def test_many_timesteps_give_the_networks_own_values(name, numbers):
    """But for what the thresholds cut off: the inputs that set them have none above."""
    net, images = prepared(name)
    x = images.numpy()
    model = snnrt.convert(
        net, images[:1], spiking=True, calibrate=x, timesteps=LONG, numbers=numbers, low=0.0, high=1.0
    )
    expected = scores(net, images)
    result = model.run(x)
    assert (result.predictions == expected.argmax(1)).mean() >= 0.9
    shares = np.corrcoef(
        (result.logits - result.logits.mean(1, keepdims=True)).ravel(),
        (np.log(expected) if name == "perceptron" else expected).ravel()
        - (np.log(expected) if name == "perceptron" else expected).mean(1).repeat(3),
    )[0, 1]
    assert shares > 0.97
    assert model.fidelity.inputs == 40 and model.fidelity.timesteps[-1] == LONG
    for layer in model.fidelity.layers:
        assert layer.errors[-1] < 0.25 and layer.errors[0] > layer.errors[-1]
    neurons = [node for node in model.graph if isinstance(node, Neuron)]
    assert all(node.takes_back and node.multiple and node.max_spikes == 1 for node in neurons)
    pools = [node for node in model.graph if isinstance(node, MaxPool2d)]
    assert all(node.mode == "net" for node in pools) and len(pools) == 2 * name.startswith("pool")
    # no test of nothing
    assert len(neurons) >= 2 and any(layer.taken_back > 0 for layer in model.fidelity.layers)


@pytest.mark.parametrize("most", [None, 1])
@pytest.mark.parametrize("levels", [2, 4, 8])
def test_as_many_timesteps_as_levels_are_exact(levels, most):
    """One layer is the same to the last spike; several a step go on above the ceiling."""
    torch.manual_seed(levels)
    net = nn.Sequential(nn.Linear(6, 40), QCFS(levels, 1.5), nn.Linear(40, 4))
    with torch.no_grad():
        net[0].weight.mul_(3)
    x = torch.rand(50, 6)
    model = snnrt.convert(net, x[:1], spiking=True, max_spikes=most)
    spikes = model.run(x.numpy(), record=("spikes",)).spikes["1"].sum(1)
    with torch.no_grad():
        expected = net[:2](x).numpy() / 1.5 * levels
        above = net[0](x).numpy() > 1.5
    np.testing.assert_allclose(spikes[~above], expected[~above], atol=1e-4)
    assert model.timesteps == levels and model.graph["1"].max_spikes == (most or levels)
    assert above.any() and (spikes[above] >= expected[above] - 1e-4).all()
    if most == 1:
        np.testing.assert_allclose(spikes, expected, atol=1e-4)
        np.testing.assert_allclose(model.run(x.numpy()).logits / levels, scores(net, x), atol=1e-4)
    assert model.graph["1"].threshold == pytest.approx(1.5)


@pytest.mark.parametrize("timesteps", [1, 2, 3, 4])
def test_fewer_timesteps_than_levels_are_exact_too(timesteps):
    """Each spike is a smaller share of the ceiling; deep networks, where nothing is above it."""
    torch.manual_seed(1)
    net = nn.Sequential(
        nn.Linear(6, 30), QCFS(4, 1.0), nn.Linear(30, 30), QCFS(4, 1.0), nn.Linear(30, 30), QCFS(4, 1.0),
        nn.Linear(30, 4),
    )  # fmt: skip
    x = torch.rand(50, 6)
    with torch.no_grad():
        for place in (0, 2, 4):
            net[place].weight.mul_(4)
            # so that it reaches the last levels, and not beyond
            net[place + 1].ceiling.copy_(net[: place + 1](x).max() * 1.05)
    model = snnrt.convert(net, x[:1], spiking=True, timesteps=timesteps)
    assert model.timesteps == timesteps
    if timesteps in (1, 2, 4):
        np.testing.assert_allclose(model.run(x.numpy()).logits / timesteps, scores(net, x), atol=1e-3)
    neuron = model.graph["1"]
    share = -(-4 // timesteps)
    assert neuron.threshold == pytest.approx(float(net[1].ceiling.detach()) / share)
    assert neuron.max_spikes == 4
    told = [line for line in model.assumptions if line.startswith("answers before timestep")]
    assert len(told) == (timesteps > 1)


def test_choices():
    net, images = prepared("pool behind")
    plain = snnrt.convert(net, images[:1], spiking=True, calibrate=images.numpy(), negative_spikes=False)
    neurons = [node for node in plain.graph if isinstance(node, Neuron)]
    assert not any(node.takes_back or node.multiple for node in neurons)
    several = snnrt.convert(net, images[:1], spiking=True, calibrate=images.numpy(), max_spikes=4)
    assert all(node.max_spikes == 4 for node in several.graph if isinstance(node, Neuron))
    assert several.fidelity.layers[-1].errors[-1] < plain.fidelity.layers[-1].errors[-1]


def test_without_data_the_example_sets_thresholds_and_says_so():
    net, images = prepared("block")
    model = snnrt.convert(net, images, spiking=True)
    assert model.fidelity is None
    assert any("thresholds from the example" in line for line in model.assumptions)


def test_validate_compares_classes_with_the_module():
    net, images = prepared("pool behind")
    x = images.numpy()
    model = snnrt.convert(net, images[:1], spiking=True, calibrate=x, timesteps=32)
    comparison = model.validate(net, x)
    expected = (model.run(x).predictions == scores(net, images).argmax(1)).mean()
    assert comparison.class_agreement == expected


def test_a_ceiling_is_no_smaller_than_what_is_cut_off():
    net = nn.Sequential(nn.Linear(3, 3), nn.ReLU6(), nn.Linear(3, 2))
    with torch.no_grad():
        net[0].weight.copy_(torch.eye(3) * 90)
        net[0].bias.zero_()
    model = snnrt.convert(net, torch.rand(200, 3), spiking=True)
    assert model.graph["1"].threshold.max() <= 6


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (lambda: nn.Linear(3, 2), {}, "no activation that could spike"),
        (lambda: nn.Sequential(nn.Linear(3, 2), nn.ReLU()), {"max_spikes": 0}, "max_spikes: expected 1"),
        (lambda: nn.Sequential(nn.Linear(3, 2), nn.Sigmoid(), nn.Linear(2, 2), nn.ReLU()), {}, "sigmoid"),
        (
            lambda: nn.Sequential(
                nn.Linear(3, 2), nn.ReLU(), nn.Hardtanh(-1, 1), nn.Linear(2, 2), nn.Hardtanh()
            ),
            {},
            "clamp from -1",
        ),
    ],
)
def test_what_is_refused(make, options, words):
    with pytest.raises(ModelError, match=words):
        snnrt.convert(make(), torch.rand(5, 3), spiking=True, **options)


def test_options_of_ordinary_networks_alone():
    with pytest.raises(ModelError, match="add spiking=True"):
        snnrt.convert(nn.Linear(3, 2), torch.rand(5, 3), negative_spikes=True)
    with pytest.raises(ModelError, match="spiking=True \\(--spiking\\)"):
        snnrt.convert(nn.Sequential(nn.Linear(3, 2), nn.ReLU()), torch.rand(5, 3))


def test_a_maximum_of_other_values_is_refused():
    net = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Conv2d(3, 3, 3), nn.MaxPool2d(2), nn.Flatten())
    with pytest.raises(ModelError, match="put the activation in front of the pool"):
        snnrt.convert(net, torch.rand(1, 2, 8, 8), spiking=True)


def test_the_module_is_left_as_it_was():
    net, images = prepared("block")
    before = {name: value.clone() for name, value in net.state_dict().items()}
    net.train()
    ModuleRuns(net, (images,)).record(None)
    assert net.training and net.first[1].training
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


MAKE = """
import torch
from torch import nn
def make():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(5, 12), nn.ReLU(), nn.Linear(12, 3)), torch.rand(20, 5)
"""


def test_the_command(tmp_path, capsys):
    (tmp_path / "net.py").write_text(MAKE)
    rng = np.random.default_rng(1)
    np.savez(tmp_path / "data.npz", x=rng.random((30, 5), np.float32), y=rng.integers(0, 3, 30))
    source, output = f"{tmp_path / 'net.py'}:make", str(tmp_path / "net.snnrt")
    base = ["convert", source, "-o", output, "--spiking", "--timesteps", "8"]
    full = [*base, "--calibrate", str(tmp_path / "data.npz"), "--numbers", "int8"]
    assert main([*full, "--plot", str(tmp_path / "drawn.png")]) == 0
    text = capsys.readouterr().out
    assert "to the ordinary network, on 30 calibration inputs" in text and "taken back" in text
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")
    assert main([*full, "--json"]) == 0
    found = snnrt_json(capsys.readouterr().out)["fidelity"]
    assert found["timesteps"] == [1, 2, 4, 8] and len(found["layers"][0]["errors"]) == 4
    assert found["accuracy"] is not None
    assert main(base) == 0 and "example alone" in capsys.readouterr().out.replace("\n", " ")
    assert main([*base, "--plot", str(tmp_path / "drawn.png")]) == 2
    assert "--plot draws" in capsys.readouterr().err
    assert main(["check", source, "--spiking"]) == 0
    assert "approximate" in capsys.readouterr().out


def snnrt_json(text):
    import json

    return json.loads(text)
