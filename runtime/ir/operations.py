"""How much a timestep can take: a measure of time, not of events."""

from __future__ import annotations

import numpy as np

from snnrt.ir.graph import Conv2d, Dense, Graph, Pool2d


def dense_operations(graph: Graph) -> int:
    """Weights and window elements that a timestep adds where no input is zero, and 32 for every element of
    every node."""
    operations = 0
    for node in graph:
        elements = int(np.prod(node.shape))
        operations += 32 * elements
        if isinstance(node, Dense):
            operations += node.weights.size
        elif isinstance(node, Conv2d):
            operations += node.weights.size * int(np.prod(node.shape[1:]))
        elif isinstance(node, Pool2d):
            operations += elements * node.kernel[0] * node.kernel[1]
    return operations
