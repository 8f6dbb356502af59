"""Sums of what meets at a node, and which of them are currents.

Neurons read currents, which int8 keeps in 32 bits; spikes and pixels that reach one directly pass an Add.
"""

from __future__ import annotations

from collections.abc import Mapping

from snnrt.converters.common.connections import Connections, Read
from snnrt.converters.common.drafts import Draft, MergeDraft
from snnrt.converters.common.names import Names
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.common.wired import Wired
from snnrt.converters.passes.fold import Scale
from snnrt.errors import ModelError
from snnrt.ir.graph import Add, Concatenate, Conv2d, Dense, Edge, Flatten, Neuron, Node, Pool2d, Shape
from snnrt.ir.spec import MAX_EDGES, ValueType

LISTED = 4
"""Of inputs that do not fit together, so many are named."""


def add_sum(
    nodes: dict[str, Wired], names: Names, name: str, reads: list[Read], shape: Shape, current: bool
) -> None:
    """Append to ``nodes`` the sum ``name`` of ``reads``, in several Adds where one can't hold them all."""
    while len(reads) > MAX_EDGES:
        part = names.fresh(f"{name}.part")
        nodes[part] = Wired(Add(part, (), shape, as_current=current), reads[:MAX_EDGES])
        reads = [(part, 0), *reads[MAX_EDGES:]]
    nodes[name] = Wired(Add(name, (), shape, as_current=current), reads)


def check_sums(drafts: Mapping[str, Draft], connections: Connections, shapes: Mapping[str, Shape]) -> None:
    """Raise ModelError where inputs of different ``shapes`` meet at a node."""
    for name, reads in connections.reads.items():
        if isinstance(drafts.get(name), MergeDraft):
            continue
        found = {shapes[origin] for origin, _ in reads}
        if len(found) > 1:
            words = ", ".join(f"{origin!r} {shapes[origin]}" for origin, _ in reads[:LISTED])
            where = SourceNode(name, drafts[name].kind)
            raise ModelError(f"{where}: expected inputs of equal shape, found {words}")


def feed_currents(nodes: dict[str, Wired], names: Names) -> None:
    """Put an Add before each neuron that reads spikes or the input directly."""
    for name, wired in list(nodes.items()):
        if isinstance(wired.node, Neuron) and not _is_current(nodes, wired.reads[0][0]):
            total = names.fresh(f"{name}.current")
            nodes[total] = Wired(Add(total, (), wired.node.shape, as_current=True), wired.reads)
            wired.reads = [(total, 0)]


def _is_current(nodes: Mapping[str, Wired], name: str) -> bool:
    seen: set[str] = set()
    while name not in seen:
        seen.add(name)
        node = nodes[name].node
        if not isinstance(node, (Pool2d, Flatten)):
            return _starts_current(node)
        name = nodes[name].reads[0][0]
    return False


def _starts_current(node: Node) -> bool:
    if isinstance(node, Neuron):
        return node.threshold is None
    return isinstance(node, (Dense, Conv2d, Scale)) or (isinstance(node, Add) and node.as_current)


def numbers_alike(nodes: tuple[Node, ...], names: Names) -> tuple[Node, ...]:
    """The nodes, with an Add of one input behind spikes that are concatenated with numbers."""
    types: dict[str, ValueType | None] = {}
    # a delayed source stands behind its reader
    for _ in range(2):
        for node in nodes:
            first = types.get(node.inputs[0].source) if node.inputs else None
            types[node.name] = "float32" if isinstance(node, Scale) else node.output_type(False, first)
    result: list[Node] = []
    for node in nodes:
        if isinstance(node, Concatenate) and len({types[edge.source] for edge in node.inputs}) > 1:
            edges = []
            for edge in node.inputs:
                if types[edge.source] == "bits":
                    source = next(one for one in nodes if one.name == edge.source)
                    name = names.fresh(f"{edge.source}.numbers")
                    result.append(Add(name, (edge,), source.shape))
                    edge = Edge(name)
                edges.append(edge)
            node = node.with_(inputs=tuple(edges))
        result.append(node)
    return tuple(result)


def as_currents(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Mark the sums of currents."""
    current = {node.name for node in nodes if _starts_current(node)}
    grew = True
    while grew:
        grew = False
        for node in nodes:
            passes = isinstance(node, (Add, Pool2d, Flatten)) and any(
                edge.source in current for edge in node.inputs
            )
            if passes and node.name not in current:
                current.add(node.name)
                grew = True
    return tuple(
        node.with_(as_current=True) if isinstance(node, Add) and node.name in current else node
        for node in nodes
    )
