"""Two networks small enough to try every byte of their files, in either numbers, and inputs for them.

:func:`dense_lif` is what the smallest firmware build runs; :func:`every_kind` has every kind of node.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from snnrt.ir.graph import (
    Add,
    AvgPool2d,
    Conv2d,
    Dense,
    Edge,
    Exit,
    Flatten,
    Graph,
    Input,
    Neuron,
    Node,
    Numbers,
    Readout,
    SumPool2d,
    arithmetic_of,
)


def _edges(*names: str) -> tuple[Edge, ...]:
    return tuple(Edge(name) for name in names)


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


def _input(values: _Values, shape: tuple[int, ...], encoding: str) -> Node:
    peak = 1 if encoding == "spikes" else 15
    return Input("x", (), shape, encoding=encoding, scale=1 / peak, peak=peak)  # type: ignore[arg-type]


def _end(source: Node, scale: np.ndarray | None, mode: str, rule: str, threshold: float) -> tuple[Node, ...]:
    readout = Readout("r", _edges(source.name), source.shape, mode=mode, scale=scale)  # type: ignore[arg-type]
    return readout, Exit("e", _edges("r"), source.shape, rule=rule, threshold=threshold)  # type: ignore[arg-type]


def dense_lif(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """A constant input, dense, LIF, dense, LIF (reset at the next step), and ``x`` (8, 6)."""
    values = _Values(numbers, seed=6)
    drive = Dense("d", _edges("x"), (5,), weights=values.weights(5, 6), bias=values(-0.1, 0.3, 5))
    hidden = Neuron(
        "n", _edges("d"), (5,), membrane=values.decay(0.9, 0.9), threshold=values(1.0, 1.0),
        reset_value=values(0.0, 0.0), reset="value",
    )  # fmt: skip
    vote = Dense("v", _edges("n"), (3,), weights=values.weights(3, 5))
    voters = Neuron(
        "m", _edges("v"), (3,), membrane=values.decay(0.7, 0.9, 3), threshold=values(0.5, 0.9, 3),
        reset="subtract", reset_next=True, strict=True, scale=values.scale(),
    )  # fmt: skip
    nodes = (_input(values, (6,), "constant"), drive, hidden, vote, voters)
    spike = np.ones(3, np.float32) if values.int8 else None
    graph = Graph(nodes + _end(voters, spike, "sum", "entropy", 0.75), 6, arithmetic_of(numbers), {})
    return graph, values.rng.random((8, 6)).astype(np.float32)


def every_kind(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """Spikes over 3 timesteps through every kind of node, recurrent, and ``x`` (8, 3, 2, 4, 4)."""
    values = _Values(numbers, seed=5)
    image = (2, 4, 4)
    conv = Conv2d(
        "c", _edges("x"), image, weights=values.weights(2, 1, 3, 2), bias=values(0.0, 0.5, 2),
        padding=(1, 1, 1, 1), dilation=(1, 2), groups=2, scale=values.scale(2),
    )  # fmt: skip
    mixed = Add("a", (Edge("c"), Edge("f", 1)), image, as_current=True)
    current_based = Neuron(
        "s", _edges("a"), image, membrane=values.decay(0.6, 0.9, 2), synapse=values.decay(0.3, 0.6),
        bias=values(0.0, 0.2), threshold=values(0.6, 1.0, *image), lower_bound=values(-1.0, -1.0),
        initial=values(-0.2, 0.4, *image), reset="subtract", strict=True,
        state_bits=16 if values.int8 else 32,
    )  # fmt: skip
    feedback = Conv2d("f", _edges("s"), image, weights=values.weights(2, 2, 1, 1))
    pooled: tuple[Node, ...]
    if values.int8:
        pooled = (SumPool2d("p", _edges("s"), (2, 2, 2)),)
    else:
        half = SumPool2d("h", _edges("s"), (2, 4, 2), kernel=(1, 2), stride=(1, 2))
        pooled = (half, AvgPool2d("p", _edges("h"), (2, 2, 2), kernel=(2, 1), stride=(2, 1)))
    doubled = Add("b", _edges("p", "p"), (2, 2, 2))
    flat = Flatten("l", _edges("b"), (8,))
    dense = Dense("d", _edges("l"), (3,), weights=values.weights(3, 8), bias=values(0.0, 0.3, 3))
    burst = Neuron(
        "n", _edges("d"), (3,), membrane=values.decay(0.8, 0.8), threshold=values(0.4, 0.7, 3),
        reset_value=values(0.0, 0.1, 3), multiple=True, max_spikes=4, reset="value",
        synapse=values.decay(0.5, 0.5), synapse_order="previous",
    )  # fmt: skip
    if not values.int8:
        tau = np.asarray(2.0, np.float32)
        burst = burst.with_(integration="divide", membrane=tau, leak=values(0.1, 0.1), gain=values(1.5, 1.5))
    vote = Dense("v", _edges("n"), (3,), weights=values.weights(3, 3))
    integrator = Neuron("m", _edges("v"), (3,), membrane=values.decay(0.8, 0.9), reset="none")
    nodes = (
        _input(values, image, "spikes"), conv, mixed, current_based, feedback, *pooled, doubled, flat, dense,
        burst, vote, integrator, *_end(integrator, values.scale(3), "mean", "entropy", 0.94),
    )  # fmt: skip
    x = (values.rng.random((8, 3, *image)) < 0.5).astype(np.float32)
    return Graph(nodes, 3, arithmetic_of(numbers), {}), x


def image_conv(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """A convolution with enough windows for the kernels that take it whole, and ``x`` (4, 3, 7, 7)."""
    values = _Values(numbers, seed=7)
    image = (20, 7, 7)
    conv = Conv2d("c", _edges("x"), image, weights=values.weights(20, 3, 3, 3), padding=(1, 1, 1, 1))
    spikes = Neuron("n", _edges("c"), image, membrane=values.decay(0.9, 0.9), threshold=values(1.0, 1.0))
    spikes = spikes.with_(reset="subtract")
    pooled = SumPool2d("p", _edges("n"), (20, 1, 1), kernel=(7, 7), stride=(7, 7))
    flat = Flatten("l", _edges("p"), (20,))
    dense = Dense("d", _edges("l"), (3,), weights=values.weights(3, 20))
    nodes = (_input(values, (3, 7, 7), "constant"), conv, spikes, pooled, flat, dense)
    graph = Graph(nodes + _end(dense, values.scale(3), "mean", "entropy", 0.1), 3, arithmetic_of(numbers), {})
    return graph, values.rng.random((4, 3, 7, 7)).astype(np.float32)


def readout_only(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """A constant input that is read out, of as many classes as there may be, and ``x`` (2, 4096)."""
    values = _Values(numbers, seed=8)
    source = _input(values, (4096,), "constant")
    graph = Graph((source, *_end(source, values.scale(4096), "sum", "entropy", 0.5)), 2, arithmetic_of(numbers), {})
    return graph, values.rng.random((2, 4096)).astype(np.float32)


def wide_dense(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """A dense over as many inputs as could overflow its sums if they were larger, and ``x`` (2, 259)."""
    values = _Values(numbers, seed=9)
    dense = Dense("d", _edges("x"), (3,), weights=values.weights(3, 259))
    nodes = (_input(values, (259,), "constant"), dense)
    graph = Graph(nodes + _end(dense, values.scale(3), "sum", "never", 0.0), 2, arithmetic_of(numbers), {})
    return graph, values.rng.random((2, 259)).astype(np.float32)


def value_chain(numbers: Numbers) -> tuple[Graph, np.ndarray]:
    """Spikes through poolings and sums that pass on what they read, and ``x`` (2, 2, 1, 2, 2)."""
    values = _Values(numbers, seed=10)
    image = (1, 2, 2)
    window = {"kernel": (1, 1), "stride": (1, 1)}
    chain: tuple[Node, ...] = (
        SumPool2d("p", _edges("x"), image, **window), SumPool2d("q", _edges("p"), image, **window),
        Add("a", _edges("q"), image), Add("b", _edges("a"), image), Flatten("l", _edges("b"), (4,)),
    )  # fmt: skip
    dense = Dense("d", _edges("l"), (3,), weights=values.weights(3, 4))
    nodes = (_input(values, image, "spikes"), *chain, dense)
    graph = Graph(nodes + _end(dense, values.scale(3), "sum", "never", 0.0), 2, arithmetic_of(numbers), {})
    return graph, (values.rng.random((2, 2, *image)) < 0.5).astype(np.float32)


SMALL_NETWORKS: dict[str, Callable[[Numbers], tuple[Graph, np.ndarray]]] = {
    "dense_lif": dense_lif,
    "every_kind": every_kind,
}
