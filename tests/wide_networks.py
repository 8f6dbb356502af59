"""Random networks as wide as trained ones: tens of channels and outputs, which vector kernels take in blocks.

:mod:`strategies` has every kind of node at sizes of a few; here it is sizes around the widths of vectors (8
to 64), the largest and the smallest weights, large input values, and neurons with all granularities.
"""

from __future__ import annotations

import numpy as np

from snnrt import GraphBuilder
from snnrt.ir.build import Value
from snnrt.ir.graph import Graph, Numbers, arithmetic_of

WIDTHS = (1, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40, 48, 63, 64, 65, 80, 96, 100, 127, 128, 130)
PEAKS = (1, 2, 7, 15, 16, 63, 64, 85, 127, 128, 129, 255, 256, 1000, 5000)
LARGEST_SUM = 2**30


class _Wide:
    def __init__(self, rng: np.random.Generator, numbers: Numbers) -> None:
        self.rng = rng
        self.int8 = numbers == "int8"
        self.arithmetic = arithmetic_of(numbers)
        self.extreme = bool(rng.random() < 0.3)
        self.count = 0

    def begin(self, shape: tuple[int, ...], **fields: object) -> Value:
        self.g = GraphBuilder(shape, arithmetic=self.arithmetic, name="x", **fields)  # type: ignore[arg-type]
        return self.g.input

    def name(self, kind: str) -> str:
        self.count += 1
        return f"{kind}{self.count}"

    def weights(self, *shape: int) -> np.ndarray:
        if not self.int8:
            return (self.rng.normal(0.05, 1.0, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)
        if self.extreme:
            return self.rng.choice(np.array([-127, -126, 0, 1, 126, 127], np.int8), shape)
        return self.rng.integers(-40, 50, shape).astype(np.int8)

    def bias(self, outputs: int, largest_sum: int) -> np.ndarray | None:
        if self.rng.random() < 0.4:
            return None
        if not self.int8:
            return self.rng.normal(0, 0.2, outputs).astype(np.float32)
        most = LARGEST_SUM - largest_sum if self.extreme else 30
        return self.rng.integers(-most, most + 1, outputs).astype(np.int32)

    def conv(self, source: Value, outputs: int, peak: int) -> Value:
        channels, height, width = source.shape
        groups = int(self.rng.choice([g for g in (1, 1, 1, 1, 2, channels) if channels % g == 0]))
        outputs = -(-outputs // groups) * groups
        kernel = (int(self.rng.integers(1, 4)), int(self.rng.integers(1, 4)))
        stride = (int(self.rng.choice([1, 1, 2])), int(self.rng.choice([1, 1, 2])))
        padding = tuple(int(p) for p in self.rng.integers(0, 2, 4))
        dilation = (int(self.rng.choice([1, 1, 2])), int(self.rng.choice([1, 1, 1, 2])))
        for axis, length in enumerate((height, width)):
            if length + sum(padding[2 * axis : 2 * axis + 2]) <= dilation[axis] * (kernel[axis] - 1):
                kernel, stride, padding, dilation = (1, 1), (1, 1), (0, 0, 0, 0), (1, 1)
        weights = self.weights(outputs, channels // groups, *kernel)
        bias = self.bias(outputs, weights[0].size * 128 * peak)
        return self.g.conv2d(
            source, weights, bias, stride=stride, padding=padding, dilation=dilation, groups=groups,
            name=self.name("conv"),
        )  # fmt: skip

    def dense(self, source: Value, outputs: int, peak: int) -> Value:
        weights = self.weights(outputs, source.shape[0])
        bias = self.bias(outputs, source.shape[0] * 128 * peak)
        return self.g.dense(source, weights, bias, name=self.name("dense"))

    def parameter(
        self, low: float, high: float, shape: tuple[int, ...], integer: tuple[int, int]
    ) -> np.ndarray:
        shape = [(), (shape[0],), shape][int(self.rng.integers(3))]
        if self.int8:
            return np.asarray(self.rng.integers(*integer, shape, endpoint=True), np.int32)
        return np.asarray(self.rng.uniform(low, high, shape), np.float32)

    def decay(self, shape: tuple[int, ...]) -> np.ndarray:
        """Often a power of two: half, a quarter, no leak."""
        if self.int8 and self.rng.random() < 0.4:
            return np.asarray(1 << self.rng.integers(0, 16), np.int32)
        return self.parameter(0.5, 1.0, shape, (16384, 32768))

    def neuron(self, source: Value, multiple: bool = False) -> Value:
        reset = str(self.rng.choice(["subtract", "value", "none"]))
        shape = source.shape
        return self.g.neuron(
            source,
            membrane=self.decay(shape),
            threshold=self.parameter(0.3, 1.0, shape, (1, 2**30 if self.extreme else 300)),
            reset_value=self.parameter(-0.1, 0.1, shape, (-20, 20)) if reset == "value" else None,
            bias=self.parameter(-0.1, 0.2, shape, (-10, 20)) if self.rng.random() < 0.3 else None,
            lower_bound=self.parameter(-1.0, 0.0, shape, (-500, 0)) if self.rng.random() < 0.2 else None,
            reset=reset, strict=not multiple and bool(self.rng.random() < 0.5),
            reset_next=not multiple and bool(self.rng.random() < 0.2),
            multiple=multiple, max_spikes=15 if multiple else 1,
            state_bits=16 if self.int8 and self.rng.random() < 0.4 else 32, name=self.name("neuron"),
        )  # fmt: skip


def wide_graph(rng: np.random.Generator, numbers: Numbers, *, inputs: int = 2) -> tuple[Graph, np.ndarray]:
    """A graph of two or three layers, and ``x`` for it."""
    wide = _Wide(rng, numbers)
    spikes = bool(rng.random() < 0.5)
    image = bool(rng.random() < 0.7)
    peak = 1 if spikes and rng.random() < 0.7 else int(rng.choice(PEAKS))
    low = float(rng.choice([0.0, 0.0, -1.0]))
    shape: tuple[int, ...] = (int(rng.choice(WIDTHS)),)
    if image:
        shape = (*shape, int(rng.integers(1, 11)), int(rng.integers(1, 11)))
    if image and rng.random() < 0.3:
        # as a first layer sees it: few channels, many windows
        shape, low, peak = (int(rng.choice([1, 3, 20])), 9, 8), 0.0, int(rng.choice([1, 15, 31, 32, 255]))
    encoding = "spikes" if spikes else "constant"
    node = wide.begin(shape, encoding=encoding, low=low, scale=1 / peak, peak=peak)
    if image:
        node = wide.neuron(wide.conv(node, int(rng.choice(WIDTHS)), peak), multiple=bool(rng.random() < 0.2))
        if rng.random() < 0.5 and min(node.shape[1:]) >= 2:
            node = wide.g.sum_pool2d(node, kernel=2, stride=2, name=wide.name("pool"))
        if rng.random() < 0.6:
            node = wide.neuron(wide.conv(node, int(rng.choice(WIDTHS)), 60))
        node = wide.g.flatten(node, name=wide.name("flatten"))
    else:
        node = wide.neuron(wide.dense(node, int(rng.choice(WIDTHS)), peak), multiple=bool(rng.random() < 0.2))
    classes = int(rng.choice(WIDTHS[1:]))
    node = wide.dense(node, classes, 60)
    if rng.random() < 0.5:
        node = wide.neuron(node)
    scale = np.full(classes, 1 / 64, np.float32) if wide.int8 else None
    exit_rule = ("entropy", float(rng.uniform(0, 0.9)))
    timesteps = int(rng.integers(1, 4))
    size = (inputs, timesteps, *shape) if spikes else (inputs, *shape)
    if spikes and peak == 1:
        x = (rng.random(size) < rng.uniform(0, 1)).astype(np.float32)
    else:
        x = (rng.uniform(low, 1.0, size) * (rng.random(size) < rng.uniform(0.2, 1))).astype(np.float32)
    graph = wide.g.finish(node, exit=exit_rule, scale=scale, names=("r", "e"))
    return graph.with_(timesteps=timesteps), x


def saturating_graph(rng: np.random.Generator, *, inputs: int = 3) -> tuple[Graph, np.ndarray]:
    """int8: currents up to the ends of int32, from sums of dense layers with biases near 2^30, into one
    neuron with biases, thresholds and resets of any size; and ``x`` for it."""
    neurons = int(rng.choice([5, 32, 64, 70]))
    shape = (neurons,)
    g = GraphBuilder((4,), timesteps=4, arithmetic="integer", name="x", low=-1.0, scale=1.0, peak=1)
    currents = []
    for place in range(3):
        most = LARGEST_SUM - 4 * 128
        bias = rng.choice([-most, 0, most], neurons) + rng.integers(-9, 9, neurons)
        bias = np.clip(bias, -most, most).astype(np.int32)
        weights = rng.integers(-127, 128, (neurons, 4)).astype(np.int8)
        currents.append(g.dense(g.input, weights, bias, name=f"dense{place}"))
    total = g.add(*currents, as_current=True, name="sum")
    narrow = bool(rng.random() < 0.5)
    held = 2**15 if narrow else 2**31

    def drawn(low: int, high: int, chance: float = 1.0) -> np.ndarray | None:
        if rng.random() >= chance:
            return None
        values = rng.integers(low, high, shape if rng.random() < 0.6 else (), endpoint=True)
        ends = rng.choice([low, high], values.shape)
        return np.asarray(np.where(rng.random(values.shape) < 0.4, ends, values), np.int32)

    decay = drawn(0, 32768) if rng.random() < 0.6 else np.asarray(1 << rng.integers(0, 16), np.int32)
    reset = str(rng.choice(["subtract", "value"]))
    next_step = bool(rng.random() < 0.2)
    multiple = not next_step and bool(rng.random() < 0.2)
    neuron = g.neuron(
        total, membrane=decay,
        synapse=drawn(0, 32768, 0.3), bias=drawn(-(2**31), 2**31 - 1, 0.6), threshold=drawn(1, 2**31 - 1),
        reset_value=drawn(-held, held - 1) if reset == "value" else None,
        lower_bound=drawn(-held, held - 1, 0.2), initial=drawn(-held, held - 1, 0.5),
        synapse_order=str(rng.choice(["decay_then_add", "add_then_decay", "use_then_decay", "previous"])),
        reset=reset, reset_next=next_step, multiple=multiple, max_spikes=32767 if multiple else 1,
        strict=not multiple and bool(rng.random() < 0.5), state_bits=16 if narrow else 32, name="neuron",
    )  # fmt: skip
    x = rng.integers(-1, 2, (inputs, 4)).astype(np.float32)
    return g.finish(neuron, scale=np.ones(neurons, np.float32), names=("r", "e")), x
