"""A flattened map that no dense layer reads is put in the order that a user counts."""

import numpy as np

from snnrt.converters.common.names import Names
from snnrt.converters.common.plain_vectors import with_plain_vectors
from snnrt.ir.graph import Add, Dense, Edge, Exit, Flatten, Graph, Input, Readout


def ends(name, size):
    readout = Readout("readout", (Edge(name),), (size,))
    return readout, Exit("exit", (Edge("readout"),), (size,), rule="never")


SOURCE = Input("in", (), (2, 2, 2))
FLAT = Flatten("flat", (Edge("in"),), (8,))


def test_an_identity_before_a_readout():
    nodes = (SOURCE, FLAT, *ends("flat", 8))
    found = {node.name: node for node in with_plain_vectors(nodes, Names(node.name for node in nodes), [])}
    assert found["readout"].inputs == (Edge("flat.order"),)
    np.testing.assert_array_equal(found["flat.order"].weights, np.eye(8))


def test_nothing_where_a_dense_layer_reads():
    layer = Dense("fc", (Edge("flat"),), (3,), weights=np.ones((3, 8), np.float32))
    nodes = (SOURCE, FLAT, layer, *ends("fc", 3))
    assert with_plain_vectors(nodes, Names(()), []) == nodes


def test_a_large_output_is_numbered_as_it_lies_in_memory():
    nodes = (Input("in", (), (2, 16, 16)), Flatten("flat", (Edge("in"),), (512,)), *ends("flat", 512))
    notes: list[str] = []
    found = with_plain_vectors(nodes, Names(()), notes)
    assert len(found) == 4 and found[1].channels_last and Graph(found, 1).output_map == (2, 16, 16)
    assert notes == [
        "the output is a map (2, 16, 16): channel c at row y, column x is class (y·16 + x)·2 + c"
    ]
    # where something else reads it, too, its order is the flatten's
    layer = Dense("fc", (Edge("flat"),), (512,), weights=np.ones((512, 512), np.float32))
    total = Add("sum", (Edge("flat"), Edge("fc")), (512,))
    nodes = (*nodes[:2], layer, total, *ends("sum", 512))
    found = with_plain_vectors(nodes, Names(()), notes)
    assert not found[1].channels_last and found[2].name == "flat.order" and len(notes) == 1
