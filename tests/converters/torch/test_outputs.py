"""What a module gives for many inputs, and a model held against it."""

import numpy as np
import pytest
from module_parity import framework, torch
from torch import nn

import snnrt
from snnrt.cli import main
from snnrt.converters.torch.outputs import BATCH, module_outputs
from snnrt.errors import DataError, ModelError

snn = framework("snntorch")
utils = framework("snntorch.utils")
INPUTS = np.random.default_rng(1).random((BATCH + 5, 6)).astype(np.float32)


def leaky():
    return snn.Leaky(0.8, init_hidden=True, threshold=0.1)


def small():
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(6, 9), leaky(), nn.Linear(9, 3), leaky())


class TimeFirst(nn.Module):
    def __init__(self, end="all"):
        super().__init__()
        self.net, self.end = small(), end

    def forward(self, x):
        utils.reset(self)
        found = torch.stack([self.net(one) for one in x])
        return found if self.end == "all" else found.mean(0)


def test_one_timestep_a_call():
    net = small()
    found = module_outputs(net, INPUTS, timesteps=5)
    assert found["outputs"].shape == (len(INPUTS), 5, 3) and found["spikes/1"].shape == (len(INPUTS), 5, 9)
    with torch.no_grad():
        utils.reset(net)
        expected = torch.stack([net(torch.from_numpy(INPUTS)) for _ in range(5)], 1).numpy()
    np.testing.assert_array_equal(found["outputs"], expected)
    model = snnrt.convert(net, torch.rand(2, 6), timesteps=5)
    comparison = model.validate(net, INPUTS)
    assert comparison.spike_agreement == 1.0 and comparison.class_agreement == 1.0


@pytest.mark.parametrize("end", ["all", "mean"])
def test_time_in_front(end):
    x = (np.random.default_rng(2).random((11, 7, 6)) < 0.5).astype(np.float32)
    net = TimeFirst(end)
    example = torch.rand(7, 1, 6)
    model = snnrt.convert(net, example)
    assert model.validate(net, x, example=example).spike_agreement == 1.0
    found = module_outputs(net, x, example=example)
    assert ("logits" in found) == (end == "mean") and found["spikes/net.1"].shape == (11, 7, 9)


def test_another_network_is_found_out():
    net, other = small(), small()
    with torch.no_grad():
        other[0].bias += 0.05
    model = snnrt.convert(net, torch.rand(2, 6), timesteps=5)
    comparison = model.validate(other, INPUTS)
    assert comparison.spike_agreement < 1 and comparison.first_difference["node"] == "1"


def test_int8_agrees_by_class():
    net = small()
    model = snnrt.convert(net, torch.rand(2, 6), timesteps=8, numbers="int8", calibrate=INPUTS)
    assert model.validate(net, INPUTS).class_agreement > 0.8


def test_the_command(tmp_path, monkeypatch, capsys):
    (tmp_path / "mine.py").write_text(
        "import torch, snntorch as snn\nfrom torch import nn\n"
        "def leaky():\n    return snn.Leaky(0.8, init_hidden=True, threshold=0.2)\n"
        "def make():\n    torch.manual_seed(3)\n"
        "    return nn.Sequential(nn.Linear(6, 9), leaky(), nn.Linear(9, 3), leaky())\n"
    )
    monkeypatch.chdir(tmp_path)
    np.savez("x.npz", x=INPUTS, y=np.zeros(len(INPUTS), np.int64))
    assert main(["convert", "mine.py:make", "--example", "1,6", "--timesteps", "4", "-o", "a.snnrt"]) == 0
    capsys.readouterr()
    assert main(["validate", "a.snnrt", "--against", "mine.py:make", "--data", "x.npz"]) == 0
    out = capsys.readouterr().out
    assert "in its framework" in out and "1.000000 equal" in out
    assert main(["check", "mine.py:make", "--example", "1,6"]) == 0
    out = capsys.readouterr().out
    assert "Leaky, faithful" in out and "4 nodes" not in out
    assert main(["validate", "a.snnrt", "--against", "mine.py:make", "--data", "x.npz", "--dt", "1"]) == 1
    assert "dt: a module says it itself" in capsys.readouterr().err


def test_data_of_another_shape():
    with pytest.raises(DataError, match=r"expected \(N, …\) of samples \(6,\) as the network takes"):
        module_outputs(small(), np.zeros((3, 7), np.float32), example=torch.rand(1, 6), timesteps=3)
    with pytest.raises(ModelError, match="framework: a module says it itself"):
        module_outputs(small(), INPUTS, framework="norse")


def test_a_check_runs_the_module_too():
    check = snnrt.check(small(), torch.rand(2, 6))
    assert check.faithful and [node.kind for node in check.nodes][2] == "Leaky"

    class Sly(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = small()

        def forward(self, x):
            utils.reset(self)
            shift = x.mean().item()
            return torch.stack([self.net(x - shift) for _ in range(4)])

    found = snnrt.check(Sly(), torch.rand(2, 6))
    assert not found.supported and "does not reproduce the module" in found.problems[0]


def test_a_check_names_every_part_without_a_form():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b, self.net = nn.Linear(6, 6), nn.Linear(6, 6), small()

        def forward(self, x):
            utils.reset(self)
            x = torch.relu(self.a(x)) + nn.functional.gelu(self.b(x))
            return torch.stack([self.net(x) for _ in range(4)])

    found = snnrt.check(Two(), torch.rand(2, 6))
    refused = [node.kind.split(" at ")[0] for node in found.nodes if node.verdict == "unsupported"]
    assert refused == ["torch.relu", "torch.gelu"]


def test_a_constant_input_may_be_chosen_for_a_module_with_time():
    net, example = TimeFirst(), torch.rand(7, 1, 6)
    model = snnrt.convert(net, example, encoding="constant")
    assert model.graph.input.is_constant and model.graph.timesteps == 7
    assert model.validate(net, INPUTS, example=example).spike_agreement == 1.0
    check = snnrt.check(net, example=example, encoding="constant")
    assert {node.verdict for node in check.nodes} == {"faithful"}
