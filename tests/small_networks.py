"""Two networks small enough to try every byte of their files, in either numbers, and inputs for them.

:func:`dense_lif` is what the smallest firmware build runs; :func:`every_kind` has every kind of node.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snnrt import GraphBuilder
from snnrt.ir.graph import Graph, Numbers, arithmetic_of
from snnrt.ir.monitor_table import MonitorTable

ENDS = ("r", "e")


class _Values:
    """Random arrays of the graph's numbers; ``unit`` is how many integers make 1.0."""

    def __init__(self, numbers: Numbers, seed: int, unit: int = 20) -> None:
        self.rng = np.random.default_rng(seed)
        self.int8 = numbers == "int8"
        self.unit = unit

    def __call__(self, low: float, high: float, *shape: int) -> np.ndarray:
        values = np.asarray(self.rng.uniform(low, high, shape))
        if self.int8:
            return np.asarray(np.rint(values * self.unit), np.int32)
        return values.astype(np.float32)

    def weights(self, *shape: int) -> np.ndarray:
        values = self(-1.0, 1.2, *shape)
        return values.astype(np.int8) if self.int8 else values

    def decay(self, low: float, high: float, *shape: int) -> np.ndarray:
        values = np.asarray(self.rng.uniform(low, high, shape))
        return np.asarray(np.rint(values * 32768), np.int32) if self.int8 else values.astype(np.float32)

    def scale(self, *shape: int) -> np.ndarray | None:
        return np.full(shape, 1 / self.unit, np.float32) if self.int8 else None


def _builder(values: _Values, shape: tuple[int, ...], encoding: str, timesteps: int) -> GraphBuilder:
    peak = 1 if encoding == "spikes" else 15
    return GraphBuilder(
        shape, encoding=encoding, timesteps=timesteps, name="x", scale=1 / peak, peak=peak,
        arithmetic=arithmetic_of("int8" if values.int8 else "float32"),
    )  # fmt: skip


