"""What a model takes: bytes of its file, its arena and every node."""

from __future__ import annotations

from dataclasses import dataclass

from snnrt.format.model import Model


@dataclass(frozen=True)
class NodeInfo:
    """Bytes of one node: arrays in the file, states, output; ``arena_offset`` of the output (None if it
    has no memory of its own)."""

    name: str
    dtype: str
    weight_bytes: int
    state_bytes: int
    output_bytes: int
    arena_offset: int | None


@dataclass(frozen=True)
class FileInfo:
    """What a model needs: bytes of its file, bytes of arena, and the same by node."""

    file_bytes: int
    arena_bytes: int
    nodes: tuple[NodeInfo, ...]


def file_info(model: Model) -> FileInfo:
    """Sizes of the file, the arena and every node."""
    graph, plan = model.graph, model.plan
    nodes = []
    for node in graph:
        arrays = (getattr(node, array.name) for array in node.KIND.arrays)
        weights = sum(array.nbytes for array in arrays if array is not None)
        state = plan.bytes.get((node.name, "state"), 0)
        output = plan.bytes.get((node.name, "output"), 0)
        offset = plan.offsets.get((node.name, "output"))
        dtype = "" if node is graph.exit else model.types[node.name]
        nodes.append(NodeInfo(node.name, dtype, weights, state, output, offset))
    return FileInfo(len(model.raw), model.info.arena_bytes, tuple(nodes))
