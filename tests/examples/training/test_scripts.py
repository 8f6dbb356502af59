"""Every script runs on a little data of its kind, goes on from its checkpoint, and writes what it says."""

from __future__ import annotations

import gzip
import json
import pickle
import runpy
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

import snnrt

FOLDER = Path(__file__).parents[3] / "examples" / "training"
# so little data leaves layers that never fire
pytestmark = pytest.mark.filterwarnings("ignore::snnrt.SilentLayerWarning")
GENERATOR = np.random.default_rng(1)
SHARED = ("datasets", "experiment", "measuring", "saccades")


@pytest.fixture
def script(monkeypatch, capsys, tmp_path):
    """``script(name, folder, *arguments)``: its log and what it prints; the modules beside it are its own."""

    def run(name: str, folder: Path, *arguments: str) -> tuple[dict, str]:
        output = tmp_path / "made" / name
        monkeypatch.setattr(sys, "argv", [f"{name}.py", str(folder), "--output", str(output), *arguments])
        monkeypatch.syspath_prepend(str(FOLDER))
        for shared in SHARED:
            monkeypatch.delitem(sys.modules, shared, raising=False)
        try:
            runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
        finally:
            for shared in SHARED:
                sys.modules.pop(shared, None)
        log = json.loads(output.with_suffix(".json").read_text())
        net = snnrt.load(output.with_suffix(".snnrt"))
        assert net.graph.integer and net.graph.metadata["name"] == name
        assert net.file_info().file_bytes == log["file_bytes"]
        assert not snnrt.convert(output.with_suffix(".nir")).graph.integer
        assert sum(log["test"]["exits"].values()) == log["test"]["inputs"]
        return log, capsys.readouterr().out

    return run


