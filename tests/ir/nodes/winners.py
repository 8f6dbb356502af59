"""k-winners-take-all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.nodes import competition
from node_cases import Malformed
from scalar_numbers import Values

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.nodes import Winners

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Winners
SHARE = 0.05

scalar_states = competition.scalar_states


def draw(graph: GrowingGraph, x: Value) -> Value:
    read = competition.spikes_and_potentials(graph, x)
    k, radius = int(graph.rng.choice([1, 2, 3, 5])), int(graph.rng.choice([0, 0, 1, 2]))
    return graph.node(Winners, *read, k=k, radius=radius)


def scalar(net: Scalar, node: Winners, sources: list[Values]) -> Values:
    return competition.choose(net, node, sources, node.k, one_a_map=True, reach=node.radius or None)


def plain(g: GraphBuilder) -> Value:
    x = g.add(g.input, as_current=True, name="current")
    return g.winners(g.if_(x, threshold=1, name="fires"), x, k=2, name="it")


MALFORMED = [
    *competition.malformed("float32"),
    *competition.malformed("integer"),
    Malformed("float32", {"k": 0}, ("k", "1", "0")),
    Malformed("float32", {"k": 2**24}, ("k", str(2**24))),
]
