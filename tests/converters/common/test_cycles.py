"""Where a cycle is cut."""

from itertools import pairwise

import pytest

from snnrt.converters.common.connections import Connections
from snnrt.converters.common.cycles import cut_cycles, is_recurrent
from snnrt.converters.common.drafts import Draft, NeuronDraft
from snnrt.errors import ModelError


def network(edges, neurons):
    """Drafts and connections of (source, reader[, steps])."""
    names = list(dict.fromkeys(name for edge in edges for name in edge[:2]))
    drafts = {name: NeuronDraft("LIF", None) if name in neurons else Draft("Linear") for name in names}
    reads = {name: [] for name in names}
    for source, reader, *steps in edges:
        reads[reader].append((source, *(steps or [0])))
    return drafts, Connections(reads, "in", "out")


def test_the_edge_behind_the_last_neuron_is_delayed():
    edges = [("in", "one"), ("one", "f"), ("f", "two"), ("two", "b"), ("b", "one"), ("two", "out")]
    drafts, connections = network(edges, {"one", "two"})
    assert cut_cycles(drafts, connections) == [("two", "b")]
    assert connections.reads["b"] == [("two", 1)] and connections.reads["out"] == [("two", 0)]


def test_a_neuron_that_reads_itself():
    drafts, connections = network([("in", "n"), ("n", "n"), ("n", "out")], {"n"})
    assert cut_cycles(drafts, connections) == [("n", "n")]
    assert connections.reads["n"] == [("in", 0), ("n", 1)]


def test_a_delay_in_the_cycle_is_enough():
    drafts, connections = network([("in", "n"), ("n", "n", 3), ("n", "out")], {"n"})
    assert cut_cycles(drafts, connections) == []


def test_every_cycle_is_cut():
    edges = [("in", "a"), ("a", "a"), ("a", "b"), ("b", "b"), ("b", "a"), ("b", "out")]
    drafts, connections = network(edges, {"a", "b"})
    assert set(cut_cycles(drafts, connections)) == {("b", "a"), ("b", "b"), ("a", "a")}


def test_a_cycle_without_a_neuron():
    drafts, connections = network([("in", "x"), ("x", "y"), ("y", "x"), ("y", "out")], set())
    with pytest.raises(ModelError, match="the nodes 'x', 'y' form a cycle without a neuron"):
        cut_cycles(drafts, connections)


def test_deep_networks_need_no_recursion():
    names = ["in", *(f"n{index}" for index in range(5000)), "out"]
    drafts, connections = network([*pairwise(names), ("n4999", "n0")], {"n4999"})
    assert cut_cycles(drafts, connections) == [("n4999", "n0")]


def test_recurrent_is_who_reads_its_own_spikes_with_no_neuron_between():
    edges = [("in", "a"), ("a", "w"), ("w", "a", 1), ("a", "b"), ("b", "v"), ("v", "a", 1), ("b", "out")]
    drafts, connections = network(edges, {"a", "b"})
    assert is_recurrent(drafts, connections, "a") and not is_recurrent(drafts, connections, "b")
