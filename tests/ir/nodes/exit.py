"""The exit rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.nodes import readout
from node_cases import Malformed

from snnrt.ir.build import Value
from snnrt.ir.graph import Edge, Exit

if TYPE_CHECKING:
    from growing_graph import GrowingGraph

NODE = Exit
SHARE = 0.0
NAME = "exit"


def draw(graph: GrowingGraph, x: Value) -> tuple[str, float]:
    """A rule, for one class only ``never``, and a threshold."""
    rules = ["entropy", "confidence"] if x.shape[0] > 1 and graph.chance(0.7) else ["never"]
    return str(graph.rng.choice(rules)), float(graph.rng.random())


plain = readout.plain

MALFORMED = [
    Malformed("float32", {"rule": "median"}, ("median", "entropy")),
    Malformed("float32", {"rule": "entropy", "threshold": 1.1}, ("1.1",)),
    Malformed("float32", {"rule": "entropy", "threshold": True}, ("True",)),
    Malformed("float32", {"rule": "entropy", "threshold": float("nan")}, ("nan",)),
    Malformed("float32", {"inputs": (Edge("vote"),)}, ("readout",)),
]
