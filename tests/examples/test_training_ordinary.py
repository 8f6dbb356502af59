"""The scripts that train ordinary networks and measure what becomes of them, on images made up here."""

import gzip
import importlib
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from installed_frameworks import framework

torch = framework("torch")
FOLDER = Path(__file__).parents[2] / "examples" / "training_ordinary"
SPLITS = {"train": 400, "t10k": 60}


@pytest.fixture
def run(monkeypatch, capsys):
    monkeypatch.syspath_prepend(str(FOLDER))

    def script(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *map(str, arguments)])
        importlib.import_module(name).main()
        return capsys.readouterr().out

    yield script
    for name in ("ordinary_networks", "train", "measure"):
        sys.modules.pop(name, None)


@pytest.fixture
def data(tmp_path):
    """IDX files: a bright row tells the class."""
    rng = np.random.default_rng(1)
    for split, count in SPLITS.items():
        labels = rng.integers(0, 10, count).astype(np.uint8)
        images = rng.integers(0, 60, (count, 28, 28)).astype(np.uint8)
        images[np.arange(count), 2 * labels + 4] = 255
        head = b"\0\0\x08\x03" + b"".join(size.to_bytes(4, "big") for size in images.shape)
        (tmp_path / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(head + images.tobytes()))
        head = b"\0\0\x08\x01" + count.to_bytes(4, "big")
        (tmp_path / f"{split}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(head + labels.tobytes()))
    return tmp_path


def test_train_and_measure(run, data):
    printed = run("train", data, "mlp", "--steps", 30, "--output", data / "made")
    relu, qcfs = map(float, re.findall(r"([\d.]+) %", printed))
    assert relu > 80 and qcfs > 80
    printed = run("measure", data, data / "made", "mlp", "mlp_qcfs4", "--images", 60, "--calibration", 100,
                  "--exits", 0.3, "--timesteps", 4, 32)  # fmt: skip
    assert printed.count("T =") == 4 and printed.count("exit at entropy 0.3") == 2
    assert f"mlp: {relu:.2f} %" in printed
    losses = re.findall(r"T = 32: .* ([+-][\d.]+) ± ", printed)
    assert len(losses) == 2 and all(abs(float(loss)) < 5 for loss in losses)


def test_every_network_has_the_shape(run):
    networks = importlib.import_module("ordinary_networks")
    for channels, side in ((1, 28), (3, 32)):
        for make in networks.NETWORKS.values():
            assert make(channels, side).eval()(torch.rand(2, channels, side, side)).shape == (2, 10)
