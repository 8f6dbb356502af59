"""Concatenate: at random a value and branches from it, made one type."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node_cases import Malformed
from scalar_numbers import Values

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import Add, Concatenate, Edge

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Concatenate
SHARE = 0.1
LARGEST = 200


def draw(graph: GrowingGraph, x: Value) -> Value | None:
    """x plus up to three branches of other sizes, in any order."""
    if not graph.weighable(x) or x.shape[0] > LARGEST:
        return None
    parts = [x]
    for _ in range(graph.pick(1, 3)):
        branch = graph.same(x, (graph.pick(1, 5), *x.shape[1:]))
        assert branch is not None
        parts.append(graph.neuron(branch) if graph.chance(0.7) else branch)
    parts = [parts[i] for i in graph.rng.permutation(len(parts))]
    types = [graph.type(part) for part in parts]
    if len(set(types)) > 1:
        widest = max(types, key=("bits", "int16", "int32", "float32").index)
        parts = [
            part if type_ == widest else graph.node(Add, part, as_current=widest == "int32")
            for part, type_ in zip(parts, types)
        ]
    joined = graph.node(Concatenate, *parts)
    return graph.neuron(joined) if graph.chance(0.4) else joined


def scalar(net: Scalar, node: Concatenate, sources: list[Values]) -> Values:
    result: Values = {}
    for edge, source in zip(node.inputs, sources):
        first = max((index[0] + 1 for index in result), default=0)
        result |= {(first + index[0], *index[1:]): source[index] for index in net.order[edge.source]}
    return result


def plain(g: GraphBuilder) -> Value:
    return g.concatenate(g.input, g.input, name="it")


MALFORMED = [
    Malformed("float32", {"inputs": (Edge("input"),)}, ("2 to 255", "1")),
    Malformed("float32", {"shape": (2, 4, 4)}, ("(4, 4, 4)", "(2, 4, 4)")),
    Malformed("integer", {"inputs": (Edge("input"), Edge("nobody"))}, ("nobody",)),
]
