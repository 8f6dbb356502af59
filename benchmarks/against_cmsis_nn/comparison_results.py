"""What was measured, as plain data: ``results.json``, from which every table is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from break_even_fit import Fit, behind
from core_counts import Measured

import snnrt
from snnrt.errors import SnnrtError
from snnrt.ir.graph import Neuron
from snnrt.targets.worst_case import node_work

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
FORMAT = 1


@dataclass(frozen=True)
class Answers:
    """Of a network on all test images, on the host, bit for bit as on the cores. Accuracies are fractions;
    ``rates``: spikes a neuron and timestep by layer; ``share``: s, of synapses behind the first layer, those
    whose input is not zero in a timestep, over the timesteps that were run; ``state_bytes``: of membranes,
    which no plan can do without."""

    model_sha256: str
    model_bytes: int
    state_bytes: int
    recipe: str
    exit: str
    images: int
    accuracy: float
    mean_timesteps: float
    static_accuracy: tuple[float, ...]
    rates: dict[str, float]
    share: float


@dataclass(frozen=True)
class Subject:
    """A network: what it answers, and what it takes of each core."""

    answers: Answers
    cores: dict[str, Measured]


@dataclass(frozen=True)
class Results:
    """``counted``: images whose instructions were counted."""

    counted: int
    networks: dict[str, Subject]

    def to_json(self) -> str:
        """Text that :meth:`of_json` reads."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def of_json(cls, text: str) -> Results:
        """Raises SnnrtError for anything else."""
        try:
            found = json.loads(text)
            if found["format"] != FORMAT:
                raise ValueError(f"format {found['format']!r}")
            return cls(found["counted"], {name: _subject(one) for name, one in found["networks"].items()})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SnnrtError(
                f"{RESULTS.name}: expected what compare.py --write wrote, found {error}"
            ) from None


def _subject(plain: Mapping[str, Any]) -> Subject:
    answers = Answers(**{**plain["answers"], "static_accuracy": tuple(plain["answers"]["static_accuracy"])})
    cores = {
        name: Measured(**{**one, "static": tuple(one["static"]), "fit": Fit(**one["fit"])})
        for name, one in plain["cores"].items()
    }
    return Subject(answers, cores)


def sha256(path: Path) -> str:
    """Of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def answers_of(path: Path, network: snnrt.Network, recipe: str, x: np.ndarray, y: np.ndarray) -> Answers:
    """Of the model at ``path``, as ``network``, on ``x`` (N, 1, 28, 28) from 0 to 1 and labels ``y`` (N,)."""
    told = network.run(x)
    counts, work = told.counts, node_work(network.graph)
    places = behind(network)
    synapses = sum(work[place].synaptic_operations for place in places)
    rates = {
        node.name: round(float(counts.spikes[:, i].sum() / counts.neuron_updates[:, i].sum()), 4)
        for i, node in enumerate(network.graph.nodes)
        if isinstance(node, Neuron)
    }
    static = tuple(
        round(network.run(x, exit="never", timesteps=step).accuracy(y), 4)
        for step in range(1, network.graph.timesteps + 1)
    )
    share = float(counts.synaptic_operations[:, places].sum() / (synapses * told.timesteps.sum()))
    state_bytes = sum(node.state_bytes for node in network.file_info().nodes)
    return Answers(
        sha256(path), len(network.model.raw), state_bytes, recipe, str(network.exit), len(x),
        round(told.accuracy(y), 4), round(float(told.timesteps.mean()), 4), static, rates, round(share, 5),
    )  # fmt: skip
