"""What each node reads, from edges: ends, identities, and what leads nowhere."""

import pytest

from snnrt.converters.common import connections
from snnrt.converters.common.connections import connect
from snnrt.errors import ModelError

KINDS = {"in": "Source", "a": "Linear", "b": "Linear", "out": "Sink"}


def join(edges, kinds=KINDS, inputs=("in",), outputs=("out",), identities=()):
    return connect(kinds, edges, inputs, outputs, identities)


def test_a_chain():
    found = join([("in", "a"), ("a", "b"), ("b", "out")])
    assert found.reads == {"in": [], "a": [("in", 0)], "b": [("a", 0)], "out": [("b", 0)]}
    assert (found.input, found.output) == ("in", "out")
    assert found.readers("a") == ["b"] and found.readers("out") == []


def test_what_does_not_reach_the_output_is_left_out():
    assert list(join([("in", "a"), ("a", "out"), ("in", "b")]).reads) == ["in", "a", "out"]


def test_identities_join_what_lies_before_and_after():
    edges = [("in", "a"), ("in", "b"), ("a", "i"), ("b", "i"), ("i", "j"), ("j", "out"), ("i", "out")]
    found = join(edges, KINDS | {"i": "Identity", "j": "Dropout"}, identities=("i", "j"))
    assert set(found.reads) == set(KINDS)
    assert sorted(found.reads["out"]) == [("a", 0), ("a", 0), ("b", 0), ("b", 0)]


@pytest.mark.parametrize(
    "edges, options, message",
    [
        ([("in", "out")], {"inputs": ()}, "has 0 Input nodes; expected exactly one"),
        ([("in", "out")], {"inputs": ("in", "a")}, "has 2 Input nodes: 'in', 'a'"),
        ([("in", "out")], {"outputs": ()}, "has 0 Output nodes"),
        ([("in", "a")], {}, r"no path leads from 'in' \(Source\) to 'out' \(Sink\)"),
        ([("in", "out"), ("a", "out")], {}, r"'a' \(Linear\): reads nothing"),
        ([("in", "a"), ("a", "in"), ("a", "out")], {}, r"'in' \(Source\): has an edge into it"),
        ([("in", "out"), ("out", "a"), ("a", "out")], {}, r"'out' \(Sink\): has an edge out of it"),
        (
            [("in", "a"), ("a", "a"), ("a", "out")],
            {"identities": ("a",)},
            "'a': a cycle of inputs and outputs",
        ),
    ],
)
def test_refused(edges, options, message):
    with pytest.raises(ModelError, match=message):
        join(edges, **options)


def test_limits(monkeypatch):
    monkeypatch.setattr(connections, "MAX_NODES", 3)
    with pytest.raises(ModelError, match="has 4 nodes; expected at most 3"):
        join([("in", "out")])
    monkeypatch.setattr(connections, "MAX_NODES", 100)
    monkeypatch.setattr(connections, "MAX_EDGES", 8)
    kinds = KINDS | {f"{side}{i}": "Linear" for side in "xy" for i in range(3)} | {"i": "Identity"}
    edges = [(f"x{i}", "i") for i in range(3)] + [("i", f"y{i}") for i in range(3)]
    with pytest.raises(ModelError, match="more than 8 edges"):
        join(edges, kinds, identities=("i",))
