"""Pad2d: zeros around and between, and parts of a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node_cases import Malformed
from scalar_numbers import Values, indices

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.nodes import Pad2d

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Pad2d
SHARE = 0.07
LARGEST = 600


def draw(graph: GrowingGraph, x: Value) -> Value | None:
    if len(x.shape) != 3:
        return None
    spacing = tuple(graph.pick(1, 3) if graph.chance(0.5) else 1 for _ in range(2))
    padding = tuple(graph.pick(-2, 3) for _ in range(4))
    sizes = [(size - 1) * space + 1 for size, space in zip(x.shape[1:], spacing)]
    for axis, size in enumerate(sizes):
        first, last = padding[2 * axis : 2 * axis + 2]
        if min(first, 0) + min(last, 0) <= -size:
            return None
    if x.shape[0] * (sizes[0] + sum(padding[:2])) * (sizes[1] + sum(padding[2:])) > LARGEST:
        return None
    return graph.node(Pad2d, x, padding=padding, spacing=spacing)


def scalar(net: Scalar, node: Pad2d, sources: list[Values]) -> Values:
    result = dict.fromkeys(indices(node.shape), net.number(0))
    for (c, y, x), value in sources[0].items():
        place = (
            c,
            y * node.spacing[0] + node.padding[0],
            x * node.spacing[1] + node.padding[2],
        )
        if place in result:
            result[place] = value
    return result


def plain(g: GraphBuilder) -> Value:
    return g.pad2d(g.input, padding=1, name="it")


MALFORMED = [
    Malformed("float32", {"shape": (2, 5, 5)}, ("(2, 6, 6)", "(2, 5, 5)")),
    Malformed("integer", {"padding": (-3, -1, 0, 0), "shape": (2, 1, 4)}, ("padding", "leaves something")),
    Malformed("float32", {"padding": (70000, 0, 0, 0)}, ("padding", "65535", "70000")),
    Malformed("float32", {"spacing": (0, 1)}, ("spacing", "from 1", "(0, 1)")),
    Malformed("integer", {"spacing": (1, 1.5)}, ("spacing", "whole numbers", "1.5")),
]
