"""Pooling by averages, which integers do not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ir.nodes.pool2d as pools
from scalar_numbers import F, Values

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import AvgPool2d

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = AvgPool2d
SHARE = 0.1
ARITHMETICS = ("float32",)


def draw(graph: GrowingGraph, x: Value) -> Value | None:
    return None if graph.integer else pools.draw_pool(graph, x, AvgPool2d)


def scalar(net: Scalar, node: AvgPool2d, sources: list[Values]) -> Values:
    """Of the whole window, padding included."""
    sums = pools.scalar_sum(net, node, sources[0])
    return {i: total / F(node.kernel[0] * node.kernel[1]) for i, total in sums.items()}


def plain(g: GraphBuilder) -> Value:
    return g.avg_pool2d(g.input, kernel=2, stride=2, name="it")


MALFORMED = pools.MALFORMED
