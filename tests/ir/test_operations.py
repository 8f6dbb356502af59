"""How much a timestep can take."""

from __future__ import annotations

import numpy as np

from snnrt import GraphBuilder
from snnrt.ir.operations import dense_operations


def test_every_weight_window_and_element_counts() -> None:
    g = GraphBuilder((2, 6, 6))
    x = g.conv2d(g.input, np.ones((4, 1, 3, 3)), groups=2, stride=2, padding=1, name="conv")
    x = g.avg_pool2d(x, (3, 2), stride=1, name="pool")
    x = g.flatten(x)
    x = g.dense(x, np.ones((5, 8)))
    graph = g.finish(x)
    elements = 2 * 36 + 4 * 9 + 4 * 2 + 8 + 5 + 5 + 5
    assert sum(int(np.prod(node.shape)) for node in graph) == elements
    weights = 4 * 9 * 9 + 8 * 5
    assert dense_operations(graph) == 32 * elements + weights + 8 * 6