def dense_lif(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """A constant input, dense, LIF, dense, LIF (reset at the next step), and ``x`` (8, 6)."""
    values = _Values(numbers, seed=6)
    g = _builder(values, (6,), "constant", 6)
    x = g.dense(g.input, values.weights(5, 6), values(-0.1, 0.3, 5), name="d")
    x = g.neuron(
        x, membrane=values.decay(0.9, 0.9), threshold=values(1.0, 1.0), reset_value=values(0.0, 0.0),
        reset="value", name="n",
    )  # fmt: skip
    x = g.dense(x, values.weights(3, 5), name="v")
    x = g.neuron(
        x, membrane=values.decay(0.7, 0.9, 3), threshold=values(0.5, 0.9, 3), reset="subtract",
        reset_next=True, strict=True, scale=values.scale(), name="m",
    )  # fmt: skip
    spike = np.ones(3, np.float32) if values.int8 else None
    graph = g.finish(x, exit=("entropy", 0.75), scale=spike, names=ENDS)
    return graph, values.rng.random((8, 6)).astype(np.float32)


def watched(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """:func:`dense_lif` with a drift monitor of its exit."""
    graph, x = dense_lif(numbers)
    bets = (np.arange(128) * 40 - 3000).astype(np.int16).reshape(8, 16)
    exit = graph.exit.with_(monitor=MonitorTable(30_000, 20, 0, bets).to_words())
    return graph.with_(nodes=(*graph.nodes[:-1], exit)), x


def every_kind(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """Spikes over 3 timesteps through every kind of node, recurrent, and ``x`` (8, 3, 2, 4, 4)."""
    values = _Values(numbers, seed=5)
    image = (2, 4, 4)
    g = _builder(values, image, "spikes", 3)
    conv = g.conv2d(
        g.input, values.weights(2, 1, 3, 2), values(0.0, 0.5, 2), padding=1, dilation=(1, 2), groups=2,
        scale=values.scale(2), name="c",
    )  # fmt: skip
    mixed = g.add(conv, g.delayed("f", image), as_current=True, name="a")
    current_based = g.neuron(
        mixed, membrane=values.decay(0.6, 0.9, 2), synapse=values.decay(0.3, 0.6), bias=values(0.0, 0.2),
        threshold=values(0.6, 1.0, *image), lower_bound=values(-1.0, -1.0),
        initial=values(-0.2, 0.4, *image), reset="subtract", strict=True,
        state_bits=16 if values.int8 else 32, name="s",
    )  # fmt: skip
    g.conv2d(current_based, values.weights(2, 2, 1, 1), name="f")
    if values.int8:
        pooled = g.sum_pool2d(current_based, kernel=2, stride=2, name="p")
    else:
        half = g.sum_pool2d(current_based, kernel=(1, 2), stride=(1, 2), name="h")
        pooled = g.avg_pool2d(half, kernel=(2, 1), stride=(2, 1), name="p")
    flat = g.flatten(g.add(pooled, pooled, name="b"), name="l")
    dense = g.dense(flat, values.weights(3, 8), values(0.0, 0.3, 3), name="d")
    burst = {
        "membrane": values.decay(0.8, 0.8), "threshold": values(0.4, 0.7, 3),
        "reset_value": values(0.0, 0.1, 3), "multiple": True, "max_spikes": 4, "reset": "value",
        "synapse": values.decay(0.5, 0.5), "synapse_order": "previous",
    }  # fmt: skip
    if not values.int8:
        tau = np.asarray(2.0, np.float32)
        leaks = {"integration": "divide", "membrane": tau, "leak": values(0.1, 0.1), "gain": values(1.5, 1.5)}
        burst |= leaks
    spikes = g.neuron(dense, name="n", **burst)
    vote = g.dense(spikes, values.weights(3, 3), name="v")
    integrator = g.neuron(vote, membrane=values.decay(0.8, 0.9), reset="none", name="m")
    graph = g.finish(integrator, "mean", ("entropy", 0.94), scale=values.scale(3), names=ENDS)
    return graph, (values.rng.random((8, 3, *image)) < 0.5).astype(np.float32)


def image_conv(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """A convolution with enough windows for the kernels that take it whole, and ``x`` (4, 3, 7, 7)."""
    values = _Values(numbers, seed=7)
    g = _builder(values, (3, 7, 7), "constant", 3)
    x = g.conv2d(g.input, values.weights(20, 3, 3, 3), padding=1, name="c")
    x = g.lif(x, values.decay(0.9, 0.9), values(1.0, 1.0), name="n")
    x = g.flatten(g.sum_pool2d(x, kernel=7, stride=7, name="p"), name="l")
    x = g.dense(x, values.weights(3, 20), name="d")
    graph = g.finish(x, "mean", ("entropy", 0.1), scale=values.scale(3), names=ENDS)
    return graph, values.rng.random((4, 3, 7, 7)).astype(np.float32)


def readout_only(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """A constant input that is read out, of as many classes as there may be, and ``x`` (2, 4096)."""
    values = _Values(numbers, seed=8)
    g = _builder(values, (4096,), "constant", 2)
    graph = g.finish(g.input, exit=("entropy", 0.5), scale=values.scale(4096), names=ENDS)
    return graph, values.rng.random((2, 4096)).astype(np.float32)


def wide_dense(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """A dense over as many inputs as could overflow its sums if they were larger, and ``x`` (2, 259)."""
    values = _Values(numbers, seed=9)
    g = _builder(values, (259,), "constant", 2)
    x = g.dense(g.input, values.weights(3, 259), name="d")
    graph = g.finish(x, scale=values.scale(3), names=ENDS)
    return graph, values.rng.random((2, 259)).astype(np.float32)


def value_chain(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """Spikes through poolings and sums that pass on what they read, and ``x`` (2, 2, 1, 2, 2)."""
    values = _Values(numbers, seed=10)
    image = (1, 2, 2)
    g = _builder(values, image, "spikes", 2)
    x = g.sum_pool2d(g.input, kernel=1, stride=1, name="p")
    x = g.sum_pool2d(x, kernel=1, stride=1, name="q")
    x = g.flatten(g.add(g.add(x, name="a"), name="b"), name="l")
    x = g.dense(x, values.weights(3, 4), name="d")
    graph = g.finish(x, scale=values.scale(3), names=ENDS)
    return graph, (values.rng.random((2, 2, *image)) < 0.5).astype(np.float32)


def rows_of_currents(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """A convolution whose rows are there one at a time, on spikes, and ``x`` (4, 3, 2, 6, 4)."""
    values = _Values(numbers, seed=13)
    g = _builder(values, (2, 6, 4), "spikes", 3)
    x = g.lif(g.add(g.input, as_current=True, name="a"), values.decay(0.9, 0.9), values(0.4, 0.4), name="m")
    x = g.conv2d(x, values.weights(8, 2, 3, 3), padding=1, name="c")
    x = g.lif(x, values.decay(0.9, 0.9), values(0.7, 0.7), name="n")
    x = g.dense(g.flatten(g.sum_pool2d(x, (6, 4), name="p"), name="l"), values.weights(3, 8), name="d")
    graph = g.finish(x, "mean", ("entropy", 0.3), scale=values.scale(3), names=ENDS)
    return graph, (values.rng.random((4, 3, 2, 6, 4)) < 0.4).astype(np.float32)


def max_pools(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """Maxima of values, of currents and of spikes, whose 20 channels begin anywhere in a word, any and the
    earliest, and ``x`` (4, 3, 2, 8, 8)."""
    values = _Values(numbers, seed=11)
    g = _builder(values, (2, 8, 8), "spikes", 3)
    x = g.max_pool2d(g.input, kernel=3, stride=1, padding=1, name="x1")
    x = g.conv2d(x, values.weights(20, 2, 3, 3), padding=1, name="c")
    x = g.max_pool2d(x, kernel=2, stride=(1, 2), name="x2")
    x = g.lif(x, values.decay(0.9, 0.9), values(0.5, 0.5), name="n")
    x = g.max_pool2d(x, kernel=(3, 2), stride=2, padding=(1, 0), name="x3")
    x = g.max_pool2d(x, kernel=2, stride=1, mode="earliest", name="x4")
    x = g.dense(g.flatten(x, name="l"), values.weights(3, 60), name="d")
    graph = g.finish(x, "mean", ("entropy", 0.5), scale=values.scale(3), names=ENDS)
    return graph, (values.rng.random((4, 3, 2, 8, 8)) < 0.3).astype(np.float32)


def moved_values(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """Values that are padded, delayed and put side by side, and ``x`` (4, 5, 2, 3, 3)."""
    values = _Values(numbers, seed=12)
    g = _builder(values, (2, 3, 3), "spikes", 5)
    x = g.pad2d(g.input, padding=(1, -1, 0, 1), spacing=(2, 1), name="z")
    current = g.conv2d(x, values.weights(3, 2, 1, 1), name="c")
    spikes = g.lif(current, values.decay(0.9, 0.9), values(0.4, 0.4), name="n")
    late = g.delay(spikes, steps=np.array([2, 0, 1]), name="y")
    x = g.concatenate(late, spikes, name="j")
    x = g.dense(g.flatten(x, name="l"), values.weights(3, 120), name="d")
    x = g.delay(x, steps=1, name="q")
    graph = g.finish(x, "maximum", scale=values.scale(3), names=ENDS)
    return graph, (values.rng.random((4, 5, 2, 3, 3)) < 0.4).astype(np.float32)


def competition(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """Spikes that compete for places, the winners of it, and ``x`` (4, 3, 2, 3, 3)."""
    values = _Values(numbers, seed=11)
    image = (2, 3, 3)
    g = _builder(values, image, "spikes", 3)
    current = g.conv2d(g.input, values.weights(3, 2, 2, 2), padding=(0, 1, 0, 1), name="c")
    spikes = g.lif(current, values.decay(1.0, 1.0), values(0.3, 0.3), reset="none", name="n")
    potentials = g.neuron(current, membrane=values.decay(1.0, 1.0), reset="none", name="m")
    x = g.inhibition(spikes, potentials, name="i")
    x = g.winners(x, potentials, k=2, radius=1, name="w")
    x = g.dense(g.flatten(x, name="l"), values.weights(3, 27), name="d")
    graph = g.finish(x, "first_spike", scale=values.scale(3), names=ENDS)
    return graph, (values.rng.random((4, 3, *image)) < 0.3).astype(np.float32)


SMALL_NETWORKS: dict[str, Callable[[Numbers], tuple[Graph, np.ndarray]]] = {
    "dense_lif": dense_lif,
    "every_kind": every_kind,
}