def stripes(count: int, shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Images whose class is where they are bright."""
    labels = np.arange(count) % 10
    images = GENERATOR.integers(0, 60, (count, *shape)).astype(np.uint8)
    for image, label in zip(images, labels):
        image[:, 2 * label + 2 : 2 * label + 6] += 180
    return images, labels.astype(np.uint8)


def write_fashion(folder: Path) -> None:
    for split, count in (("train", 2400), ("t10k", 60)):
        images, labels = stripes(count, (1, 28, 28))
        write_idx(folder / f"{split}-images-idx3-ubyte.gz", images[:, 0])
        write_idx(folder / f"{split}-labels-idx1-ubyte.gz", labels)


def write_idx(path: Path, array: np.ndarray) -> None:
    head = struct.pack(f">{array.ndim + 1}I", 0x0800 + array.ndim, *array.shape)
    path.write_bytes(gzip.compress(head + array.tobytes(), 1))


def test_fashion(script, tmp_path):
    write_fashion(tmp_path)
    kept = str(tmp_path / "run.pt")
    options = ("--epochs", "1", "--spiking-epochs", "1", "--width", "4", "--last", "200")
    options += ("--checkpoint", kept)
    log, printed = script("fashion", tmp_path, *options)
    assert [one["timesteps"] for one in log["training"]] == [1, 1, 4]
    assert (
        log["training"][2]["loss"] < log["training"][0]["loss"] and log["first_half_of_test"]["inputs"] == 30
    )
    assert set(log["test"]["accuracy_after_timesteps"]) == {"1", "2", "3", "4"}
    assert f"accuracy {100 * log['test']['accuracy']:.2f} %" in printed and "EDP on dt-snn" in printed
    assert log["script"] == (
        "examples/training/fashion.py FOLDER --epochs 1 --width 4 --spiking-epochs 1 --last 200"
    )
    assert [one["stage"] for one in log["training"]] == ["ordinary, ReLU", "spiking", "spiking"]
    assert set(log["edp_reduction_with_the_image_applied"]["dt-snn"]) == {"once", "every_timestep"}
    assert all((tmp_path / f"run-{number}.pt").exists() for number in (1, 2, 3))
    # nothing is left to train: the same figures
    again, _ = script("fashion", tmp_path, *options)
    assert again["test"] == log["test"] and again["training"] == log["training"]


def test_fashion_by_the_fast_recipe(script, tmp_path):
    write_fashion(tmp_path)
    options = ("--network", "pooled_vgg", "--spikes", "4", "--width", "4")
    log, _ = script("fashion", tmp_path, *options, "--epochs", "4", "--tuning-epochs", "1")
    assert [one["stage"] for one in log["training"]] == ["ordinary, ReLU"] * 4 + [
        "ordinary, QCFS of 4 levels"
    ]
    assert log["training"][3]["loss"] < log["training"][0]["loss"]
    assert log["network"]["max_spikes"] == 4


@pytest.mark.parametrize(
    ("network", "spikes", "timesteps"),
    [
        ("vgg8", 1, [1, 1, 1, 4]), ("pooled_vgg", 4, [1, 1, 1]), ("small_vgg", 4, [1, 1, 1]),
        ("resnet19", 1, [1, 4]),
    ],
)  # fmt: skip
def test_cifar10(script, tmp_path, network, spikes, timesteps):
    images, labels = stripes(2300, (3, 32, 32))
    for number, part in enumerate(np.split(np.arange(2250), 5), 1):
        content = {b"data": images[part].reshape(450, -1), b"labels": labels[part].tolist()}
        (tmp_path / f"data_batch_{number}").write_bytes(pickle.dumps(content))
    content = {b"data": images[:20].reshape(20, -1), b"labels": labels[:20].tolist()}
    (tmp_path / "test_batch").write_bytes(pickle.dumps(content))
    log, _ = script(
        "cifar10", tmp_path, "--epochs", "2", "--width", "6" if network == "pooled_vgg" else "3",
        "--network", network, "--limit", "128",
        "--spikes", str(spikes), "--tuning-epochs", "1", "--spiking-epochs", "1",
        "--ordinary", str(tmp_path / "kept"),
    )  # fmt: skip
    assert [one["timesteps"] for one in log["training"]][-len(timesteps) :] == timesteps
    stages = [one["stage"] for one in log["training"]]
    assert ("ordinary, ReLU" in stages) == (network != "resnet19")
    assert ("ordinary, QCFS of 4 levels" in stages) == (spikes == 4)
    assert log["network"]["timesteps"] == 4 and log["network"]["max_spikes"] == spikes
    names = {path.name for path in tmp_path.glob("kept/*")}
    assert names == (set() if network == "resnet19" else {f"{network}.pt", f"{network}_qcfs{spikes}.pt"})


@pytest.mark.parametrize("synthetic", [False, True])
def test_nmnist(script, tmp_path, synthetic):
    arrays = {}
    for split, count in (("train", 260), ("test", 10)):
        labels = (np.arange(count) % 10).astype(np.uint8)
        n = np.full(count, 300, np.int32)
        y = np.concatenate([3 * label + GENERATOR.integers(0, 5, 300) for label in labels])
        arrays |= {
            f"{split}_x": GENERATOR.integers(0, 34, len(y)).astype(np.uint8),
            f"{split}_y": y.astype(np.uint8),
            f"{split}_p": GENERATOR.integers(0, 2, len(y)).astype(np.uint8),
            f"{split}_t": GENERATOR.integers(0, 310_000, len(y)).astype(np.uint32),
            f"{split}_n": n, f"{split}_label": labels,
        }  # fmt: skip
    np.savez(tmp_path / "nmnist_small.npz", **arrays)
    options = ["--epochs", "1", "--width", "4"]
    if synthetic:
        images, labels = stripes(2400, (1, 28, 28))
        write_idx(tmp_path / "train-images-idx3-ubyte.gz", images[:, 0])
        write_idx(tmp_path / "train-labels-idx1-ubyte.gz", labels)
        options += ["--mnist", str(tmp_path), "--limit", "100", "--first-epochs", "1"]
    log, printed = script("nmnist", tmp_path, *options)
    assert log["test_from_files"] == {"inputs": 10, "same_classes": 10, "accuracy": log["test"]["accuracy"]}
    assert "from .bin files: 10 of 10 classes the same" in printed
    assert log["network"]["timesteps"] == 15 and len(log["test"]["accuracy_after_timesteps"]) == 12
    assert log["held_out_recordings"]["inputs"] == 200
    assert set(log["edp_reduction_by_exits"]) == {"dt-snn", "stm32u575"}
    found = log["test"]
    assert found["share_of_stream"] == pytest.approx(found["mean_timesteps"] / 15, abs=1e-4)
    low, high = found["accuracy_95_percent_interval"]
    assert low <= found["accuracy"] <= high
    assert [one["timesteps"] for one in log["training"]] == ([6, 15] if synthetic else [15])
    # where things lay says nothing to others
    assert log["script"].endswith("FOLDER --epochs 1 --width 4" + synthetic * (
        " --limit 100 --mnist FOLDER --first-epochs 1"
    ))  # fmt: skip
    assert log["exit"]["held_out"] == {"recordings": 200, "synthetic": 100 * synthetic}


def test_nmnist_wants_the_images_of_its_recordings(script, tmp_path):
    labels = np.arange(250, dtype=np.uint8) % 10
    one = np.zeros(250, np.uint8)
    arrays = {name: one for name in ("x", "y", "p")} | {"t": np.arange(250, dtype=np.uint32)}
    arrays |= {"n": np.ones(250, np.int32), "label": labels[::-1]}
    np.savez(tmp_path / "nmnist_small.npz", **{f"train_{name}": value for name, value in arrays.items()})
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", np.zeros((250, 28, 28), np.uint8))
    write_idx(tmp_path / "train-labels-idx1-ubyte.gz", labels)
    with pytest.raises(SystemExit, match="expected the images that the recordings are of"):
        script("nmnist", tmp_path, "--mnist", str(tmp_path))
    with pytest.raises(SystemExit):
        script("nmnist", tmp_path, "--mnist", str(tmp_path / "missing"))


def test_spoken_digits(script, tmp_path):
    count, length = 240, 1200
    digit = np.repeat(np.arange(10), 24).astype(np.uint8)
    tone = np.sin(2 * np.pi * (200.0 + 300.0 * digit[:, None]) * np.arange(length) / 8000)
    samples = 12000 * tone * (np.arange(length) > GENERATOR.integers(200, 800, (count, 1)))
    samples = (samples + GENERATOR.normal(0, 50, samples.shape)).astype(np.int16)
    np.savez(
        tmp_path / "fsdd.npz", samples=samples.ravel(), length=np.full(count, length, np.int32), digit=digit,
        index=(np.arange(count) % 24).astype(np.uint8),
    )  # fmt: skip
    log, printed = script("spoken_digits", tmp_path, "--epochs", "2", "--width", "8")
    assert log["test"]["inputs"] == 50 and log["network"]["timesteps"] == 32
    expected = {"inputs": 50, "same_classes": 50, "accuracy": log["test"]["accuracy"]}
    assert log["test_from_files"] == expected
    assert "from .wav files: 50 of 50 classes the same" in printed


def test_braille(script, tmp_path):
    labels = np.repeat(np.arange(27), 20).astype(np.uint8)
    taxel = np.full((540, 77, 12), 255, np.uint8)
    for one, label in zip(taxel, labels):
        one[2 * label : 2 * label + 20, [1, 2]] = GENERATOR.integers(50, 150)
    np.savez(
        tmp_path / "braille_letters.npz", taxel=taxel, label=labels, length=np.full(540, 76, np.uint8),
        repetition=np.tile(np.arange(20), 27).astype(np.uint8),
    )  # fmt: skip
    log, _ = script("braille", tmp_path, "--epochs", "2", "--width", "8")
    assert log["test"]["inputs"] == 270 and log["network"]["timesteps"] == 77


def test_what_is_asked_wrongly_is_said(script, tmp_path, capsys):
    for given, words in (
        ((tmp_path / "missing",), "no such folder"),
        ((tmp_path, "--epochs", "0"), "--epochs: expected 1 or more, found 0"),
    ):
        with pytest.raises(SystemExit):
            script("fashion", *given)
        assert words in capsys.readouterr().err
