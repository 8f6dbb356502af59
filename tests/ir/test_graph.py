"""The graph: finding nodes, copies with changes, what is static, its words."""

from __future__ import annotations

import numpy as np
import pytest

import snnrt
from snnrt import GraphBuilder
from snnrt.ir.graph import Graph, arithmetic_of


def small(encoding: str = "constant") -> Graph:
    g = GraphBuilder((3,), encoding=encoding, timesteps=7)
    first = g.dense(g.input, np.ones((4, 3)), name="first")
    total = g.add(first, g.delayed("fed", 4), name="total")
    fires = g.if_(total, name="fires")
    g.dense(fires, np.ones((4, 4)), name="fed")
    return g.finish(g.dense(fires, np.ones((2, 4)), name="last"), exit="entropy:0.5")


def test_nodes_by_name_and_place() -> None:
    graph = small()
    assert [node.name for node in graph] == [
        "input", "first", "total", "fires", "fed", "last", "readout", "exit",
    ]  # fmt: skip
    assert graph.index("fires") == 3 and graph["fires"] is graph.nodes[3]
    assert (graph.input.kind, graph.readout.kind, graph.exit.kind) == ("input", "readout", "exit")
    with pytest.raises(KeyError, match="absent"):
        graph["absent"]


def test_static_is_what_a_constant_input_reaches_without_state_or_delay() -> None:
    assert small().static_nodes() == {"input", "first"}
    assert small("spikes").static_nodes() == frozenset()


def test_copies_leave_the_graph_as_it_is() -> None:
    graph = small()
    never, other = graph.with_exit("never"), graph.with_exit(snnrt.Exit.confidence(0.75))
    assert (never.exit.rule, other.exit.rule, other.exit.threshold) == ("never", "confidence", 0.75)
    assert graph.with_exit("entropy", 0.25).exit.threshold == 0.25
    assert (graph.exit.rule, graph.exit.threshold, graph.with_(timesteps=2).timesteps) == ("entropy", 0.5, 2)
    assert graph.timesteps == 7


def test_numbers_and_words() -> None:
    assert (arithmetic_of("float32"), arithmetic_of("int8")) == ("float32", "integer")
    graph = small()
    assert (graph.integer, graph.numbers, graph.profile) == (False, "float32", "float32")
    g = GraphBuilder((2,), encoding="spikes", arithmetic="integer")
    chip = g.finish(g.loihi(g.dense(g.input, [[1, 0], [0, 1]]), du=1, dv=2, threshold=3), scale=[1.0, 1.0])
    assert (chip.integer, chip.numbers, chip.profile) == (True, "int8", "loihi")
    text = repr(graph)
    assert text.startswith("<snnrt.Graph float32, 7 timesteps, 8 nodes\n") and "fires: neuron (4,)" in text


def test_a_long_repr_loses_its_middle() -> None:
    g = GraphBuilder((2,))
    x = g.input
    for _ in range(40):
        x = g.add(x)
    lines = repr(g.finish(x)).splitlines()
    assert len(lines) == 17 and "… 28 more" in lines[9]
