"""Is a graph what ``docs/ir.md`` allows? Every violation is a ModelError that names node and field.

Here: what concerns nodes together. What a node asks of its own fields stands in its module.
"""

from __future__ import annotations

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.element_order import element_orders
from snnrt.ir.graph import Flatten, Graph
from snnrt.ir.node import Node, complaint
from snnrt.ir.nodes import NODES
from snnrt.ir.rows import check_rows
from snnrt.ir.spec import MAX_DELAY, MAX_DIMENSION, MAX_ELEMENTS, MAX_NODES, MAX_TIMESTEPS
from snnrt.ir.value_types import largest_values, output_types


def check_graph(graph: Graph) -> None:
    """Raise ModelError unless ``graph`` follows ``docs/ir.md`` in structure, shapes and numbers."""
    _check_frame(graph)
    _check_names(graph)
    position = {node.name: index for index, node in enumerate(graph)}
    for index, node in enumerate(graph):
        check_shape(node)
        check_edges(node)
        _check_order(node, index, position)
    for node in graph:
        if isinstance(node, Flatten):
            _check_flatten_readers(graph, node, position)
    for node in graph:
        sources = [graph.nodes[position[edge.source]] for edge in node.inputs]
        expected = node.output_shape([source.shape for source in sources])
        if node.shape != expected:
            raise complaint(node, "shape", f"{expected} (from its input and parameters)", node.shape)
    check_rows(graph.nodes)
    element_orders(graph)
    types = output_types(graph)
    for node in graph:
        node.check(graph.integer)
    # what reads int16 is given int16 before anything asks how large it can be
    for node in graph:
        node.check_types(graph.integer, types)
    if graph.integer:
        largest = largest_values(graph)
        for node in graph:
            node.check_largest(largest)


def _check_frame(graph: Graph) -> None:
    if graph.arithmetic not in ("float32", "integer"):
        raise ModelError(f"graph: arithmetic: expected float32 or integer, found {graph.arithmetic!r}")
    if not isinstance(graph.timesteps, (int, np.integer)) or not 1 <= graph.timesteps <= MAX_TIMESTEPS:
        raise ModelError(f"graph: timesteps: expected 1 to {MAX_TIMESTEPS}, found {graph.timesteps!r}")
    if not 3 <= len(graph.nodes) <= MAX_NODES:
        raise ModelError(f"graph: expected 3 to {MAX_NODES} nodes, found {len(graph.nodes)}")
    last = len(graph.nodes) - 1
    places = {0: "first", last - 1: "before last", last: "last"}
    for index, node in enumerate(graph):
        if type(node) not in NODES:
            raise ModelError(
                f"node {node.name!r}: expected a node of a kind, found {type(node).__name__} ({node.kind})"
            )
        if node.KIND.place != places.get(index, "inside"):
            raise ModelError(
                f"graph: expected one input first, one readout and one exit last, found {node.kind} "
                f"{node.name!r} at place {index} of {len(graph.nodes)}"
            )


def _check_names(graph: Graph) -> None:
    seen: set[str] = set()
    for node in graph:
        if not isinstance(node.name, str) or not node.name:
            raise ModelError(f"graph: expected every node to have a name, found {node.name!r} ({node.kind})")
        if node.name in seen:
            raise ModelError(f"graph: expected unique node names, found {node.name!r} twice; rename one")
        seen.add(node.name)


def check_shape(node: Node) -> None:
    """ModelError unless the node's shape is one that files hold."""
    shape = node.shape
    if (
        not isinstance(shape, tuple)
        or len(shape) not in (1, 3)
        or not all(isinstance(size, (int, np.integer)) and 1 <= size <= MAX_DIMENSION for size in shape)
        or int(np.prod([int(size) for size in shape], dtype=object)) > MAX_ELEMENTS
    ):
        raise complaint(
            node,
            "shape",
            f"(features,) or (channels, height, width), each at most {MAX_DIMENSION}, {MAX_ELEMENTS} in all",
            shape,
        )


def check_edges(node: Node) -> None:
    """ModelError unless the node reads as many values as its kind does, with delays that it may have."""
    lowest, highest = node.KIND.edges
    if not lowest <= len(node.inputs) <= highest:
        wanted = f"{lowest} to {highest}" if lowest != highest else str(lowest)
        raise complaint(node, "inputs", wanted, len(node.inputs))
    for edge in node.inputs:
        if not isinstance(edge.delay, (int, np.integer)) or not 0 <= edge.delay <= MAX_DELAY:
            raise complaint(node, f"delay of input {edge.source!r}", f"0 or {MAX_DELAY}", edge.delay)
    if isinstance(node, Flatten) and node.inputs[0].delay:
        raise complaint(
            node, "input", "no delay (a flatten moves nothing); delay its reader's edge", "a delay of 1"
        )


def _check_order(node: Node, index: int, position: dict[str, int]) -> None:
    last = len(position) - 1
    for edge in node.inputs:
        if edge.source not in position:
            raise complaint(node, "input", "the name of a node", repr(edge.source))
        source = position[edge.source]
        if edge.delay == 0 and source >= index:
            raise complaint(node, "input", "a node before it, or a delay of 1", repr(edge.source))
        if edge.delay == 1 and source <= index:
            raise complaint(node, "delayed input", "a node after it in the list", repr(edge.source))
        if source == last or (source == last - 1 and index != last):
            raise complaint(node, "input", "a node other than readout and exit", repr(edge.source))
    if index == last and position[node.inputs[0].source] != last - 1:
        raise complaint(node, "input", "the readout", repr(node.inputs[0].source))


def _check_flatten_readers(graph: Graph, node: Flatten, position: dict[str, int]) -> None:
    """A flatten is its source seen differently, so what reads it delayed must come before the source too."""
    origin: Node = node
    while isinstance(origin, Flatten):
        origin = graph.nodes[position[origin.inputs[0].source]]
    for index, reader in enumerate(graph):
        for edge in reader.inputs:
            if edge.delay and edge.source == node.name and position[origin.name] <= index:
                raise complaint(
                    reader,
                    "delayed input",
                    f"a node before {origin.name!r}, which {node.name!r} flattens",
                    "one after",
                )
