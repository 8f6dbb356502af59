"""Is a graph what ``docs/ir.md`` allows? Every violation is a ModelError that names node and field.

Here: names, edges and shapes. :mod:`snnrt.ir.number_checks` looks at the arrays.
"""

from __future__ import annotations

import numpy as np

from snnrt.errors import ModelError
from snnrt.exits.fixed_point import MAX_CLASSES, check_rule
from snnrt.ir.element_order import element_orders
from snnrt.ir.graph import (
    Add,
    Conv2d,
    Dense,
    Exit,
    Flatten,
    Graph,
    Input,
    Neuron,
    Node,
    Pool2d,
    Readout,
    Shape,
)
from snnrt.ir.number_checks import check_numbers, complaint

MAX_NODES = 1024
MAX_TIMESTEPS = 65535
MAX_DIMENSION = 2**24 - 1
MAX_ELEMENTS = 2**27
MAX_U16 = 65535
MAX_ADD_INPUTS = 4


def check_graph(graph: Graph) -> None:
    """Raise ModelError unless ``graph`` follows ``docs/ir.md`` in structure, shapes and numbers."""
    _check_frame(graph)
    _check_names(graph)
    position = {node.name: index for index, node in enumerate(graph)}
    for index, node in enumerate(graph):
        _check_shape_itself(node)
        _check_edges(node, index, position)
    for node in graph:
        if isinstance(node, Flatten):
            _check_flatten_readers(graph, node, position)
    for node in graph:
        sources = [graph.nodes[position[edge.source]] for edge in node.inputs]
        expected = output_shape(node, [source.shape for source in sources])
        if node.shape != expected:
            raise complaint(node, "shape", f"{expected} (from its input and parameters)", node.shape)
    classes = graph.readout.shape[0]
    if classes > MAX_CLASSES:
        raise complaint(graph.readout, "classes", f"1 to {MAX_CLASSES}", classes)
    check_rule(graph.exit.rule, graph.exit.threshold, classes)
    element_orders(graph)
    check_numbers(graph)


def output_shape(node: Node, inputs: list[Shape]) -> Shape:
    """The shape that ``node`` gives for its ``inputs``' shapes; ModelError where they do not go together."""
    if isinstance(node, Input):
        return node.shape
    if isinstance(node, (Add, Neuron)):
        if any(shape != inputs[0] for shape in inputs):
            raise complaint(node, "inputs", "tensors of equal shape", ", ".join(map(str, inputs)))
        return inputs[0]
    if isinstance(node, Flatten):
        return (int(np.prod(inputs[0])),)
    if isinstance(node, Dense):
        _need_array(node, "weights", node.weights, 2)
        if len(inputs[0]) != 1:
            raise complaint(node, "input", "a vector (put a flatten before it)", inputs[0])
        outputs, features = node.weights.shape
        if inputs[0] != (features,):
            raise complaint(node, "input", f"shape ({features},) as the weights say", inputs[0])
        return (outputs,)
    if isinstance(node, (Conv2d, Pool2d)):
        return _window_shape(node, inputs[0])
    if len(inputs[0]) != 1:
        raise complaint(node, "input", "a vector of logits (put a flatten before it)", inputs[0])
    return inputs[0]


