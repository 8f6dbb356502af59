"""Pooling by sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ir.nodes.pool2d as pools
from node_cases import Malformed
from scalar_numbers import Values

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import SumPool2d

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = SumPool2d
SHARE = 0.1


def draw(graph: GrowingGraph, x: Value) -> Value | None:
    return pools.draw_pool(graph, x, SumPool2d)


def scalar(net: Scalar, node: SumPool2d, sources: list[Values]) -> Values:
    return pools.scalar_sum(net, node, sources[0])


def plain(g: GraphBuilder) -> Value:
    return g.sum_pool2d(g.input, kernel=2, stride=2, name="it")


MALFORMED = [
    *pools.MALFORMED,
    Malformed(
        "integer", {"kernel": (200, 200), "padding": (99, 99, 99, 99)}, ("values can reach 40000", "32767")
    ),
]
