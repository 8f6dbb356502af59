"""The training example, and the model that it made."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import nir
import numpy as np
import pytest
import torch

import snnrt
from snnrt.converters.nir.importer import import_nir
from snnrt.data.load import load_dataset
from snnrt.reference.run import Reference

EXAMPLES = Path(__file__).parents[2] / "examples"
SHIPPED = EXAMPLES / "models" / "digits_conv.nir"
TIMESTEPS = 4


@pytest.fixture(scope="module")
def example() -> Iterator[ModuleType]:
    specification = importlib.util.spec_from_file_location("train_digits", EXAMPLES / "train_digits.py")
    module = importlib.util.module_from_spec(specification)
    with pytest.MonkeyPatch.context() as patch:
        # its dataclasses look their module up
        patch.setitem(sys.modules, "train_digits", module)
        specification.loader.exec_module(module)
        yield module


@pytest.fixture(scope="module", autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    yield
    torch.set_num_threads(threads)
    torch.set_rng_state(state)


@pytest.fixture(scope="module")
def trained(example, tmp_path_factory) -> tuple[Path, str]:
    """The files of a short training, and what it printed."""
    path = tmp_path_factory.mktemp("trained") / "new" / "digits.nir"
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        example.main(["--epochs", "3", "--seed", "5", "--output", str(path)])
    return path, printed.getvalue()


def test_short_training_beats_chance_by_far(trained):
    path, _ = trained
    figures = json.loads(path.with_suffix(".json").read_text())
    data = load_dataset("digits")
    classes = snnrt.convert(path, timesteps=TIMESTEPS).run(data.x).predictions
    accuracy = np.mean(classes == data.y)
    assert accuracy > 0.8
    assert accuracy == pytest.approx(figures["test_accuracy"], abs=1 / len(data.y) + 1e-9)
    assert figures["seed"] == 5
    assert figures["timesteps"] == TIMESTEPS == len(figures["accuracy_after_timesteps"])
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["digits.json", "digits.nir"]


def test_it_prints_that_snnrt_runs_the_file_alike(trained):
    _, printed = trained
    line = next(line for line in printed.splitlines() if line.startswith("in snnrt: "))
    classes, spikes = (float(word.rstrip("%")) for word in line.split() if word.endswith("%"))
    assert classes >= 99.8
    assert spikes >= 99.99


def test_folding_batch_norm_keeps_the_network(example):
    torch.manual_seed(0)
    network = example.DigitsNetwork()
    for norm in (network.norm1, network.norm2):
        torch.nn.init.uniform_(norm.weight, 1, 3)
        torch.nn.init.uniform_(norm.bias, -0.5, 0.5)
    images, _ = example.load_images()
    for _ in range(10):
        network(images[:200])
    network.eval()
    with torch.no_grad():
        expected, spikes_before = network(images[:100])
        network.fold_batch_norm()
        folded, spikes_after = network(images[:100])
    for name, before in spikes_before.items():
        assert 0.01 < before.mean() < 0.9
        assert (before == spikes_after[name]).double().mean() > 0.9999
    # a rounded spike may flip, and moves the few outputs that it reaches
    assert torch.isclose(expected, folded, atol=1e-4).double().mean() > 0.99


def test_early_exit_is_the_definition(example):
    logits = torch.tensor([[[0.0, 0.0], [9.0, 0.0]], [[3.0, 0.0], [9.0, 0.0]], [[0.0, 8.0], [0.0, 9.0]]])
    logits = torch.cat([logits, torch.full((3, 2, 8), -50.0)], 2)
    measured = example.Measured(logits, torch.tensor([0, 0]), {})
    entropy = -sum(p * math.log(p) for p in (1 / (1 + math.exp(-3)), 1 / (1 + math.exp(3)))) / math.log(10)
    # input 0 is sure after two timesteps, input 1 after one; the third would mislead both
    assert measured.early_exit(entropy + 1e-6) == (1.0, 1.5)
    assert measured.early_exit(entropy - 1e-6) == (0.5, 2.0)
    assert measured.early_exit(0.0) == (0.0, 3.0)
    assert measured.accuracies() == [1.0, 1.0, 0.0]


def test_a_holdout_writes_nothing(example, tmp_path, capsys):
    path = tmp_path / "digits.nir"
    example.main(["--epochs", "1", "--holdout", "900", "--output", str(path)])
    assert "accuracy after 1 … 4 timesteps" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("options", [["--epochs", "0"], ["--holdout", "1000"], ["--holdout", "-1"]])
def test_wrong_options_are_errors(example, options, capsys):
    with pytest.raises(SystemExit) as error:
        example.main(options)
    assert error.value.code == 2
    assert f"{options[0]}: expected" in capsys.readouterr().err


def test_a_failed_write_leaves_the_old_file(example, tmp_path, monkeypatch):
    path = tmp_path / "digits.nir"
    path.write_bytes(b"old")

    def fail(name: str, graph: object) -> None:
        Path(name).write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(nir, "write", fail)
    with pytest.raises(OSError, match="disk full"):
        example.write(path, nir.NIRGraph({}, [], type_check=False), {})
    assert [entry.name for entry in tmp_path.iterdir()] == ["digits.nir"]
    assert path.read_bytes() == b"old"


def test_shipped_figures_are_what_the_shipped_file_gives():
    figures = json.loads(SHIPPED.with_suffix(".json").read_text())
    data = load_dataset("digits")
    graph = import_nir(SHIPPED, framework="snntorch", timesteps=TIMESTEPS).graph
    result = Reference(graph).run(data.x, record=("spikes",))
    assert len(data.y) == 797
    assert np.mean(result.predictions == data.y) == figures["test_accuracy"]
    for steps, accuracy in enumerate(figures["accuracy_after_timesteps"], 1):
        classes = snnrt.convert(SHIPPED, timesteps=TIMESTEPS).run(data.x, timesteps=steps).predictions
        assert np.mean(classes == data.y) == accuracy
    for name, rate in figures["firing_rates"].items():
        assert result.spikes[name].mean() == pytest.approx(rate, rel=1e-4)


def test_shipped_model_is_sure_early_and_survives_int8():
    figures = json.loads(SHIPPED.with_suffix(".json").read_text())
    train, test = load_dataset("digits", split="train"), load_dataset("digits")
    network = snnrt.convert(
        SHIPPED, numbers="int8", timesteps=TIMESTEPS, calibrate=train.x, exit="entropy:0.1"
    )
    result = network.run(test.x)
    assert figures["test_accuracy"] >= 0.96
    assert result.timesteps.mean() <= 1.5
    assert np.mean(result.predictions == test.y) >= figures["test_accuracy"] - 0.005


def test_shipped_file_is_small():
    assert SHIPPED.stat().st_size < 200_000
