"""Every example script runs and does what its first line says."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from effort import whole

import snnrt
from snnrt.data.load import load_dataset

EXAMPLES = Path(__file__).parents[2] / "examples"
# trains; test_train_digits.py runs it
ELSEWHERE = {"train_digits"}


@pytest.fixture
def example(monkeypatch, capsys, tmp_path):
    """``example(name, *arguments)``: what the script prints, run in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(name: str, *arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out

    return run


def test_every_example_is_run_here():
    text = Path(__file__).read_text()
    names = {path.stem for path in EXAMPLES.glob("*.py")} - ELSEWHERE
    assert names == {name for name in names if f'example("{name}"' in text}
    listed = (EXAMPLES / "README.md").read_text()
    assert all(f"{name}.py" in listed for name in names | ELSEWHERE)


@whole
def test_demo(example, tmp_path):
    printed = example("demo")
    data = load_dataset("digits")
    network = snnrt.load(tmp_path / "demo-output" / "digits.snnrt")
    assert network.graph.integer and network.graph.exit.rule == "entropy"
    dynamic, static = network.run(data.x), network.run(data.x, exit="never")
    accuracies = [result.accuracy(data.y) for result in (static, dynamic)]
    line = next(line for line in printed.splitlines() if line.startswith("accuracy in int8"))
    assert [float(word) for word in line.split()[3:5]] == pytest.approx(accuracies, abs=5e-5)
    line = next(line for line in printed.splitlines() if line.startswith("mean timesteps"))
    assert float(line.split()[3]) == pytest.approx(dynamic.timesteps.mean(), abs=5e-4)
    # what the project promises of the demo: at most half a point lost, at least 60 % less EDP
    floats = float(re.search(r"accuracy in float32 +([\d.]+)", printed)[1])
    assert accuracies[0] >= floats - 0.005 and accuracies[1] >= accuracies[0] - 0.005
    reductions = [float(found) for found in re.findall(r"EDP .* -([\d.]+)%", printed)]
    assert len(reductions) == 2 and min(reductions) >= 60
    page = (tmp_path / "demo-output" / "report.html").read_text()
    assert "dt-snn" in page and "stm32u575" in page


@whole
def test_demo_chooses_the_threshold_without_test_images(example, monkeypatch):
    threshold = re.search(r"entropy < ([\d.]+)", example("demo"))[1]

    def spoilt(name, split="test"):
        data = load_dataset(name, split=split)
        return data if split == "train" else type(data)(data.x[::-1].copy(), np.roll(data.y, 1), data.name)

    monkeypatch.setattr("snnrt.data.load.load_dataset", spoilt)
    assert re.search(r"entropy < ([\d.]+)", example("demo"))[1] == threshold


def test_convert_and_run(example, tmp_path):
    printed = example("convert_and_run", "--output", "model.snnrt")
    data = load_dataset("digits")
    out = snnrt.load(tmp_path / "model.snnrt").run(data.x)
    assert f"accuracy: {np.mean(out.predictions == data.y):.4f}" in printed
    assert "assumed: reset" in printed


@whole
def test_profile_targets(example, tmp_path):
    printed = example("profile_targets", "stm32l4r5", "--report", "page.html")
    assert "STM32L4R5" in printed and "DT-SNN" not in printed
    assert float(re.search(r"([\d.]+)% less", printed)[1]) >= 60
    assert "stm32l4r5" in (tmp_path / "page.html").read_text()


def test_record_spikes(example, tmp_path):
    printed = example("record_spikes", "--output", "recorded.npz")
    with np.load(tmp_path / "recorded.npz") as arrays:
        assert arrays["spikes_lif1"].shape == arrays["membranes_lif1"].shape == (8, 4, 16, 8, 8)
        rates = arrays["spikes_lif1"].mean(axis=(0, 2, 3, 4))
    line = next(line for line in printed.splitlines() if line.startswith("lif1: (8"))
    assert [float(word) for word in line.split("[")[1].strip("]").split()] == pytest.approx(rates, abs=6e-4)


@whole
def test_crossbar(example):
    printed = example("crossbar", "--inputs", "40")
    lines = {line[:24].strip(): line for line in printed.splitlines()}
    assert "100.0% as in the C core" in lines["ideal devices"]
    accuracies = [float(re.search(r"accuracy ([\d.]+)", line)[1]) for line in lines.values()]
    assert min(accuracies) > 0.8


@pytest.mark.firmware
def test_export_firmware(example, tmp_path):
    printed = example("export_firmware", "--output", "sources", "--compiler", "gcc")
    found = re.findall(r"^(?:run|stream|here): class (\d), timesteps (\d)", printed, re.MULTILINE)
    assert len(found) == 3 and len(set(found)) == 1
    names = re.search(r"^written: (.*)$", printed, re.MULTILINE)[1].split(", ")
    assert all((tmp_path / "sources" / name).is_file() for name in names) and "snnrt.c" in names
