"""A small convolutional network as a NIR file, the models made of it, and the command itself."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import nir
import numpy as np
import pytest

from snnrt.cli import main

DT = 1e-4
TIMESTEPS = 4


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict:
        assert self.code == 0, self.err
        return json.loads(self.out)

    def failed(self, *fragments: str, code: int = 1) -> None:
        """Assert one error line that holds every fragment, and nothing on standard output."""
        assert self.code == code
        assert self.err.startswith("snnrt: error: ") and self.err.endswith("\n")
        assert self.err.count("\n") == 1 and "Traceback" not in self.err and "internal error" not in self.err
        for fragment in fragments:
            assert fragment in self.err
        assert self.out == ""


@pytest.fixture
def snnrt_command(capsys, monkeypatch) -> Callable[..., Outcome]:
    """Run ``snnrt`` in this process, as where nobody looks: lines of any length."""
    monkeypatch.delenv("COLUMNS", raising=False)

    def run(*argv: object) -> Outcome:
        capsys.readouterr()
        code = main([str(argument) for argument in argv])
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run


def leaky(channels: int, beta: float) -> nir.LIF:
    """A LIF neuron as snnTorch exports it: τ = dt / (1 − β), r = τ / dt."""
    tau = np.full(channels, DT / (1 - beta), np.float32)
    return nir.LIF(
        tau=tau,
        r=tau / np.float32(DT),
        v_leak=np.zeros(channels, np.float32),
        v_threshold=np.ones(channels, np.float32),
        v_reset=np.zeros(channels, np.float32),
    )


def digits_nir(seed: int = 0) -> nir.NIRGraph:
    """conv 3×3×4, LIF, sum-pool 2, dense 10 on 8×8 images."""
    random = np.random.default_rng(seed)
    nodes = {
        "input": nir.Input({"input": np.array([1, 8, 8])}),
        "conv": nir.Conv2d(
            input_shape=(8, 8),
            weight=random.normal(0, 0.5, (4, 1, 3, 3)).astype(np.float32),
            stride=1,
            padding=1,
            dilation=1,
            groups=1,
            bias=random.normal(0, 0.1, 4).astype(np.float32),
        ),
        "lif": nir.LIF(**{key: value.reshape(4, 1, 1) for key, value in _fields(leaky(4, 0.9)).items()}),
        "pool": nir.SumPool2d(
            kernel_size=np.array([2, 2]), stride=np.array([2, 2]), padding=np.array([0, 0])
        ),
        "flatten": nir.Flatten({"input": np.array([4, 4, 4])}, start_dim=0, end_dim=-1),
        "dense": nir.Affine(
            weight=random.normal(0, 0.4, (10, 64)).astype(np.float32),
            bias=random.normal(0, 0.1, 10).astype(np.float32),
        ),
        "output": nir.Output({"output": np.array([10])}),
    }
    names = list(nodes)
    return nir.NIRGraph(nodes, list(pairwise(names)), type_check=False)


def _fields(node: nir.LIF) -> dict[str, np.ndarray]:
    return {key: getattr(node, key) for key in ("tau", "r", "v_leak", "v_threshold", "v_reset")}


@pytest.fixture
def read_only_folder(tmp_path) -> Path:
    """A folder where no file can be made, not even by root."""
    if os.geteuid() == 0:
        return Path("/proc/self")
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o555)
    return folder


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Path:
    """The network as a NIR file."""
    path = tmp_path_factory.mktemp("source") / "digits.nir"
    nir.write(path, digits_nir())
    return path


@pytest.fixture(scope="session")
def other_source(tmp_path_factory) -> Path:
    """The same network with other weights."""
    path = tmp_path_factory.mktemp("other") / "digits.nir"
    nir.write(path, digits_nir(seed=1))
    return path


@pytest.fixture(scope="session")
def smaller_source(tmp_path_factory) -> Path:
    """A network for four features."""
    path = tmp_path_factory.mktemp("smaller") / "features.nir"
    nodes = {
        "input": nir.Input({"input": np.array([4])}),
        "dense": nir.Affine(weight=np.eye(3, 4, dtype=np.float32), bias=np.zeros(3, np.float32)),
        "lif": leaky(3, 0.9),
        "output": nir.Output({"output": np.array([3])}),
    }
    names = list(nodes)
    nir.write(path, nir.NIRGraph(nodes, list(pairwise(names)), type_check=False))
    return path


def converted(source: Path, path: Path, *options: str) -> Path:
    arguments = [
        "convert",
        str(source),
        "-o",
        str(path),
        "--framework",
        "snntorch",
        "--timesteps",
        str(TIMESTEPS),
    ]
    assert main([*arguments, "--exit", "entropy:0.6", *options]) == 0
    return path


@pytest.fixture(scope="session")
def float_model(source, tmp_path_factory) -> Path:
    """The network in float32, four timesteps, exit by entropy."""
    return converted(source, tmp_path_factory.mktemp("float") / "digits.snnrt")


@pytest.fixture(scope="session")
def int8_model(source, tmp_path_factory) -> Path:
    """The same in int8."""
    options = ("--numbers", "int8", "--calibrate", "digits", "--fine", "none")
    return converted(source, tmp_path_factory.mktemp("int8") / "digits.snnrt", *options)
