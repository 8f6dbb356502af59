"""Pooling by the maximum."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ir.nodes.pool2d as pools
import numpy as np
from ir.nodes import window as windows
from node_cases import Malformed
from scalar_numbers import Values, indices, window

from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.nodes import MaxPool2d, Neuron

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar

NODE = MaxPool2d
SHARE = 0.1


def draw(graph: GrowingGraph, x: Value) -> Value | None:
    if len(x.shape) != 3:
        return None
    fields = windows.draw_window(graph, x.shape)
    del fields["dilation"]
    most = [size - 1 for size in fields["kernel"] for _ in range(2)]
    fields["padding"] = tuple(min(pad, limit) for pad, limit in zip(fields["padding"], most))
    for axis in (0, 1):
        if x.shape[1 + axis] + sum(fields["padding"][2 * axis : 2 * axis + 2]) < fields["kernel"][axis]:
            return None
    node = next(node for node in graph.g.nodes if node.name == x.name)
    spikes = isinstance(node, Neuron) and node.spikes and not node.multiple
    mode = "earliest" if spikes and graph.chance(0.7) else "any"
    counted = not graph.current[x.name] and graph.type(x) in ("int16", "float32")
    if counted and graph.chance(0.5):
        mode, fields["inputs_kept"] = "net", int(np.prod(x.shape))
    return graph.node(MaxPool2d, x, **fields, mode=mode)


def scalar_states(net: Scalar, node: MaxPool2d) -> dict[str, Values]:
    shape = net.shapes[node.inputs[0].source]
    return {
        "fired": dict.fromkeys(indices(node.shape), 0),
        "sums": {i: net.number(0) for i in indices(shape)},
    }


def scalar(net: Scalar, node: MaxPool2d, sources: list[Values]) -> Values:
    shape, result = net.shapes[node.inputs[0].source], {}
    fired, sums = net.states[node.name]["fired"], net.states[node.name]["sums"]
    if node.mode == "net":
        before = dict(sums)
        for place, value in sources[0].items():
            sums[place] = sums[place] + value
            if net.integer:
                sums[place] = max(-32768, min(32767, int(sums[place])))
        for c, y, x in indices(node.shape):
            places = [(c, py, px) for _, _, py, px in window(node, y, x, node.kernel, shape)]
            result[c, y, x] = max(sums[place] for place in places) - max(before[place] for place in places)
        return result
    for c, y, x in indices(node.shape):
        values = [sources[0][c, py, px] for _, _, py, px in window(node, y, x, node.kernel, shape)]
        largest = values[0]
        for value in values[1:]:
            if value > largest:
                largest = value
        if node.mode == "earliest":
            if fired[c, y, x]:
                largest = net.number(0)
            fired[c, y, x] |= bool(largest)
        result[c, y, x] = largest
    return result


def plain(g: GraphBuilder) -> Value:
    return g.max_pool2d(g.input, kernel=2, stride=2, name="it")


MALFORMED = [
    *pools.MALFORMED,
    Malformed("float32", {"padding": (2, 0, 0, 0), "shape": (2, 3, 2)}, ("padding", "less than the kernel")),
    Malformed("float32", {"mode": "largest"}, ("mode", "any, earliest", "largest")),
    Malformed("float32", {"mode": "net"}, ("inputs_kept", "32 with mode 'net'", "0")),
    Malformed("float32", {"inputs_kept": 3}, ("inputs_kept", "0 with mode 'any'", "3")),
    Malformed("float32", {"mode": "earliest"}, ("spikes", "float32")),
    Malformed("integer", {"mode": "earliest"}, ("spikes", "int16")),
]
