"""Ordinary networks through both exporters of PyTorch: the spiking network that the module itself becomes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from onnx_networks import EXPORTERS, export, torch
from torch import nn
from torch.nn import functional

import snnrt
from snnrt.cli import main
from snnrt.converters.onnx.file import read_onnx
from snnrt.converters.onnx.importer import OnnxReading
from snnrt.ir.graph import Neuron

torch.set_num_threads(1)
SIDE = 8


class QCFS(nn.Module):
    def __init__(self, levels=4, ceiling=1.5):
        super().__init__()
        self.levels, self.ceiling = levels, nn.Parameter(torch.tensor(ceiling))

    def forward(self, x):
        share = torch.clamp(x / self.ceiling, 0, 1)
        steps = share * self.levels
        steps = steps + (torch.floor(steps + 0.5) - steps).detach()
        return steps / self.levels * self.ceiling


class Rounded(QCFS):
    """Other functions, the same values."""

    def forward(self, x):
        steps = torch.relu(x) * (self.levels / self.ceiling)
        return (
            torch.minimum(torch.round(steps), torch.tensor(float(self.levels))) * self.ceiling / self.levels
        )


class Residual(nn.Module):
    """With depthwise convolutions, functions in place of modules, a concatenation and a view by numbers."""

    def __init__(self, activation=nn.ReLU):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(2, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), activation())
        self.depth = nn.Sequential(nn.Conv2d(6, 6, 3, 2, 1, groups=6, bias=False), nn.BatchNorm2d(6))
        self.act = activation()
        self.point = nn.Sequential(nn.Conv2d(6, 6, 1), nn.BatchNorm2d(6))
        self.around = nn.Conv2d(6, 6, 1, 2)
        self.last = nn.Linear(12, 3)

    def forward(self, x):
        x = self.first(x)
        y = self.act(self.point(functional.relu6(self.depth(x))) + self.around(x))
        z = torch.cat([functional.max_pool2d(x, 2), y], 1)
        z = functional.dropout(functional.adaptive_avg_pool2d(z, 1), 0.5, self.training)
        return functional.log_softmax(self.last(z.view(z.size(0), -1)), 1)


def cnn():
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 8, 3),
        nn.MaxPool2d(2), nn.Hardtanh(0, 2), nn.Flatten(), nn.Linear(8, 12), nn.ReLU6(), nn.Linear(12, 3),
    )  # fmt: skip


def mlp(activation):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(2 * SIDE * SIDE, 24), nn.BatchNorm1d(24), activation(), nn.Dropout(0.3),
        nn.Linear(24, 24, bias=False), activation(), nn.Linear(24, 3), nn.Softmax(1),
    )  # fmt: skip


class Conv1d(nn.Module):
    """Time series; clamps by functions, a product with a matrix."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv1d(2, 6, 3), nn.Conv1d(6, 4, 3, padding=1)
        self.last = nn.Parameter(torch.randn(4, 3))

    def forward(self, x):
        x = self.second(functional.max_pool1d(self.first(x).clamp(min=0), 2))
        x = torch.where(x > 0, x, torch.zeros(()))
        return x.mean(-1) @ self.last


NETWORKS = {
    "CNN": cnn, "residual": Residual, "residual, QCFS": lambda: Residual(QCFS), "MLP": lambda: mlp(nn.ReLU),
    "MLP, QCFS": lambda: mlp(QCFS), "MLP, rounded": lambda: mlp(Rounded), "Conv1d": Conv1d,
}  # fmt: skip


def prepared(name):
    """The network with batch norms that saw something, and images."""
    torch.manual_seed(len(name))
    net = NETWORKS[name]()
    images = torch.rand(20, 2, *[SIDE] * (1 if name == "Conv1d" else 2))
    with torch.no_grad():
        for _ in range(20):
            net.train()(images * 2 - 0.5)
    return net.eval(), images


def arrays(graph):
    """Of each node the kind and its arrays."""
    names = ("weights", "bias", "threshold", "initial")
    return [(type(node), {name: getattr(node, name, None) for name in names}) for node in graph]


