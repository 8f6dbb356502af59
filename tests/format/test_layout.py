"""Arrays and values go to the file's layout and back; what lies side by side is what one input reaches."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import SMALL_NETWORKS

from snnrt import GraphBuilder
from snnrt.format import layout
from snnrt.ir.element_order import element_orders
from snnrt.ir.graph import Add, Edge, Exit, Flatten, Graph, Input, Neuron, Readout

HALF, ONE = np.array(0.5, np.float32), np.array(1.0, np.float32)


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize("name", SMALL_NETWORKS)
def test_every_array_comes_back(name: str, numbers: str) -> None:
    graph = layout.prepare(SMALL_NETWORKS[name](numbers)[0])
    orders = element_orders(graph)
    seen = 0
    for node in graph:
        source = node.inputs[0].source if node.inputs else node.name
        for array in node.KIND.arrays:
            values = getattr(node, array.name)
            if values is None:
                continue
            per = layout.granularity(array, values)
            stored = layout.store_array(array, values, node, orders.get(source), orders.get(node.name))
            fields = node.fields()
            shape = layout.stored_shape(array, per, node.shape, graph[source].shape, fields)  # type: ignore[arg-type]
            assert stored.size == int(np.prod(shape)) == values.size
            again = layout.load_array(
                array, stored.reshape(shape), node.shape, orders.get(source), orders.get(node.name)
            )
            np.testing.assert_array_equal(again, values)
            seen += 1
    assert seen > 3


def test_a_kernel_and_a_map_by_hand() -> None:
    g = GraphBuilder((2, 2, 2), timesteps=1)
    weights = np.arange(12, dtype=np.float32).reshape(3, 2, 1, 2)
    graph = g.finish(g.dense(g.flatten(g.conv2d(g.input, weights)), np.ones((2, 6))))
    conv = graph.nodes[1]
    stored = layout.store_array(conv.KIND.arrays[0], weights, conv, None, None)
    # one group, a row of two taps, two inputs, three outputs that lie side by side
    assert stored.shape == (1, 1, 2, 2, 3)
    assert stored[0, 0, 0, 0].tolist() == [0, 4, 8] and stored[0, 0, 1, 1].tolist() == [3, 7, 11]


def test_values_are_channel_last() -> None:
    x = np.arange(12).reshape(1, 2, 2, 3)
    stored = layout.store_values(x, (2, 2, 3))
    assert stored.tolist() == [[0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11]]
    np.testing.assert_array_equal(layout.load_values(stored, (2, 2, 3), None), x)
    vector = np.array([[10, 11, 12]])
    order = np.array([2, 0, 1])
    assert layout.load_values(vector[:, order], (3,), order).tolist() == vector.tolist()


def test_what_only_the_file_needs() -> None:
    """A neuron on spikes gets a sum that makes a current; a flatten of a vector is left out."""
    nodes = (
        Input("x", (), (4,), encoding="spikes"),
        Neuron("first", (Edge("x"),), (4,), membrane=HALF, threshold=ONE, reset="subtract"),
        Neuron("n", (Edge("first"),), (4,), membrane=HALF, threshold=ONE, reset="subtract"),
        Flatten("f", (Edge("n"),), (4,)),
        Readout("r", (Edge("f"),), (4,)),
        Exit("e", (Edge("r"),), (4,)),
    )
    prepared = {node.name: node for node in layout.prepare(Graph(nodes, 2))}
    assert list(prepared) == ["x", "first", "n.current", "n", "r", "e"]
    assert isinstance(prepared["n.current"], Add) and prepared["n.current"].as_current
    assert prepared["n"].inputs == (Edge("n.current"),) and prepared["r"].inputs == (Edge("n"),)
