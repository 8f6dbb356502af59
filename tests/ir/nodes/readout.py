"""The readout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from node_cases import Malformed
from scalar_numbers import F, Values, indices, sat

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import Edge, Readout
from snnrt.ir.spec import READOUT_MODES

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Readout
SHARE = 0.0
NAME = "readout"
CLASSES = 3


def draw(graph: GrowingGraph, x: Value) -> dict[str, object]:
    """What the builder's ``finish`` is told of it."""
    scale = np.exp(graph.rng.uniform(-10, 1, x.shape[0])).astype(np.float32) if graph.integer else None
    logit_scale = np.exp(graph.rng.uniform(-5, 5)) if graph.rng.random() < 0.4 else None
    return {
        "readout": str(graph.rng.choice(READOUT_MODES.values)), "scale": scale, "logit_scale": logit_scale,
    }  # fmt: skip


def scalar_states(net: Scalar, node: Readout) -> dict[str, Values]:
    return {"accumulator": {i: net.number(0) for i in indices(node.shape)}, "steps": {(): 0}}


def scalar(net: Scalar, node: Readout, sources: list[Values]) -> Values:
    """By mode."""
    total, steps = (net.states[node.name][name] for name in ("accumulator", "steps"))
    for i, value in sources[0].items():
        if node.mode in ("sum", "mean"):
            total[i] = sat(total[i] + value) if net.integer else total[i] + F(value)
        elif node.mode == "first_spike":
            if total[i] == 0 and value > 0:
                total[i] = net.number(net.timesteps - steps[()])
        elif node.mode == "last" or steps[()] == 0 or value > total[i]:
            total[i] = net.number(value)
    steps[()] += 1
    return dict(total)


def plain(g: GraphBuilder) -> Value:
    return g.dense(g.flatten(g.input), np.ones((CLASSES, 32), int), name="vote")


def _ones(dtype: type) -> np.ndarray:
    return np.ones(CLASSES, dtype)


MALFORMED = [
    Malformed("float32", {"mode": "max"}, ("mode", "max")),
    Malformed("float32", {"inputs": (Edge("input"),)}, ("flatten",)),
    Malformed("float32", {"scale": _ones(np.float32)}, ("scale", "none in float32")),
    Malformed("float32", {"multipliers": _ones(np.int32), "shift": 0}, ("multipliers", "none in float32")),
    Malformed("float32", {"logit_scale": np.zeros((), np.float32)}, ("logit_scale", "0")),
    Malformed("float32", {"logit_scale": _ones(np.float32)}, ("logit_scale", "(3,)")),
    Malformed("integer", {"logit_scale": np.array(1e9, np.float32)}, ("logit_scale", "below")),
    Malformed("integer", {"scale": None}, ("scale", "none")),
    Malformed("integer", {"scale": -_ones(np.float32)}, ("scale", "-1")),
    Malformed("integer", {"multipliers": -_ones(np.int32), "shift": 0}, ("multipliers", "-1")),
    Malformed("integer", {"multipliers": _ones(np.int64), "shift": 0}, ("multipliers", "int64")),
    Malformed("integer", {"multipliers": _ones(np.int32), "shift": 63}, ("shift", "63")),
]
