"""The input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from node_cases import Malformed
from scalar_numbers import F, Values, indices

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import Input, Shape

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Input
SHARE = 0.0


def draw(graph: GrowingGraph) -> tuple[Shape, dict[str, object]]:
    """A shape and the fields: spikes, or numbers of a range."""
    if graph.chance(0.7):
        shape: Shape = (graph.pick(1, 3), graph.pick(1, 6), graph.pick(1, 6))
    else:
        shape = (graph.pick(1, 12),)
    encoding = "spikes" if graph.chance(0.5) else "constant"
    if encoding == "spikes" and graph.chance(0.6):
        return shape, {"encoding": encoding}
    peak = int(graph.rng.choice([2, 127, 255, 2000]))
    low = float(graph.rng.choice([0.0, -1.0]))
    return shape, {"encoding": encoding, "low": low, "high": 1.0, "scale": 1.0 / peak, "peak": peak}


def scalar(net: Scalar, node: Input, sources: list[Values]) -> Values:
    """Rounded half to even and clipped in integers."""
    if not net.integer:
        return {i: F(net.x[i]) for i in indices(node.shape)}
    rounded = {i: float(np.rint(F(net.x[i]) / F(node.scale))) for i in indices(node.shape)}
    return {i: int(max(-node.peak, min(node.peak, value))) for i, value in rounded.items()}


def plain(g: GraphBuilder) -> Value:
    return g.input


MALFORMED = [
    Malformed("float32", {"low": 2.0}, ("range", "2.0 to 1.0")),
    Malformed("float32", {"high": float("inf")}, ("range",)),
    Malformed("float32", {"encoding": "rate"}, ("encoding", "rate")),
    Malformed("float32", {"shape": (5, 5)}, ("shape", "(5, 5)")),
    Malformed("float32", {"shape": (2, 0, 5)}, ("shape", "(2, 0, 5)")),
    Malformed("float32", {"shape": (2**24,)}, ("16777215", "16777216")),
    Malformed("float32", {"shape": (2, 2**13, 2**13 + 1)}, ("134217728",)),
    Malformed("integer", {"peak": 40000}, ("peak", "40000")),
    Malformed("integer", {"peak": 0}, ("peak", "0")),
    Malformed("integer", {"scale": 0.0}, ("scale", "0.0")),
    Malformed("integer", {"scale": 1e300}, ("scale", "1e+300")),
]
