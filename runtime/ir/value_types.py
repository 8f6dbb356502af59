"""What a node's output holds: its dtype on the device, and the largest value an integer one can take."""

from __future__ import annotations

from typing import Literal

from snnrt.errors import ModelError
from snnrt.ir.graph import (
    Add,
    AvgPool2d,
    Conv2d,
    Dense,
    Flatten,
    Graph,
    Input,
    Neuron,
    Node,
    Pool2d,
    SumPool2d,
)

ValueType = Literal["bits", "int16", "int32", "float32"]
LARGEST_INT16 = 32767


def output_types(graph: Graph) -> dict[str, ValueType]:
    """The dtype of each node's output (docs/ir.md): bits, int16, int32 or float32.

    Raises ModelError where poolings and flattens feed each other in a circle, so that none has a type.
    """
    nodes = {node.name: node for node in graph}
    types: dict[str, ValueType] = {}
    # a pooling or flatten takes its type from its source: follow the chain to a node that has its own
    for start in graph:
        chain: list[Node] = []
        node = start
        while node.name not in types:
            own = _own_type(node, graph.arithmetic)
            if own is not None:
                types[node.name] = own
                break
            if node in chain:
                raise ModelError(
                    f"node {node.name!r} ({node.kind}): reads itself with no neuron or add between"
                )
            chain.append(node)
            node = nodes[node.inputs[0].source]
        for follower in reversed(chain):
            source = types[follower.inputs[0].source]
            if isinstance(follower, Flatten):
                types[follower.name] = source
            elif not graph.integer:
                types[follower.name] = "float32"
            else:
                types[follower.name] = "int32" if source == "int32" else "int16"
    return types


def _own_type(node: Node, arithmetic: str) -> ValueType | None:
    """The type that does not depend on the source's; None for a pooling or flatten."""
    if isinstance(node, (Pool2d, Flatten)):
        return None
    if isinstance(node, Neuron) and node.threshold is not None and not node.multiple:
        return "bits"
    if arithmetic == "float32":
        return "float32"
    if isinstance(node, Neuron):
        return "int32" if node.threshold is None else "int16"
    if isinstance(node, Input) or (isinstance(node, Add) and not node.as_current):
        return "int16"
    return "int32"


def largest_values(graph: Graph) -> dict[str, int]:
    """The largest absolute value of each int16 or bits output of an int8 graph (docs/ir.md).

    What reads int16 must be given int16 (:func:`snnrt.ir.number_checks.check_numbers` looks at that first).
    Raises ModelError where it does not fit int16, or where a loop without a neuron makes it grow without end.
    """
    nodes = {node.name: node for node in graph}
    types = output_types(graph)
    largest: dict[str, int] = {}
    for start in graph:
        pending = [start] if types[start.name] in ("bits", "int16") else []
        open_nodes: set[str] = set()
        while pending:
            node = pending[-1]
            if node.name in largest:
                pending.pop()
                continue
            missing = [nodes[e.source] for e in _bounding_edges(node) if e.source not in largest]
            if missing:
                if node.name in open_nodes:
                    raise ModelError(
                        f"node {node.name!r} ({node.kind}): int16 values in a loop without a neuron have no "
                        "bound; put a neuron in the loop or use --numbers float32"
                    )
                open_nodes.add(node.name)
                pending.extend(missing)
                continue
            pending.pop()
            value = _largest(node, largest)
            if value > LARGEST_INT16:
                raise ModelError(
                    f"node {node.name!r} ({node.kind}): values can reach {value}, expected at most "
                    f"{LARGEST_INT16}; use a smaller window, fewer spikes a step, or --numbers float32"
                )
            largest[node.name] = value
    return largest


def _bounding_edges(node: Node) -> tuple:
    return node.inputs if isinstance(node, (Pool2d, Flatten, Add)) else ()


def _largest(node: Node, largest: dict[str, int]) -> int:
    if isinstance(node, Input):
        return int(node.peak)
    if isinstance(node, Neuron):
        return int(node.max_spikes) if node.multiple else 1
    if isinstance(node, Add):
        return sum(largest[edge.source] for edge in node.inputs)
    value = largest[node.inputs[0].source]
    if isinstance(node, (SumPool2d, AvgPool2d)):
        return value * node.kernel[0] * node.kernel[1]
    return value


def fan_in(node: Dense | Conv2d) -> int:
    """How many inputs one output reads."""
    return int(node.weights[0].size)
