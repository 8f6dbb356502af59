"""Where each output and state lies in the arena.

A buffer that lives for a part of the timestep shares bytes with others that live at other times.
Greedy: what is kept first, then by size, each at the lowest offset that is free during its life.
"""

from __future__ import annotations

from dataclasses import dataclass

from snnrt.ir.graph import Graph, Readout
from snnrt.ir.node import Node
from snnrt.ir.rows import rows_elements
from snnrt.ir.spec import ValueType, output_bytes
from snnrt.ir.value_types import output_types

ALIGNMENT = 8


@dataclass(frozen=True)
class Buffer:
    """``bytes`` in use from node ``first`` to node ``last`` of each step; ``kept``: from step to step."""

    node: str
    role: str
    bytes: int
    first: int
    last: int
    kept: bool


@dataclass(frozen=True)
class MemoryPlan:
    """Arena offsets by (node name, role), role ``output`` or ``state`` (a block of all of a node's states);
    all in bytes."""

    offsets: dict[tuple[str, str], int]
    bytes: dict[tuple[str, str], int]
    arena_bytes: int


def aligned(size: int) -> int:
    """``size`` up to the next multiple of 8."""
    return -(-size // ALIGNMENT) * ALIGNMENT


def state_offsets(node: Node, integer: bool, type_: ValueType) -> dict[str, int]:
    """Where each of a node's states begins in its block; each begins at a multiple of 8."""
    offsets, end = {}, 0
    for state in node.states(integer, type_):
        offsets[state.name] = aligned(end)
        end = offsets[state.name] + state.bytes
    return offsets


def state_bytes(node: Node, integer: bool, type_: ValueType) -> int:
    """Bytes of a node's block of states, 0 where it has none."""
    states = node.states(integer, type_)
    return state_offsets(node, integer, type_)[states[-1].name] + states[-1].bytes if states else 0


def buffers(graph: Graph) -> list[Buffer]:
    """Every buffer of a graph with its life, in execution order."""
    dtypes = output_types(graph)
    static = graph.static_nodes()
    aliases = {node.name for node in graph if "alias" in node.KIND.traits}
    root = {node.name: node.inputs[0].source if node.name in aliases else node.name for node in graph}
    last_use = {node.name: index for index, node in enumerate(graph)}
    delayed: set[str] = set()
    for index, node in enumerate(graph):
        for edge in node.inputs:
            if edge.delay:
                delayed.add(root[edge.source])
            else:
                # the neurons behind still run while rows are being computed
                last = index + 1 if rows_elements(node) else index
                last_use[root[edge.source]] = max(last_use[root[edge.source]], last)
    found: list[Buffer] = []
    for index, node in enumerate(graph):
        if "memory" in node.KIND.traits:
            kept = isinstance(node, Readout) or node.name in static or node.name in delayed
            elements = rows_elements(node) or node.elements
            size = output_bytes(elements, dtypes[node.name])
            found.append(Buffer(node.name, "output", size, index, last_use[node.name], kept))
        block = state_bytes(node, graph.integer, dtypes[node.name])
        if block:
            found.append(Buffer(node.name, "state", block, index, index, True))
    return found


def cleared_bytes(graph: Graph) -> int:
    """What a reset sets to zero: what a node reads of the timestep before."""
    static = graph.static_nodes()
    return sum(
        -(-buffer.bytes // 4) * 4 for buffer in buffers(graph) if buffer.kept and buffer.node not in static
    )


def _conflict(a: Buffer, b: Buffer) -> bool:
    return a.kept or b.kept or (a.first <= b.last and b.first <= a.last)


def plan_memory(graph: Graph) -> MemoryPlan:
    """Offsets for every buffer; the arena is exactly as large as the highest end, rounded up to 8."""
    placed: list[tuple[int, int, Buffer]] = []
    every = buffers(graph)
    kept = [buffer for buffer in every if buffer.kept]
    shared = sorted((buffer for buffer in every if not buffer.kept), key=lambda buffer: -buffer.bytes)
    for buffer in kept + shared:
        offset = 0
        busy = sorted((start, end) for start, end, other in placed if _conflict(buffer, other))
        for start, end in busy:
            if offset + buffer.bytes <= start:
                break
            offset = max(offset, aligned(end))
        placed.append((offset, offset + buffer.bytes, buffer))
    end = max((end for _, end, _ in placed), default=0)
    return MemoryPlan(
        offsets={(buffer.node, buffer.role): start for start, _, buffer in placed},
        bytes={(buffer.node, buffer.role): buffer.bytes for buffer in every},
        arena_bytes=aligned(end),
    )
