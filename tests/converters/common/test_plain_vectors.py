"""A flattened map that no dense layer reads is put in the order that a user counts."""

import numpy as np

from snnrt.converters.common.names import Names
from snnrt.converters.common.plain_vectors import with_plain_vectors
from snnrt.ir.graph import Dense, Edge, Exit, Flatten, Input, Readout


def ends(name, size):
    readout = Readout("readout", (Edge(name),), (size,))
    return readout, Exit("exit", (Edge("readout"),), (size,), rule="never")


SOURCE = Input("in", (), (2, 2, 2))
FLAT = Flatten("flat", (Edge("in"),), (8,))


def test_an_identity_before_a_readout():
    nodes = (SOURCE, FLAT, *ends("flat", 8))
    found = {node.name: node for node in with_plain_vectors(nodes, Names(node.name for node in nodes))}
    assert found["readout"].inputs == (Edge("flat.order"),)
    np.testing.assert_array_equal(found["flat.order"].weights, np.eye(8))


def test_nothing_where_a_dense_layer_reads():
    layer = Dense("fc", (Edge("flat"),), (3,), weights=np.ones((3, 8), np.float32))
    nodes = (SOURCE, FLAT, layer, *ends("fc", 3))
    assert with_plain_vectors(nodes, Names(())) == nodes
