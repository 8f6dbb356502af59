"""What poolings share: windows over each channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.nodes import window as windows
from node_cases import LARGEST_VALUE, Malformed
from scalar_numbers import F, Values, indices, sat, window

from snnrt.ir.build import Value
from snnrt.ir.graph import Node, Pool2d

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar


def draw_pool(graph: GrowingGraph, x: Value, kind: type[Node]) -> Value | None:
    """A pooling whose output is no larger than int16 holds, whatever it does with a window."""
    if len(x.shape) != 3:
        return None
    window = windows.draw_window(graph, x.shape)
    del window["dilation"]
    if graph.largest[x.name] * window["kernel"][0] * window["kernel"][1] > LARGEST_VALUE:
        return None
    return graph.node(kind, x, **window)


def scalar_sum(net: Scalar, node: Pool2d, source: Values) -> Values:
    """Σ over each window, row after row."""
    shape, result = net.shapes[node.inputs[0].source], {}
    for c, y, x in indices(node.shape):
        total = net.number(0)
        for _, _, py, px in window(node, y, x, node.kernel, shape):
            total = sat(total + source[c, py, px]) if net.integer else total + F(source[c, py, px])
        result[c, y, x] = total
    return result


MALFORMED = [
    *windows.MALFORMED,
    Malformed("float32", {"kernel": (6, 2)}, ("kernel", "4", "6")),
    Malformed("float32", {"kernel": (2, 0)}, ("kernel", "(2, 0)")),
    Malformed("float32", {"shape": (2, 2, 3)}, ("(2, 2, 2)", "(2, 2, 3)")),
]
