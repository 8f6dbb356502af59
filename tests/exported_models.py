"""Random models as files for run_models.c, and its results held against the reference."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from c_programs import input_bytes
from strategies import random_graph
from wide_networks import saturating_graph, wide_graph

from snnrt.exits import fixed_point
from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES
from snnrt.ir.graph import Graph
from snnrt.network import Network
from snnrt.reference.run import Reference
from snnrt.results.counts import Counts
from snnrt.results.result import Result


@dataclass(frozen=True)
class Exported:
    """A model's graph as its file has it, and what the reference says of its inputs."""

    graph: Graph
    expected: Result
    inputs: int


def export(folder: Path, place: int, graph: Graph, x: np.ndarray) -> Exported:
    """Write ``place``.snnrt and ``place``.input."""
    network = Network(graph)
    (folder / f"{place}.snnrt").write_bytes(network.to_bytes())
    (folder / f"{place}.input").write_bytes(input_bytes(network.graph, x))
    return Exported(network.graph, Reference(network.graph).run(x), len(x))


def export_random(folder: Path, count: int, seed: int) -> list[Exported]:
    """``count`` random models: small, wide and saturating ones, in both numbers where they have both."""
    exported = []
    for place in range(count):
        rng = np.random.default_rng((seed, place))
        if place % 10 == 9:
            graph, x = saturating_graph(rng)
        else:
            make = (random_graph, wide_graph)[place // 2 % 2]
            graph, x = make(rng, ("int8", "float32")[place % 2])
        if graph.readout.shape[0] > 1 and rng.random() < 0.4:
            graph = graph.with_(nodes=(*graph.nodes[:-1], graph.exit.choosing(random_exit(rng))))
        exported.append(export(folder, place, graph, x))
    return exported


def random_exit(rng: np.random.Generator) -> Exit:
    """Rules by themselves, from timestep to timestep, and joined."""
    a, b = (round(float(value), 3) for value in rng.uniform(0.1, 0.9, 2))
    steps = int(rng.integers(1, 4))
    forms = (
        f"margin:{5 * a}",
        f"patience:{steps}",
        f"entropy:{a},{b}",
        f"margin:{a} and patience:{steps} or budget:3",
        f"confidence:{a}@2-3 or patience:2 and entropy:{b}",
        f"budget:{steps} and confidence:{b}@{steps} or margin:{9 * a}@2-",
    )
    return Exit.of(str(rng.choice(forms)))


def check_output(raw: bytes, model: Exported, *, counted: bool = True) -> int:
    """Every way of running gives the reference's result; returns how many ways there were.

    ``counted``: whether the build counts events; else there are none.
    """
    graph, expected = model.graph, model.expected
    classes, nodes = graph.readout.shape[0], len(graph.nodes)
    number = "<i4" if graph.integer else "<f4"
    record = np.dtype(
        [
            ("words", "<u4", 3),
            ("accumulators", number, classes),
            ("counts", "<u8", (nodes, len(Counts.FIELDS))),
            ("hash", "<u8"),
        ]
    )
    found = np.frombuffer(raw, record).reshape(-1, model.inputs)
    terms = graph.exit.exit_terms
    for way in found:
        assert np.array_equal(way["words"][:, 0], expected.predictions)
        assert np.array_equal(way["words"][:, 1], expected.timesteps)
        if terms:
            scores = RULES[terms[0].rule].shown(way["words"][:, 2], classes)
            assert np.array_equal(scores, expected.scores)
        for row, taken in enumerate(expected.timesteps):
            logits = fixed_point.real_logits(
                way["accumulators"][row : row + 1], graph.readout.scale, graph.readout.mode, int(taken)
            )
            assert np.array_equal(logits[0], expected.logits[row], equal_nan=True)
        for place, field in enumerate(Counts.FIELDS):
            events = getattr(expected.counts, field)
            assert np.array_equal(way["counts"][:, :, place], events if counted else 0 * events)
        assert np.array_equal(way["hash"], found[0]["hash"])
    return len(found)
