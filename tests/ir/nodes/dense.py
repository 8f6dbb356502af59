"""Dense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ir.nodes.weighted import draw_arrays, malformed, scalar_sum
from node_cases import INPUT, Malformed
from scalar_numbers import Values

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import Dense, Edge

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Dense
SHARE = 0.5
FEATURES = int(np.prod(INPUT))


def draw(graph: GrowingGraph, x: Value, outputs: int | None = None, name: str | None = None) -> Value | None:
    if len(x.shape) != 1 or not graph.weighable(x):
        return None
    x = graph.held(x, x.shape[0])
    outputs = graph.pick(1, 12) if outputs is None else outputs
    arrays = draw_arrays(graph, (outputs, x.shape[0]), graph.largest[x.name])
    return graph.node(Dense, x, name=name, **arrays)


def scalar(net: Scalar, node: Dense, sources: list[Values]) -> Values:
    """Inputs in the order in which they are stored."""
    terms = [(j, sources[0][j]) for j in net.order[node.inputs[0].source]]
    net.count([value for _, value in terms], node.shape[0])
    return {
        (o,): scalar_sum(net, node, o, [(node.weights[o, j[0]], value) for j, value in terms])
        for o in range(node.shape[0])
    }


def plain(g: GraphBuilder) -> Value:
    return g.dense(g.flatten(g.input, name="flat"), np.ones((3, FEATURES), int), name="it")


MALFORMED = [
    *malformed((3, FEATURES)),
    Malformed("float32", {"inputs": (Edge("input"),)}, ("flatten",)),
    Malformed("float32", {"weights": np.ones((3, 5), np.float32)}, ("(5,)", f"({FEATURES},)")),
    Malformed("float32", {"shape": (4,)}, ("(3,)", "(4,)")),
]
