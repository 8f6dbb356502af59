"""What tests know of each kind of node: a module a kind in tests/ir/nodes, found by looking into that folder.

A module of a kind states

- ``NODE``, its class, and ``SHARE``, how often a random graph tries it after any value (0: never by itself);
- ``draw(graph, x)``: adds one at random that reads ``x`` to a :class:`growing_graph.GrowingGraph` and returns
  its value, or None where ``x`` is nothing it can read (input, readout and exit draw their fields alone);
- ``scalar(net, node, sources)``: one step, one number at a time, for :mod:`scalar_network`: values by index;
  ``scalar_states(net, node)``, where it has states: by name and index, before the first step;
- ``plain(g)``: adds the simplest one, called ``it``, to a builder whose input are spikes of the shape INPUT,
  and returns the value to end with; ``MALFORMED``: changes of its fields that no graph may have;
  ``ARITHMETICS``, where it has not both.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

from snnrt import GraphBuilder
from snnrt.ir.graph import Arithmetic, Graph

INPUT = (2, 4, 4)
LARGEST_VALUE = 15000
"""Of int16 values in random graphs."""


@dataclass(frozen=True)
class Malformed:
    """``fields`` of the plain node changed, in one arithmetic, and words of the error."""

    arithmetic: str
    fields: dict[str, object]
    words: tuple[str, ...]


def _cases() -> dict[str, ModuleType]:
    files = sorted((Path(__file__).parent / "ir" / "nodes").glob("*.py"))
    modules = (import_module(f"ir.nodes.{file.stem}") for file in files)
    return {module.NODE.kind: module for module in modules if hasattr(module, "NODE")}


CASES = _cases()


def arithmetics(kind: str) -> tuple[str, ...]:
    """In which a kind exists."""
    return getattr(CASES[kind], "ARITHMETICS", ("float32", "integer"))


def plain_graph(kind: str, arithmetic: Arithmetic) -> Graph:
    """The plain node of a kind and what a graph needs beyond it."""
    g = GraphBuilder(INPUT, encoding="spikes", arithmetic=arithmetic, name="input")
    x = CASES[kind].plain(g)
    if len(x.shape) == 3:
        spikes = g.if_(g.add(x, as_current=True), threshold=1)
        x = g.dense(g.flatten(spikes), np.ones((2, np.prod(x.shape)), int))
    return g.finish(x, scale=np.ones(x.shape[0]) if arithmetic == "integer" else None)
