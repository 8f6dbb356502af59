"""What a model takes: bytes of its file, its arena and every node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.format.model import Model
from snnrt.ir.graph import Conv2d, Dense, Neuron


@dataclass(frozen=True)
class NodeInfo:
    """Bytes of one node: weights in the file, states, output; ``arena_offset`` of the output (None if it
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
        arrays: list[np.ndarray | None] = []
        if isinstance(node, (Dense, Conv2d)):
            arrays = [node.weights, node.bias]
        elif isinstance(node, Neuron):
            arrays = [getattr(node, name) for name in Neuron.PARAMETERS]
        weights = sum(array.nbytes for array in arrays if array is not None)
        state = sum(plan.bytes.get((node.name, role), 0) for role in ("state", "synapse"))
        output = plan.bytes.get((node.name, "output"), 0)
        offset = plan.offsets.get((node.name, "output"))
        dtype = "" if node is graph.exit else model.types[node.name]
        nodes.append(NodeInfo(node.name, dtype, weights, state, output, offset))
    return FileInfo(len(model.raw), model.info.arena_bytes, tuple(nodes))
