"""In which order a tensor's elements are stored and summed: channel-last, also after a flatten.

The file flattens without moving anything, so a vector made from (channels, height, width) keeps the order
``(y·width + x)·channels + c``, and everything that works on it element by element keeps it too.
"""

from __future__ import annotations

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.graph import Concatenate, Flatten, Graph, Shape


def channel_last(shape: Shape) -> np.ndarray:
    """For a shape (C, H, W) or (F,): the row-major index in the graph of each stored element, int64."""
    indices = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape)
    return indices.transpose(1, 2, 0).ravel() if len(shape) == 3 else indices


def element_orders(graph: Graph) -> dict[str, np.ndarray | None]:
    """For each node with a vector output: the graph's index of each stored element (None: the same).

    Nodes that work element by element (and the flatten of a vector) share the order of what they read; a
    dense or the input that feeds one takes it over; a concatenation has its inputs' one after the other.
    Raises ModelError where two orders meet, or where the readout's classes would not be in order.
    """
    nodes = {node.name: node for node in graph}
    group = {name: name for name in nodes}

    def root(name: str) -> str:
        while group[name] != name:
            group[name] = group[group[name]]
            name = group[name]
        return name

    fixed: list[tuple[str, Shape]] = []
    for node in graph:
        if len(node.shape) != 1:
            continue
        if isinstance(node, Flatten) and len(nodes[node.inputs[0].source].shape) == 3:
            shape = nodes[node.inputs[0].source].shape
            fixed.append((node.name, node.shape if node.channels_last else shape))
        elif node.KIND.same_shape or isinstance(node, Flatten):
            for edge in node.inputs:
                group[root(node.name)] = root(edge.source)
    fixed += [(node.name, node.shape) for node in (graph.input, graph.readout) if len(node.shape) == 1]

    orders: dict[str, tuple[str, np.ndarray]] = {}

    def fix(name: str, order: np.ndarray) -> None:
        holder, known = orders.setdefault(root(name), (name, order))
        if not np.array_equal(order, known):
            raise ModelError(
                f"node {name!r} and node {holder!r} reach the same vector with elements in different orders "
                f"(a flatten of (channels, height, width) keeps channels last); put a dense between them"
            )

    for name, shape in fixed:
        fix(name, channel_last(shape))
    for node in graph:
        if len(node.shape) == 1 and isinstance(node, Concatenate):
            parts = [nodes[edge.source] for edge in node.inputs]
            for part in parts:
                # what nothing has fixed by now is natural
                if root(part.name) not in orders:
                    fix(part.name, channel_last(part.shape))
            begins = np.cumsum([0, *(part.shape[0] for part in parts)])
            order = [begin + orders[root(part.name)][1] for begin, part in zip(begins, parts)]
            fix(node.name, np.concatenate(order))
    result: dict[str, np.ndarray | None] = {}
    for node in graph:
        if len(node.shape) == 1:
            _, stored = orders.get(root(node.name), ("", channel_last(node.shape)))
            moved = bool((stored != np.arange(stored.size)).any())
            result[node.name] = stored if moved else None
    return result
