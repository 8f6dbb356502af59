"""Spiking networks of each framework through both exporters: the same spikes, as the page's table says."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from onnx_networks import EXPORTERS, FORMS, cases, export, network, quiet, torch

import snnrt
from snnrt.converters.onnx.importer import import_onnx
from snnrt.converters.onnx.outputs import onnx_outputs
from snnrt.network import Network

torch.set_num_threads(1)
PAGE = Path(__file__).parents[3] / "docs" / "frameworks" / "onnx.md"
LEAST = 0.9999


@cache
def table() -> dict[tuple[str, str], dict[str, str]]:
    """The page's rows: (network, form) to the cell of each exporter."""
    found = {}
    for line in PAGE.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 2 + len(EXPORTERS) and re.match("(one step|unrolled)", cells[1]):
            for form in cells[1].split("; "):
                found[(cells[0], form)] = dict(zip(EXPORTERS, cells[2:]))
    return found


def agreement(path: Path) -> tuple[str, float]:
    """As the page has it, and how often the dullest layer fires."""
    imported = import_onnx(str(path))
    recorded = imported.recorded
    assert recorded is not None and recorded.spikes
    graph = imported.graph.with_(timesteps=recorded.timesteps)
    found = Network(graph).run(recorded.inputs, exit="never", record=("spikes",)).spikes
    same = [found[name].reshape(one.shape) == one for name, one in recorded.spikes.items()]
    share = min(float(one.mean()) for one in same)
    rate = min(float((one > 0).mean()) for one in recorded.spikes.values())
    return ("equal" if share == 1 else f"{share:.4%}"), rate if share >= LEAST else 0.0


@pytest.mark.parametrize(("name", "form", "exporter"), cases(), ids=lambda one: one.replace(" ", "_"))
def test_spikes_are_those_of_the_model(tmp_path, name, form, exporter):
    net, given = network(name, form)
    refused = export(net, given, tmp_path / "net.onnx", exporter)
    expected = table()[(name, form)][exporter]
    if refused is not None:
        assert expected == "the exporter refuses it"
        return
    words, rate = agreement(tmp_path / "net.onnx")
    assert words == expected
    assert rate > 0.005, "a dull test"


def test_the_table_has_no_other_rows():
    assert set(table()) == {(name, form) for name, form, _ in cases()}
    assert {form for _, form in table()} == set(FORMS)


@pytest.mark.parametrize(
    ("name", "shape"), [("Norse LIFCell, LILinearCell", (5, 6, 20)), ("Sinabs IAF", (5, 6, 1, 8, 8))]
)
def test_what_the_model_itself_gives_for_data(tmp_path, name, shape):
    """As ``snnrt validate`` does, beside PyTorch."""
    net, given = network(name, "unrolled")
    path = tmp_path / "net.onnx"
    assert export(net, given, path, "TorchScript") is None
    x = np.random.default_rng(2).random(shape).astype(np.float32)
    found = onnx_outputs(str(path), x)
    expected = []
    for one in x:
        for module in net.modules():
            if hasattr(module, "reset_states"):
                module.reset_states()
        batch = torch.from_numpy(one)
        with torch.no_grad():
            out = net(batch[None] if name.startswith("Sinabs") else batch[:, None])
        expected.append(out.numpy().reshape(6, -1))
    np.testing.assert_allclose(found["outputs"], np.stack(expected), atol=1e-5)
    comparison = snnrt.convert(str(path)).validate(str(path), x)
    assert comparison.spike_agreement == 1


def test_the_page_runs(tmp_path, monkeypatch):
    """Its code, one block after the other."""
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(code) == 2
    names = {}
    with quiet():
        exec(compile("\n".join(code), str(PAGE), "exec"), names)
    assert (tmp_path / "net.snnrt").exists() and names["model"].fidelity.inputs == 32
    assert snnrt.load(tmp_path / "net.snnrt").timesteps == 25


def test_state_that_is_lost_is_an_error_that_says_how_to_export(tmp_path):
    import snntorch

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.fc, self.lif = torch.nn.Linear(20, 8), snntorch.Leaky(0.9, init_hidden=True)

        def forward(self, x):
            return self.lif(self.fc(x))

    for exporter in EXPORTERS:
        net = Hidden().eval()
        path = tmp_path / f"{exporter}.onnx"
        assert export(net, (torch.rand(1, 20),), path, exporter) is None
        with pytest.raises(snnrt.ModelError, match=r"a neuron without state.*init_hidden=False"):
            snnrt.convert(str(path))


def test_what_layers_and_neurons_are_called(tmp_path):
    net, given = network("snnTorch Leaky, subtract", "one step")
    assert export(net, given, tmp_path / "net.onnx", "dynamo") is None
    check = snnrt.check(str(tmp_path / "net.onnx"))
    assert check.faithful
    assert [node.name for node in check.nodes] == ["input", "fc1", "lif1", "fc2", "lif2", "output"]
    assert any(line.startswith("one call is a timestep; states, 0 at first") for line in check.assumptions)
