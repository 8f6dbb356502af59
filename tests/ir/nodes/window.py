"""Windows at random, for convolutions and poolings, and malformed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from node_cases import Malformed

from snnrt.ir.graph import Shape

if TYPE_CHECKING:
    from growing_graph import GrowingGraph


def draw_window(graph: GrowingGraph, shape: Shape, dilate: bool = False) -> dict[str, tuple[int, ...]]:
    """Kernel, stride, padding and dilation that fit ``shape``."""
    kernel, stride, padding, dilation = [], [], [], []
    for axis in (1, 2):
        k, s = graph.pick(1, 3), graph.pick(1, 2)
        d = graph.pick(1, 2) if dilate and graph.chance(0.3) else 1
        small = shape[axis] <= 6
        pads = [graph.pick(0, 2), graph.pick(0, 2)] if small and graph.chance(0.5) else [k // 2, k // 2]
        pads[1] += max(0, d * (k - 1) + 1 - shape[axis] - sum(pads))
        kernel.append(k)
        stride.append(s)
        padding += pads
        dilation.append(d)
    window = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    return {name: tuple(values) for name, values in window.items()}


MALFORMED = [
    Malformed("float32", {"stride": (0, 1)}, ("stride", "(0, 1)")),
    Malformed("float32", {"stride": (1, 2.5)}, ("stride", "2.5")),
    Malformed("float32", {"stride": (65536, 1)}, ("stride", "65535")),
    Malformed("float32", {"padding": (1, 1, 1, -1)}, ("padding", "-1")),
    Malformed("float32", {"padding": (1, 1)}, ("padding", "4 integer")),
]
