"""From the graph (channels first) to the file's layout (channel-last) and back.

Feature vectors that follow a flatten keep the channel-last order of the map they came from
(:mod:`snnrt.ir.element_order`), so that flattening moves nothing; arrays are stored to match.
"""

from __future__ import annotations

import numpy as np

from snnrt.ir.graph import Add, Conv2d, Dense, Edge, Exit, Flatten, Graph, Neuron, Node
from snnrt.ir.value_types import output_types


def prepare(graph: Graph) -> Graph:
    """The same network with what only the file needs made explicit.

    A neuron reads a current: where its input is spikes or counts, an Add turns them into one. A
    flatten of a vector, which changes nothing, is left out. An absent reset value becomes 0, and a
    neuron without a threshold has no reset. The exit's threshold becomes the float32 that the file can hold.
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
        if isinstance(node, Neuron) and node.threshold is None:
            node = node.with_(reset="none", reset_next=False, strict=False, multiple=False, max_spikes=1)
        if isinstance(node, Neuron) and node.reset == "value" and node.reset_value is None:
            node = node.with_(reset_value=np.zeros((), node.membrane.dtype))
        if isinstance(node, Exit):
            node = node.with_(threshold=float(np.float32(node.threshold)))
        nodes.append(node)
    return graph.with_(nodes=tuple(nodes))


def store_parameter(parameter: np.ndarray, node: Node, order: np.ndarray | None) -> np.ndarray:
    """A neuron's parameter (scalar, a channel's or a neuron's) as a flat array in stored order."""
    if parameter.ndim == 3:
        return np.ascontiguousarray(parameter.transpose(1, 2, 0)).ravel()
    if parameter.ndim == 1 and len(node.shape) == 1 and order is not None:
        return parameter[order]
    return parameter.ravel()


def load_parameter(
    stored: np.ndarray, granularity: int, shape: tuple[int, ...], order: np.ndarray | None
) -> np.ndarray:
    """The inverse of :func:`store_parameter`; granularity 1 scalar, 2 a channel, 3 a neuron."""
    if granularity == 1:
        return stored.reshape(())
    if granularity == 3 and len(shape) == 3:
        channels, height, width = shape
        return np.ascontiguousarray(stored.reshape(height, width, channels).transpose(2, 0, 1))
    if order is not None and len(shape) == 1:
        return stored[np.argsort(order)]
    return stored.copy()


def store_weights(
    node: Dense | Conv2d, order_in: np.ndarray | None, order_out: np.ndarray | None
) -> np.ndarray:
    """Weights in stored order: [in][out], or [groups][kernel_h][kernel_w][in/groups][out/groups]."""
    weights = node.weights
    if isinstance(node, Dense):
        if order_out is not None:
            weights = weights[order_out]
        if order_in is not None:
            weights = weights[:, order_in]
        return np.ascontiguousarray(weights.T)
    out, depth, kernel_h, kernel_w = weights.shape
    grouped = weights.reshape(node.groups, out // node.groups, depth, kernel_h, kernel_w)
    return np.ascontiguousarray(grouped.transpose(0, 3, 4, 2, 1))


def load_weights(
    stored: np.ndarray, node: Dense | Conv2d, order_in: np.ndarray | None, order_out: np.ndarray | None
) -> np.ndarray:
    """The inverse of :func:`store_weights`; ``stored`` has the stored shape."""
    if isinstance(node, Dense):
        weights = stored.T
        if order_in is not None:
            weights = weights[:, np.argsort(order_in)]
        if order_out is not None:
            weights = weights[np.argsort(order_out)]
        return np.ascontiguousarray(weights)
    groups, kernel_h, kernel_w, depth, out = stored.shape
    weights = stored.transpose(0, 4, 3, 1, 2).reshape(groups * out, depth, kernel_h, kernel_w)
    return np.ascontiguousarray(weights)


def store_values(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Input values (..., *shape) as (..., elements) in channel-last order, contiguous."""
    lead = values.shape[: values.ndim - len(shape)]
    if len(shape) == 3:
        values = np.moveaxis(values, -3, -1)
    return np.ascontiguousarray(values).reshape(*lead, -1)


def load_values(stored: np.ndarray, shape: tuple[int, ...], order: np.ndarray | None) -> np.ndarray:
    """Recorded values (..., elements) in stored order as (..., *shape)."""
    lead = stored.shape[:-1]
    if len(shape) == 3:
        channels, height, width = shape
        return np.moveaxis(stored.reshape(*lead, height, width, channels), -1, -3)
    return stored if order is None else stored[..., np.argsort(order)]
