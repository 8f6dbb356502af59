"""Convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from ir.nodes import window as windows
from ir.nodes.weighted import draw_arrays, malformed, scalar_sum
from node_cases import Malformed
from scalar_numbers import Values, window

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import Conv2d, Edge

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = Conv2d
SHARE = 0.5


def draw(
    graph: GrowingGraph, x: Value, outputs: int | None = None, same: bool = False, name: str | None = None
) -> Value | None:
    """``same``: 3×3, and the output has the map's size."""
    if len(x.shape) != 3 or not graph.weighable(x):
        return None
    shape = windows.draw_window(graph, x.shape, dilate=True)
    if same:
        shape = {"kernel": (3, 3), "stride": (1, 1), "padding": (1, 1, 1, 1), "dilation": (1, 1)}
    channels, kernel = x.shape[0], shape.pop("kernel")
    divisors = [g for g in range(1, channels + 1) if channels % g == 0]
    groups = int(graph.rng.choice(divisors)) if graph.chance(0.5) else 1
    if outputs is None:
        outputs = groups * graph.pick(1, 2 if groups > 1 else 4)
    elif outputs % groups:
        groups = 1
    x = graph.held(x, channels // groups * kernel[0] * kernel[1])
    arrays = draw_arrays(graph, (outputs, channels // groups, *kernel), graph.largest[x.name])
    return graph.node(Conv2d, x, groups=groups, name=name, **shape, **arrays)


def scalar(net: Scalar, node: Conv2d, sources: list[Values]) -> Values:
    """Window after window, group after group, channels last."""
    shape, result = net.shapes[node.inputs[0].source], {}
    of_group, per_group = node.weights.shape[1], node.shape[0] // node.groups
    for y in range(node.shape[1]):
        for x in range(node.shape[2]):
            places = window(node, y, x, node.weights.shape[2:], shape)
            for group in range(node.groups):
                first = group * of_group
                inputs = [sources[0][first + c, py, px] for _, _, py, px in places for c in range(of_group)]
                net.count(inputs, per_group)
                for o in range(group * per_group, (group + 1) * per_group):
                    weights = [node.weights[o, c, ky, kx] for ky, kx, _, _ in places for c in range(of_group)]
                    result[o, y, x] = scalar_sum(net, node, o, list(zip(weights, inputs)))
    return result


def plain(g: GraphBuilder) -> Value:
    return g.conv2d(g.input, np.ones((4, 2, 3, 3), int), padding=1, name="it")


def _ones(*shape: int) -> np.ndarray:
    return np.ones(shape, np.float32)


MALFORMED = [
    *malformed((4, 2, 3, 3)),
    *windows.MALFORMED,
    Malformed("float32", {"weights": _ones(4, 3, 3, 3)}, ("weights", "2 input channels")),
    Malformed("float32", {"weights": _ones(4, 2, 7, 3)}, ("kernel", "7")),
    Malformed("float32", {"groups": 3}, ("groups",)),
    Malformed("float32", {"groups": 0}, ("groups", "0")),
    Malformed("float32", {"dilation": (1,)}, ("dilation", "(1,)")),
    Malformed("float32", {"dilation": (0, 1)}, ("dilation", "(0, 1)")),
    Malformed("float32", {"inputs": (Edge("input"),) * 2}, ("inputs", "2")),
    Malformed("float32", {"shape": (4, 3, 4)}, ("(4, 4, 4)", "(4, 3, 4)")),
]
