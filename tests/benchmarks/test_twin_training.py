"""The ordinary networks of the comparison with CMSIS-NN, as PyTorch trains them and as int8 answers."""

from __future__ import annotations

import copy
import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "against_cmsis_nn"))

from ordinary_layers import ORDINARY
from spiking_networks import SPIKING
from twin_modules import Ordinary, int8_accuracy, spiking

import snnrt
from snnrt import training
from snnrt.ir.graph import Neuron


@pytest.fixture(autouse=True)
def one_thread():
    """Networks so small wait for threads more than they gain."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def script():
    """train.py of this comparison; other folders have scripts of that name."""
    import importlib.util

    path = Path(__file__).parents[2] / "benchmarks" / "against_cmsis_nn" / "train.py"
    spec = importlib.util.spec_from_file_location("train_against_cmsis_nn", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ORDINARY)
def test_both_networks_have_the_layers(name):
    ordinary, spikes = Ordinary(ORDINARY[name]), spiking(ORDINARY[name])
    weights = sum(layer.weights for layer in ORDINARY[name])
    for network in (ordinary, spikes):
        assert sum(one.numel() for one in network.parameters() if one.ndim > 1) == weights
    x = torch.rand(2, 1, 28, 28)
    assert ordinary(x).shape == (1, 2, 10) and spikes(x).shape == (4, 2, 10)
    neurons = [one for one in spikes.modules() if isinstance(one, training.LIF)]
    assert len(neurons) == sum(layer.weighted for layer in ORDINARY[name]) - 1


def stripes(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images whose bright row says the class."""
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(0, 10, (count,), generator=generator)
    x = torch.randint(0, 60, (count, 1, 28, 28), generator=generator)
    x[torch.arange(count), 0, 2 * y + 3] += 190
    return x.to(torch.uint8), y


@pytest.mark.parametrize("name", ("conv_stride_16_pool", "linear"))
def test_int8_answers_nearly_as_float32_does(name, script):
    data = stripes(1000)
    torch.manual_seed(0)
    network = Ordinary(ORDINARY[name])
    script.train(network, script.Recipe(images=800, epochs=3, batch=40, late=1), data, seed=0)
    x, y = data[0][800:], data[1][800:]
    with torch.no_grad():
        right = float((network(x.float() / 255)[0].argmax(1) == y).double().mean())
    assert right > 0.9
    before = copy.deepcopy(network.state_dict())
    assert int8_accuracy(network, data[0][:200], x, y) == pytest.approx(right, abs=0.03)
    assert all(torch.equal(one, before[key]) for key, one in network.state_dict().items())


def test_a_spiking_network_is_written_with_its_log(script, tmp_path, monkeypatch):
    recipe = script.Recipe(images=600, epochs=2, batch=50, late=1, rate_target=0.05, rate_weight=1.0)
    conversion = {"state_bits": 16, "memory": "least"}
    small = replace(SPIKING["dense"], recipe=recipe, conversion=conversion)
    monkeypatch.setitem(script.SPIKING, "dense", small)
    monkeypatch.setattr(script, "HELD", 200)
    log = script.train_spiking("dense", stripes(900), stripes(100), tmp_path, 0)
    written = snnrt.load(tmp_path / "dense.snnrt")
    assert {one.state_bits for one in written.graph if isinstance(one, Neuron)} == {16}
    assert log["test"]["inputs"] == 100 and log["conversion"] == conversion
    monkeypatch.setitem(script.RECIPES, "full", replace(recipe, epochs=1))
    line = script.train_ordinary("linear", "full", stripes(900), stripes(100), 0)
    for changed in (line, {**line, "seed": 5}, {**line, "recipe": "short"}):
        script.write_log(changed, tmp_path / "ordinary.json")
    found = json.loads((tmp_path / "ordinary.json").read_text())
    assert [(one["recipe"], one["seed"]) for one in found] == [("full", 5), ("short", 0)]
