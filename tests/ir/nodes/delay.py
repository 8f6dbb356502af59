"""Delay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from node_cases import Malformed
from scalar_numbers import Values, indices, value_of

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import Delay

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Delay
SHARE = 0.1
LONGEST = 4


def draw(graph: GrowingGraph, x: Value) -> Value | None:
    steps = graph.rng.integers(0, LONGEST + 1, graph.granularity(x.shape), np.int32)
    return graph.node(Delay, x, steps=steps) if steps.any() else None


def scalar_states(net: Scalar, node: Delay) -> dict[str, Values]:
    """What each element was, the latest last."""
    return {"past": {i: [net.number(0)] * LONGEST for i in indices(node.shape)}}


def scalar(net: Scalar, node: Delay, sources: list[Values]) -> Values:
    result, past = {}, net.states[node.name]["past"]
    for i in indices(node.shape):
        past[i] = [*past[i], sources[0][i]]
        result[i] = past[i][-1 - int(value_of(node.steps, i))]
    return result


def plain(g: GraphBuilder) -> Value:
    return g.delay(g.input, steps=2, name="it")


MALFORMED = [
    Malformed("float32", {"steps": np.zeros((), np.int32)}, ("steps", "at least 1", "leave the node out")),
    Malformed("integer", {"steps": np.full((), -1, np.int32)}, ("steps", "0 to 32767", "-1")),
    Malformed("float32", {"steps": np.full((), 32768, np.int32)}, ("steps", "0 to 32767", "32768")),
    Malformed("integer", {"steps": np.ones((3,), np.int32)}, ("steps", "(2,)", "(3,)")),
    Malformed("float32", {"steps": np.ones((), np.float32)}, ("steps", "int32", "float32")),
    Malformed("float32", {"shape": (2, 4, 3)}, ("(2, 4, 4)", "(2, 4, 3)")),
]
