"""Nested graphs in place."""

import nir
import numpy as np
import pytest

from snnrt.converters.nir.file import NirGraph
from snnrt.converters.nir.nested import inline
from snnrt.converters.nir.primitives import as_node
from snnrt.errors import ModelError


def graph(inner, edges):
    nodes = {"input": nir.Input([4]), **inner, "output": nir.Output([4])}
    return NirGraph(
        {key: one if isinstance(one, NirGraph) else as_node(one) for key, one in nodes.items()}, edges
    )


def layer():
    return nir.Linear(np.eye(4, dtype=np.float32))


CHAIN = graph({"a": layer()}, [("input", "a"), ("a", "output")])


def test_names_are_dotted_and_edges_lead_to_the_inner_ends():
    found = inline(
        graph(
            {"g": graph({"h": CHAIN}, [("input", "h"), ("h", "output")])}, [("input", "g"), ("g", "output")]
        )
    )
    assert "g.h.a" in found.nodes and set(found.edges) >= {
        ("input", "g.input"), ("g.input", "g.h.input"), ("g.h.input", "g.h.a"), ("g.output", "output"),
    }  # fmt: skip
    assert found.inner_ends == {"g.input", "g.output", "g.h.input", "g.h.output"}
    assert found.outer("Input") == ["input"] and found.outer("Output") == ["output"]


def test_refused():
    with pytest.raises(ModelError, match=r"'g\.a': two nodes have this name"):
        inline(graph({"g.a": layer(), "g": CHAIN}, []))
    two = NirGraph({**CHAIN.nodes, "more": as_node(nir.Output([4]))}, [])
    with pytest.raises(ModelError, match=r"'g' \(NIRGraph\): has 2 Output nodes; expected one"):
        inline(graph({"g": two}, []))
