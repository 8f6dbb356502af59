"""Execution order, and the nodes that hold a value."""

import numpy as np
import pytest

from snnrt.converters.common import order
from snnrt.converters.common.names import Names
from snnrt.converters.common.order import order_nodes
from snnrt.converters.common.wired import Wired
from snnrt.errors import ModelError
from snnrt.ir.graph import Add, Concatenate, Delay, Dense, Edge, Flatten, Input


def dense(name, *reads):
    return Wired(Dense(name, (), (2,), weights=np.eye(2, dtype=np.float32)), list(reads))


def ordered(**wired):
    wired = {"in": Wired(Input("in", (), (2,)), [])} | wired
    return {node.name: node for node in order_nodes(wired, Names(wired))}


def test_sources_first():
    assert list(ordered(b=dense("b", ("a", 0)), a=dense("a", ("in", 0)))) == ["in", "a", "b"]


def test_a_step_of_delay_is_read_from_a_later_node():
    found = ordered(a=dense("a", ("in", 0)), b=dense("b", ("a", 1)))
    assert list(found) == ["in", "b", "a"] and found["b"].inputs == (Edge("a", 1),)


def test_longer_delays_are_held_by_nodes():
    found = ordered(a=dense("a", ("in", 0)), b=dense("b", ("a", 3)), c=dense("c", ("a", 2)))
    held = {node.name: int(node.steps) for node in found.values() if isinstance(node, Delay)}
    assert held == {"a.delay2": 2, "a.delay1": 1}
    assert all(found[name].inputs == (Edge("a"),) for name in held)
    names = list(found)
    for node in found.values():
        for edge in node.inputs:
            assert (names.index(edge.source) > names.index(node.name)) == bool(edge.delay)
    assert found["b"].inputs == (Edge("a.delay2", 1),) and found["c"].inputs == (Edge("a.delay1", 1),)


def test_the_input_stays_first():
    found = ordered(a=dense("a", ("in", 1)))
    assert next(iter(found)) == "in" and found["a"].inputs[0].source == "in.held"


def test_a_reader_that_cannot_read_ahead_has_the_value_held():
    flat = Wired(Flatten("f", (), (2,)), [("a", 1)])
    found = ordered(a=dense("a", ("in", 0)), f=flat)
    assert found["f"].inputs == (Edge("a.delay1"),)


def test_a_concatenation_of_a_later_value_reads_numbers_of_all():
    found = ordered(
        a=dense("a", ("in", 0)),
        both=Wired(Concatenate("both", (), (4,)), [("a", 0), ("b", 1)]),
        b=Wired(Dense("b", (), (2,), weights=np.ones((2, 4), np.float32)), [("both", 0)]),
    )
    names = [edge.source for edge in found["both"].inputs]
    assert names == ["a.numbers", "b.before"] and all(isinstance(found[one], Add) for one in names)
    assert found["b.before"].inputs == (Edge("b", 1),)


def test_refused(monkeypatch):
    with pytest.raises(ModelError, match="cycle without a delay"):
        ordered(a=dense("a", ("b", 0)), b=dense("b", ("a", 0)))
    monkeypatch.setattr(order, "MAX_NODES", 5)
    with pytest.raises(ModelError, match="delays make more than 5 nodes; use a larger dt"):
        ordered(a=dense("a", ("in", 0)), b=dense("b", ("a", 9), ("a", 8), ("a", 7)))
