"""Networks of many nodes that have almost nothing to do: what a step takes for them is dispatch."""

from __future__ import annotations

import numpy as np

from snnrt.ir.graph import (
    Add,
    Conv2d,
    Dense,
    Edge,
    Exit,
    Flatten,
    Graph,
    Input,
    Neuron,
    Node,
    Readout,
    SumPool2d,
)

KINDS = ("add", "neuron", "dense", "conv2d", "sum_pool2d")


def tiny_network(kind: str, count: int) -> tuple[Graph, np.ndarray]:
    """``count`` nodes of a kind, each of one element, one after the other (a spiking neuron after each dense
    and conv2d), in int8, and a silent input (1, 2, 1, 1, 1)."""
    nodes: list[Node] = [Input("x", (), (1, 1, 1), encoding="spikes", scale=1.0, peak=1)]
    image = kind in ("conv2d", "sum_pool2d")

    def append(node: Node) -> None:
        nodes.append(node)

    def source() -> tuple[Edge, ...]:
        return (Edge(nodes[-1].name),)

    def dense(name: str) -> Dense:
        return Dense(name, source(), (1,), weights=np.ones((1, 1), np.int8), scale=np.ones(1, np.float32))

    def neuron(name: str, reset: str) -> Neuron:
        threshold = None if reset == "none" else np.array(100, np.int32)
        membrane = np.array(16384, np.int32)
        return Neuron(name, source(), nodes[-1].shape, membrane=membrane, threshold=threshold, reset=reset)

    if not image:
        append(Flatten("flat", source(), (1,)))
        append(dense("first"))
        if kind == "dense":
            append(neuron("spikes", "subtract"))
    for place in range(count):
        name = f"{kind}{place}"
        if kind == "add":
            append(Add(name, source(), (1,), as_current=True))
        elif kind == "neuron":
            append(neuron(name, "none"))
        elif kind == "dense":
            append(dense(name))
            append(neuron(f"after{place}", "subtract"))
        elif kind == "conv2d":
            weights, scale = np.ones((1, 1, 1, 1), np.int8), np.ones(1, np.float32)
            append(Conv2d(name, source(), (1, 1, 1), weights=weights, scale=scale))
            append(neuron(f"after{place}", "subtract"))
        else:
            append(SumPool2d(name, source(), (1, 1, 1), kernel=(1, 1), stride=(1, 1)))
    if image:
        append(Flatten("flat", source(), (1,)))
    if kind in ("conv2d", "sum_pool2d", "dense"):
        append(dense("last"))
    append(Readout("readout", source(), (1,), scale=np.ones(1, np.float32)))
    append(Exit("exit", (Edge("readout"),), (1,), rule="never"))
    return Graph(tuple(nodes), 2, "integer"), np.zeros((1, 2, 1, 1, 1), np.float32)