def same(first, second):
    assert [kind for kind, _ in first] == [kind for kind, _ in second]
    for (_, one), (_, other) in zip(first, second):
        for name, value in one.items():
            if value is None:
                assert other[name] is None
            else:
                np.testing.assert_allclose(other[name], value, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_same_as_the_module_itself(tmp_path, name, exporter):
    net, images = prepared(name)
    path = str(tmp_path / "net.onnx")
    assert export(net, (images[:1],), path, exporter) is None
    x = images.numpy()
    options = {"spiking": True, "calibrate": x, "low": 0.0, "high": 1.0}
    expected, found = snnrt.convert(net, images[:1], **options), snnrt.convert(path, **options)
    same(arrays(expected.graph), arrays(found.graph))
    assert sum(isinstance(node, Neuron) for node in found.graph) >= 2
    assert found.timesteps == expected.timesteps == (4 if name in ("MLP, QCFS", "MLP, rounded") else 16)
    assert found.fidelity.inputs == 20 and len(found.fidelity.layers) == len(expected.fidelity.layers)
    np.testing.assert_allclose(found.run(x).logits, expected.run(x).logits, atol=0.3)
    comparison = found.validate(path, x)
    with torch.no_grad():
        right = net(images).argmax(1).numpy()
    assert comparison.class_agreement == (found.run(x).predictions == right).mean()
    check = snnrt.check(path, spiking=True)
    assert check.supported and {node.verdict for node in check.nodes} == {"faithful", "approximate"}


@pytest.mark.parametrize("count", [1, 3, "open"])
@pytest.mark.parametrize("exporter", EXPORTERS)
def test_any_batch(tmp_path, exporter, count):
    """Inputs are computed side by side, whatever the batch of the file."""
    net, images = prepared("residual")
    path = str(tmp_path / "net.onnx")
    given = images[: 2 if count == "open" else count]
    if count == "open":
        axes = (
            {"dynamic_shapes": ({0: torch.export.Dim("batch")},)} if exporter == "dynamo"
            else {"dynamic_axes": {"x": [0]}, "input_names": ["x"]}
        )  # fmt: skip
        assert export(net, (given,), path, exporter, **axes) is None
    else:
        assert export(net, (given,), path, exporter) is None
    network = OnnxReading(read_onnx(path), None, 1).ordinary(None)
    # a view by numbers fixes the batch where the file has none that is open
    assert not network.runs.exact or count != "open"
    found = np.concatenate([one.outputs for one in network.seen(images.numpy())])
    with torch.no_grad():
        expected = torch.cat([net(part) for part in images.split(1)]).numpy()
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.argmax(1), expected.argmax(1))


def test_a_file_whose_batch_is_fixed(tmp_path):
    class Fixed(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.last = nn.Conv2d(2, 4, 3), nn.Linear(4 * 36, 3)

        def forward(self, x):
            return self.last(torch.relu(self.first(x)).reshape(2, 4 * 36))

    torch.manual_seed(1)
    net, images = Fixed().eval(), torch.rand(7, 2, SIDE, SIDE)
    path = str(tmp_path / "net.onnx")
    assert export(net, (images[:2],), path, "TorchScript") is None
    network = OnnxReading(read_onnx(path), None, 1).ordinary(None)
    assert network.runs.exact and network.runs.batch == 2
    found = [one.outputs for one in network.seen(images.numpy())]
    assert [len(one) for one in found] == [2, 2, 2, 1]
    with torch.no_grad():
        expected = torch.cat([net(part) for part in (images[:2], images[2:4], images[4:6])]).numpy()
    np.testing.assert_allclose(np.concatenate(found)[:6], expected, atol=1e-4)


@pytest.mark.parametrize("exporter", EXPORTERS)
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 5), nn.Tanh(), nn.Linear(5, 2)),
            "Tanh",
        ),
        (lambda: nn.Sequential(nn.Linear(6, 5), nn.LeakyReLU(), nn.Linear(5, 5), nn.ReLU()), "LeakyRelu"),
        (lambda: nn.Sequential(nn.Linear(6, 5)), "no activation that could spike"),
    ],
)
def test_what_is_refused(tmp_path, exporter, make, words):
    path = str(tmp_path / "net.onnx")
    assert export(make().eval(), (torch.rand(1, 6),), path, exporter) is None
    with pytest.raises(snnrt.ModelError, match=words) as caught:
        snnrt.convert(path, spiking=True)
    assert str(caught.value).startswith(path) and "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["MLP", "MLP, QCFS"])
def test_advice_leads_to_a_spiking_network(tmp_path, capsys, name):
    net, images = prepared(name)
    path, output = str(tmp_path / "net.onnx"), str(tmp_path / "net.snnrt")
    assert export(net, (images[:1],), path, "dynamo") is None
    with pytest.raises(snnrt.ModelError, match=r"an ordinary network.*--spiking --calibrate data\.npz"):
        snnrt.convert(path)
    np.savez(tmp_path / "data.npz", x=images.numpy(), y=np.arange(20) % 3)
    data = ["--calibrate", str(tmp_path / "data.npz"), "--numbers", "int8"]
    assert main(["check", path, "--spiking"]) == 0
    capsys.readouterr()
    assert main(["convert", path, "--spiking", *data, "-o", output, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["fidelity"]["inputs"] == 20 and told["numbers"] == "int8"
    assert main(["validate", output, "--against", path, "--data", str(tmp_path / "data.npz")]) in (0, 1)
    assert "classes" in capsys.readouterr().out


def test_options_of_ordinary_networks_alone(tmp_path):
    net, images = prepared("MLP")
    path = str(tmp_path / "net.onnx")
    assert export(net, (images[:1],), path, "dynamo") is None
    with pytest.raises(snnrt.ModelError, match="add spiking=True"):
        snnrt.convert(path, negative_spikes=False)
    plain = snnrt.convert(path, spiking=True, negative_spikes=False, max_spikes=3)
    assert all(not one.takes_back and one.max_spikes == 3 for one in plain.graph if isinstance(one, Neuron))
