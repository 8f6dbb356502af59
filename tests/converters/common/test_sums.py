"""Sums of what meets, and which are currents."""

import numpy as np
import pytest

from snnrt.converters.common.connections import Connections
from snnrt.converters.common.drafts import Draft
from snnrt.converters.common.names import Names
from snnrt.converters.common.sums import add_sum, as_currents, check_sums, feed_currents
from snnrt.converters.common.wired import Wired
from snnrt.errors import ModelError
from snnrt.ir.graph import Add, Dense, Edge, Input, Neuron, SumPool2d
from snnrt.ir.spec import MAX_EDGES


@pytest.mark.parametrize("count", [1, 255, 256, 600])
def test_every_read_is_added_once(count):
    nodes = {}
    add_sum(nodes, Names(["s"]), "s", [(f"x{i}", i % 2) for i in range(count)], (3,), current=True)
    assert all(len(wired.reads) <= MAX_EDGES and wired.node.as_current for wired in nodes.values())

    def leaves(name):
        found = []
        for read in nodes[name].reads:
            found += leaves(read[0]) if read[0] in nodes else [read]
        return found

    assert leaves("s") == [(f"x{i}", i % 2) for i in range(count)]


def test_shapes_that_meet_must_be_equal():
    connections = Connections({"a": [], "b": [], "out": [("a", 0), ("b", 0)]}, "a", "out")
    check_sums({}, connections, {"a": (3,), "b": (3,)})
    with pytest.raises(
        ModelError, match=r"'out' \(Output\): expected inputs of equal shape, found 'a' \(3,\)"
    ):
        check_sums({"out": Draft("Output")}, connections, {"a": (3,), "b": (4,)})


def test_neurons_that_read_spikes_get_a_current():
    one = np.ones((), np.float32)
    nodes = {
        "in": Wired(Input("in", (), (2,)), []),
        "fc": Wired(Dense("fc", (), (2,), weights=np.eye(2, dtype=np.float32)), [("in", 0)]),
        "a": Wired(Neuron("a", (), (2,), threshold=one), [("fc", 0)]),
        "b": Wired(Neuron("b", (), (2,), threshold=one), [("a", 1)]),
    }
    feed_currents(nodes, Names(nodes))
    assert nodes["a"].reads == [("fc", 0)] and nodes["b"].reads == [("b.current", 0)]
    assert nodes["b.current"].reads == [("a", 1)] and nodes["b.current"].node.as_current


def test_sums_of_currents_are_marked_through_what_passes_them_on():
    shape = (2, 2, 2)
    neuron = Neuron("leaky", (Edge("in"),), shape)
    nodes = (
        Input("in", (), shape),
        neuron,
        SumPool2d("pool", (Edge("leaky"),), (2, 1, 1), kernel=(2, 2), stride=(2, 2), padding=(0, 0, 0, 0)),
        Add("currents", (Edge("pool"),), (2, 1, 1)),
        Add("pixels", (Edge("in"),), shape),
    )
    found = {node.name: node for node in as_currents(nodes)}
    assert found["currents"].as_current and not found["pixels"].as_current
