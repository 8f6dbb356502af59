"""What a node's output holds: its type on the device, and the largest value an integer one can take."""

from __future__ import annotations

from snnrt.errors import ModelError
from snnrt.ir.graph import Graph
from snnrt.ir.node import Node
from snnrt.ir.spec import LARGEST_INT16, ValueType


def output_types(graph: Graph) -> dict[str, ValueType]:
    """The type of each node's output (docs/ir.md): bits, int16, int32 or float32.

    Raises ModelError where nodes that take their type from their source feed each other in a circle, so
    that none has a type.
    """
    nodes = {node.name: node for node in graph}
    types: dict[str, ValueType] = {}
    for start in graph:
        chain: list[Node] = []
        node = start
        while node.name not in types:
            own = node.output_type(graph.integer, None)
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
            found = follower.output_type(graph.integer, types[follower.inputs[0].source])
            assert found is not None
            types[follower.name] = found
    return types


def largest_values(graph: Graph) -> dict[str, int]:
    """The largest absolute value of each int16 or bits output of an integer graph (docs/ir.md).

    What reads int16 must be given int16 (:func:`snnrt.ir.graph_checks.check_graph` looks at that first).
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
            edges = node.inputs if node.bounded_by_inputs else ()
            missing = [nodes[edge.source] for edge in edges if edge.source not in largest]
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
            largest[node.name] = largest_value(node, [largest[edge.source] for edge in edges])
    return largest


def largest_value(node: Node, sources: list[int]) -> int:
    """The largest absolute value of a node's int16 or bits output, for those of its inputs.

    Raises ModelError where it does not fit int16.
    """
    value = node.largest(sources)
    if value > LARGEST_INT16:
        raise ModelError(
            f"node {node.name!r} ({node.kind}): values can reach {value}, expected at most "
            f"{LARGEST_INT16}; use a smaller window, fewer spikes a step, or --numbers float32"
        )
    return value
