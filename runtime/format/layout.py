"""From the graph (channels first) to the file's layout (channel-last) and back.

Feature vectors that follow a flatten keep the channel-last order of the map they came from
(:mod:`snnrt.ir.element_order`), so that flattening moves nothing; arrays are stored to match.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from snnrt.ir.graph import Add, Edge, Flatten, Graph, Neuron
from snnrt.ir.node import Node, Shape
from snnrt.ir.rows import with_rows
from snnrt.ir.spec import GRANULARITIES, MONITOR_WORDS, Array
from snnrt.ir.value_types import output_types

Order = np.ndarray | None


def prepare(graph: Graph) -> Graph:
    """The same network with what only the file needs made explicit.

    A neuron reads a current: where its input is spikes or counts, an Add turns them into one. A
    flatten of a vector, which changes nothing, is left out. The rest is each node's own.
    """
    types = output_types(graph)
    current = "int32" if graph.integer else "float32"
    names = {node.name for node in graph}
    shapes = {node.name: node.shape for node in graph}
    same_as = {
        node.name: node.inputs[0].source
        for node in graph
        if isinstance(node, Flatten) and len(shapes[node.inputs[0].source]) == 1
    }

    def source_of(edge: Edge) -> Edge:
        while edge.source in same_as:
            edge = Edge(same_as[edge.source], edge.delay)
        return edge

    nodes: list[Node] = []
    for node in graph:
        if node.name in same_as:
            continue
        node = node.with_(inputs=tuple(source_of(edge) for edge in node.inputs))
        if isinstance(node, Neuron) and types[node.inputs[0].source] != current:
            name = f"{node.name}.current"
            while name in names:
                name += "_"
            names.add(name)
            nodes.append(Add(name, node.inputs, node.shape, as_current=True))
            node = node.with_(inputs=(Edge(name),))
        nodes.append(node.prepared())
    prepared = graph.with_(nodes=tuple(nodes))
    return prepared.with_(nodes=tuple(with_rows(nodes, prepared.static_nodes())))


def granularity(array: Array, values: np.ndarray) -> str:
    """How many values an array has, as a record says it."""
    if array.stored in ("matrix", "kernel", "terms", "monitor"):
        return "tensor"
    if array.stored == "outputs":
        return "channel"
    if array.stored == "scalar":
        return "layer"
    return GRANULARITIES.values[1 + min(values.ndim, 2)]


def stored_shape(
    array: Array, per: str, shape: Shape, source: Shape, fields: Mapping[str, int | float]
) -> Shape:
    """The shape in which the file holds an array of a node of ``shape`` whose first input has the shape
    ``source``; ``fields`` are the record's parameters."""
    if array.stored == "matrix":
        return (source[0], shape[0])
    if array.stored == "terms":
        return (int(fields["threshold_q"]), 4)
    if array.stored == "monitor":
        return (MONITOR_WORDS,)
    if array.stored == "kernel":
        groups = int(fields["groups"])
        kernel = int(fields["kernel_h"]), int(fields["kernel_w"])
        return (groups, *kernel, source[0] // groups, shape[0] // groups)
    channels, *area = shape
    return {"layer": (), "channel": (channels,), "neuron": (*area, channels)}[per]


def store_array(array: Array, values: np.ndarray, node: Node, order_in: Order, order: Order) -> np.ndarray:
    """``values`` as the file holds them; ``order_in`` and ``order`` are the element orders of the node's
    first input and of its output."""
    if array.stored == "matrix":
        values = values if order is None else values[order]
        return np.ascontiguousarray((values if order_in is None else values[:, order_in]).T)
    if array.stored == "kernel":
        groups = int(node.fields()["groups"])  # type: ignore[call-overload]
        out, depth, kernel_h, kernel_w = values.shape
        grouped = values.reshape(groups, out // groups, depth, kernel_h, kernel_w)
        return np.ascontiguousarray(grouped.transpose(0, 3, 4, 2, 1))
    if array.stored in ("terms", "monitor"):
        return values
    if values.ndim == 3:
        return np.ascontiguousarray(values.transpose(1, 2, 0)).ravel()
    if values.ndim == 1 and len(node.shape) == 1 and order is not None:
        return values[order]
    return values.ravel()


def load_array(
    array: Array, stored: np.ndarray, node_shape: Shape, order_in: Order, order: Order
) -> np.ndarray:
    """The inverse of :func:`store_array`; ``stored`` has the stored shape."""
    if array.stored == "matrix":
        values = stored.T
        values = values if order_in is None else values[:, np.argsort(order_in)]
        return np.ascontiguousarray(values if order is None else values[np.argsort(order)])
    if array.stored == "kernel":
        groups, kernel_h, kernel_w, depth, out = stored.shape
        values = stored.transpose(0, 4, 3, 1, 2).reshape(groups * out, depth, kernel_h, kernel_w)
        return np.ascontiguousarray(values)
    if stored.ndim == 3:
        return np.ascontiguousarray(stored.transpose(2, 0, 1))
    if stored.ndim == 1 and len(node_shape) == 1 and order is not None:
        return stored[np.argsort(order)]
    return stored


def store_values(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Input values (..., *shape) as (..., elements) in channel-last order, contiguous."""
    lead = values.shape[: values.ndim - len(shape)]
    if len(shape) == 3 and shape[0] != 1:
        axes = range(len(lead))
        values = values.transpose(*axes, len(lead) + 1, len(lead) + 2, len(lead))
    return np.ascontiguousarray(values).reshape(*lead, -1)


def load_values(stored: np.ndarray, shape: tuple[int, ...], order: np.ndarray | None) -> np.ndarray:
    """Recorded values (..., elements) in stored order as (..., *shape)."""
    lead = stored.shape[:-1]
    if len(shape) == 3:
        channels, height, width = shape
        return np.moveaxis(stored.reshape(*lead, height, width, channels), -1, -3)
    return stored if order is None else stored[..., np.argsort(order)]
