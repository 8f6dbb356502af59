"""Networks whose input are potentials over time, of which those above a threshold spike and compete."""

from __future__ import annotations

import numpy as np

import snnrt
from snnrt.ir.build import GraphBuilder, Value
from snnrt.ir.graph import Arithmetic, Graph
from snnrt.ir.node import Node

WIDE = {"low": -1000.0, "high": 1000.0}
"""The range of potentials."""
UNITS = 64
"""In integers, of potential 1."""


def copied(g: GraphBuilder, spikes: Value, name: str) -> Value:
    """The same spikes, from neurons called ``name``: a run records those of neurons."""
    leak, one = (0, 1) if g.arithmetic == "integer" else (0.0, 1.0)
    return g.lif(g.add(spikes, as_current=True), leak, one, reset="none", name=name)


def competing(
    kind: type[Node], shape: tuple[int, ...], timesteps: int, threshold: float, arithmetic: Arithmetic,
    decided: bool = True, **fields: int,
) -> Graph:  # fmt: skip
    """Spikes where an input is above ``threshold``, through a node of ``kind``, which the potentials decide
    or not; ``seen`` are the spikes that are left."""
    integer = arithmetic == "integer"
    units = {"scale": 1 / UNITS, "peak": 32767} if integer else {}
    g = GraphBuilder(shape, encoding="spikes", timesteps=timesteps, arithmetic=arithmetic, **units, **WIDE)
    potentials = g.add(g.input, as_current=True)
    limit = int(threshold * UNITS) if integer else threshold
    spikes = g.lif(potentials, 0 if integer else 0.0, limit, reset="none", strict=True)
    x = g.node(kind, *((spikes, potentials) if decided else (spikes,)), **fields)
    x = copied(g, x, "seen")
    if len(shape) == 3:
        x = g.flatten(x, channels_last=True)
    return g.finish(x, scale=np.ones(x.shape) if integer else None)


def times(graph: Graph, x: np.ndarray, device: str) -> np.ndarray:
    """First timestep (N, *shape) of each element of ``seen``, 255 where there is none; ``x`` (N, T, …)."""
    spikes = snnrt.Network(graph).run(x, device=device, record=("spikes",)).spikes["seen"] != 0
    return np.where(spikes.any(1), spikes.argmax(1), 255)
