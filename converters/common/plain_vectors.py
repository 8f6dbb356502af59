"""Vectors whose elements lie in the order that a user counts them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnrt.converters.common import assumptions
from snnrt.converters.common.names import Names
from snnrt.errors import ModelError
from snnrt.ir.element_order import element_orders
from snnrt.ir.graph import Dense, Edge, Flatten, Graph, Node, Readout

MAX_REORDERED = 2048
MAX_NUMBERED = 256
"""Classes that keep the numbers that a flatten gives them, at the cost of a layer of as many by as many."""


def with_plain_vectors(nodes: tuple[Node, ...], names: Names, notes: list[str]) -> tuple[Node, ...]:
    """The nodes, with an identity layer behind flattens where a flattened map meets another vector.

    A flatten leaves its elements channel-last (docs/ir.md), and only a dense layer can put them in
    another order: needed where the readout or a sum reads them with no dense layer between. Where that layer
    would be large and only the readout reads it, the classes are numbered channel-last, which ``notes`` is
    told.
    """
    if _in_order(nodes):
        return nodes
    nodes = _as_output_maps(nodes, notes)
    if _in_order(nodes):
        return nodes
    shapes = {node.name: node.shape for node in nodes}
    reordered: dict[str, str] = {}
    result: list[Node] = []
    # a delayed reader stands before its source, so names come first
    for node in nodes:
        if (
            isinstance(node, Flatten)
            and not node.channels_last
            and len(shapes[node.inputs[0].source]) == 3
            and node.shape[0] <= MAX_REORDERED
        ):
            readers = [reader for reader in nodes if any(edge.source == node.name for edge in reader.inputs)]
            if not all(isinstance(reader, Dense) for reader in readers):
                reordered[node.name] = names.fresh(f"{node.name}.order")
    for node in nodes:
        if not isinstance(node, Dense):
            edges = (replace(edge, source=reordered.get(edge.source, edge.source)) for edge in node.inputs)
            node = node.with_(inputs=tuple(edges))
        result.append(node)
        if node.name in reordered:
            identity = np.eye(node.shape[0], dtype=np.float32)
            result.append(Dense(reordered[node.name], (Edge(node.name),), node.shape, weights=identity))
    return tuple(result)


def _in_order(nodes: tuple[Node, ...]) -> bool:
    try:
        element_orders(Graph(nodes, 1))
    except ModelError:
        return False
    return True


def _as_output_maps(nodes: tuple[Node, ...], notes: list[str]) -> tuple[Node, ...]:
    shapes = {node.name: node.shape for node in nodes}
    result = []
    for node in nodes:
        if isinstance(node, Flatten) and not node.channels_last and node.shape[0] > MAX_NUMBERED:
            readers = [reader for reader in nodes if any(edge.source == node.name for edge in reader.inputs)]
            shape = shapes[node.inputs[0].source]
            if len(shape) == 3 and all(isinstance(reader, Readout) for reader in readers):
                notes.append(assumptions.output_map(shape))
                node = node.with_(channels_last=True)
        result.append(node)
    return tuple(result)
