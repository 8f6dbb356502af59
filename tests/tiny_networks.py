"""Networks of many nodes that have almost nothing to do: what a step takes for them is dispatch."""

from __future__ import annotations

import numpy as np

from snnrt import GraphBuilder
from snnrt.ir.graph import Graph

KINDS = ("add", "neuron", "dense", "conv2d", "sum_pool2d")


def tiny_network(kind: str, count: int) -> tuple[Graph, np.ndarray]:
    """``count`` nodes of a kind, each of one element, one after the other (a spiking neuron after each dense
    and conv2d), in int8, and a silent input (1, 2, 1, 1, 1)."""
    g = GraphBuilder((1, 1, 1), encoding="spikes", timesteps=2, arithmetic="integer", name="x")
    image = kind in ("conv2d", "sum_pool2d")
    leaky = {"beta": 16384, "threshold": 100}
    x = g.input
    if not image:
        x = g.dense(g.flatten(x, name="flat"), [[1]], scale=[1], name="first")
        x = g.lif(x, **leaky, name="spikes") if kind == "dense" else x
    for place in range(count):
        name = f"{kind}{place}"
        if kind == "add":
            x = g.add(x, as_current=True, name=name)
        elif kind == "neuron":
            x = g.neuron(x, membrane=16384, reset="none", name=name)
        elif kind == "dense":
            x = g.lif(g.dense(x, [[1]], scale=[1], name=name), **leaky, name=f"after{place}")
        elif kind == "conv2d":
            x = g.lif(g.conv2d(x, [[[[1]]]], scale=[1], name=name), **leaky, name=f"after{place}")
        else:
            x = g.sum_pool2d(x, kernel=1, stride=1, name=name)
    if image:
        x = g.flatten(x, name="flat")
    if kind in ("conv2d", "sum_pool2d", "dense"):
        x = g.dense(x, [[1]], scale=[1], name="last")
    return g.finish(x, scale=[1]), np.zeros((1, 2, 1, 1, 1), np.float32)
