"""Add: at random a value and the branches that start from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node_cases import LARGEST_VALUE, Malformed
from scalar_numbers import F, Values, indices, sat

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import Add, Edge

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Add
SHARE = 0.15


def draw(graph: GrowingGraph, x: Value) -> Value | None:
    """x plus up to three branches, in any order."""
    if not graph.weighable(x):
        return None
    branches = [x]
    for _ in range(graph.pick(0, 3)):
        branch = graph.same(x, x.shape)
        assert branch is not None
        branches.append(graph.neuron(branch) if graph.chance(0.5) else branch)
    order = graph.rng.permutation(len(branches))
    summed = [branches[i] for i in order]
    # a current where int8 has no other form
    largest = sum(graph.largest[value.name] for value in summed)
    current = any(graph.current[value.name] for value in summed) or largest > LARGEST_VALUE
    total = graph.node(Add, *summed, as_current=current or graph.chance(0.3))
    return graph.neuron(total) if graph.chance(0.7) else total


def scalar(net: Scalar, node: Add, sources: list[Values]) -> Values:
    """From left to right."""
    total = {}
    for i in indices(node.shape):
        value = net.number(sources[0][i])
        for other in sources[1:]:
            value = sat(value + other[i]) if net.integer else value + F(other[i])
        total[i] = value
    return total


def plain(g: GraphBuilder) -> Value:
    return g.add(g.input, g.input, name="it")


MALFORMED = [
    Malformed("float32", {"inputs": ()}, ("1 to 255", "0")),
    Malformed("float32", {"inputs": (Edge("input"),) * 256}, ("1 to 255", "256")),
    Malformed("float32", {"inputs": (Edge("nobody"),)}, ("nobody",)),
    Malformed("float32", {"inputs": (Edge("input"), Edge("input", 2))}, ("delay", "2")),
    Malformed("float32", {"inputs": (Edge("input", 1),)}, ("after it",)),
    Malformed("float32", {"inputs": (Edge("readout", 1),)}, ("readout",)),
    Malformed("float32", {"shape": (2, 4, 3)}, ("(2, 4, 4)", "(2, 4, 3)")),
]
