"""Lateral inhibition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.nodes import competition
from scalar_numbers import Values

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.nodes import Inhibition

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Inhibition
SHARE = 0.05

scalar_states = competition.scalar_states


def draw(graph: GrowingGraph, x: Value) -> Value:
    read = competition.spikes_and_potentials(graph, x)
    return graph.node(Inhibition, *read, radius=int(graph.rng.choice([0, 0, 1, 2])))


def scalar(net: Scalar, node: Inhibition, sources: list[Values]) -> Values:
    return competition.choose(net, node, sources, len(sources[0]), one_a_map=False, reach=node.radius)


def plain(g: GraphBuilder) -> Value:
    x = g.add(g.input, as_current=True, name="current")
    return g.inhibition(g.if_(x, threshold=1, name="fires"), x, name="it")


MALFORMED = [*competition.malformed("float32"), *competition.malformed("integer")]
