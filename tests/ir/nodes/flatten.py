"""Flatten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from node_cases import Malformed
from scalar_numbers import Values, flattened

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import Edge, Flatten

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Flatten
SHARE = 0.07
LARGEST_VECTOR = 400


def draw(graph: GrowingGraph, x: Value) -> Value | None:
    """Row-major: a file does not say in which order a vector's elements are named."""
    return graph.node(Flatten, x) if np.prod(x.shape) <= LARGEST_VECTOR else None


def scalar(net: Scalar, node: Flatten, sources: list[Values]) -> Values:
    places = flattened(node, net.shapes[node.inputs[0].source])
    return {place: sources[0][i] for i, place in places.items()}


def plain(g: GraphBuilder) -> Value:
    return g.dense(g.flatten(g.input, name="it"), np.ones((2, 32), int))


MALFORMED = [
    Malformed("float32", {"shape": (2, 4, 4)}, ("(32,)", "(2, 4, 4)")),
    Malformed("float32", {"inputs": (Edge("dense1", 1),)}, ("no delay",)),
]