def _window_shape(node: Conv2d | Pool2d, shape: Shape) -> Shape:
    if len(shape) != 3:
        raise complaint(node, "input", "(channels, height, width)", shape)
    if isinstance(node, Conv2d):
        _need_array(node, "weights", node.weights, 4)
        outputs, of_group, *kernel = node.weights.shape
        dilation = node.dilation
        _need_integers(node, "dilation", dilation, 2, 1)
        _need_integers(node, "groups", (node.groups,), 1, 1)
        if outputs % node.groups or shape[0] != of_group * node.groups:
            raise complaint(
                node,
                "weights",
                f"(outputs, inputs / groups, h, w) for {shape[0]} input channels in {node.groups} groups",
                node.weights.shape,
            )
    else:
        outputs, kernel, dilation = shape[0], list(node.kernel), (1, 1)
    _need_integers(node, "kernel", tuple(kernel), 2, 1)
    _need_integers(node, "stride", node.stride, 2, 1)
    _need_integers(node, "padding", node.padding, 4, 0)
    sizes = []
    for axis in (0, 1):
        padded = shape[1 + axis] + node.padding[2 * axis] + node.padding[2 * axis + 1]
        room = padded - dilation[axis] * (kernel[axis] - 1) - 1
        if room < 0:
            raise complaint(node, "kernel", f"one that fits the padded input ({padded})", kernel[axis])
        sizes.append(room // node.stride[axis] + 1)
    return (outputs, sizes[0], sizes[1])


def _need_array(node: Node, field: str, array: object, rank: int) -> None:
    if not isinstance(array, np.ndarray) or array.ndim != rank or array.size == 0:
        found = getattr(array, "shape", type(array).__name__)
        raise complaint(node, field, f"a non-empty array of {rank} axes", found)


def _need_integers(node: Node, field: str, values: object, count: int, lowest: int) -> None:
    if (
        not isinstance(values, tuple)
        or len(values) != count
        or not all(isinstance(v, (int, np.integer)) and lowest <= v <= MAX_U16 for v in values)
    ):
        raise complaint(node, field, f"{count} integer(s) from {lowest} to {MAX_U16}", values)


def _check_frame(graph: Graph) -> None:
    if graph.arithmetic not in ("float32", "integer"):
        raise ModelError(f"graph: arithmetic: expected float32 or integer, found {graph.arithmetic!r}")
    if not isinstance(graph.timesteps, (int, np.integer)) or not 1 <= graph.timesteps <= MAX_TIMESTEPS:
        raise ModelError(f"graph: timesteps: expected 1 to {MAX_TIMESTEPS}, found {graph.timesteps!r}")
    if not 3 <= len(graph.nodes) <= MAX_NODES:
        raise ModelError(f"graph: expected 3 to {MAX_NODES} nodes, found {len(graph.nodes)}")
    places = {Input: 0, Readout: len(graph.nodes) - 2, Exit: len(graph.nodes) - 1}
    for index, node in enumerate(graph):
        for kind, place in places.items():
            if isinstance(node, kind) != (index == place):
                raise ModelError(
                    f"graph: expected one input first, one readout and one exit last, found {node.kind} "
                    f"{node.name!r} at place {index} of {len(graph.nodes)}"
                )
        if type(node) is Pool2d or type(node) is Node:
            raise ModelError(
                f"node {node.name!r}: expected a node of a kind, found the base class {node.kind}"
            )


def _check_names(graph: Graph) -> None:
    seen: set[str] = set()
    for node in graph:
        if not isinstance(node.name, str) or not node.name:
            raise ModelError(f"graph: expected every node to have a name, found {node.name!r} ({node.kind})")
        if node.name in seen:
            raise ModelError(f"graph: expected unique node names, found {node.name!r} twice; rename one")
        seen.add(node.name)


def _check_shape_itself(node: Node) -> None:
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


def _check_edges(node: Node, index: int, position: dict[str, int]) -> None:
    lowest, highest = (
        (0, 0) if isinstance(node, Input) else (1, MAX_ADD_INPUTS if isinstance(node, Add) else 1)
    )
    if not lowest <= len(node.inputs) <= highest:
        wanted = f"{lowest} to {highest}" if lowest != highest else str(lowest)
        raise complaint(node, "inputs", wanted, len(node.inputs))
    last = len(position) - 1
    for edge in node.inputs:
        if edge.source not in position:
            raise complaint(node, "input", "the name of a node", repr(edge.source))
        if edge.delay not in (0, 1):
            raise complaint(node, f"delay of input {edge.source!r}", "0 or 1", edge.delay)
        source = position[edge.source]
        if edge.delay == 0 and source >= index:
            raise complaint(node, "input", "a node before it, or a delay of 1", repr(edge.source))
        if edge.delay == 1 and source <= index:
            raise complaint(node, "delayed input", "a node after it in the list", repr(edge.source))
        if source == last or (source == last - 1 and index != last):
            raise complaint(node, "input", "a node other than readout and exit", repr(edge.source))
    if isinstance(node, Exit) and position[node.inputs[0].source] != last - 1:
        raise complaint(node, "input", "the readout", repr(node.inputs[0].source))
    if isinstance(node, Flatten) and node.inputs[0].delay:
        raise complaint(
            node, "input", "no delay (a flatten moves nothing); delay its reader's edge", "a delay of 1"
        )


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
