"""The small networks whose instructions are counted: varied layers, sizes, densities and neuron variants, and
the whole networks that stay out of the fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from snnrt import GraphBuilder
from snnrt.ir.build import Value
from snnrt.ir.graph import Graph, Numbers, arithmetic_of

Run = tuple[Graph, np.ndarray]
CONVOLUTIONS = ((3, 8), (3, 32), (1, 16), (5, 16))  # kernel size, outputs


class Networks:
    """Makes networks in ``numbers`` with weights and inputs from one seed."""

    def __init__(self, numbers: Numbers, seed: int = 0) -> None:
        self.numbers = numbers
        self.integer = numbers == "int8"
        self.rng = np.random.default_rng(seed)

    def parameter(self, integer: float, real: float) -> np.ndarray:
        return np.array(integer, np.int32) if self.integer else np.array(real, np.float32)

    @property
    def never(self) -> np.ndarray:
        """A threshold that nothing reaches."""
        return self.parameter(10**9, 1e9)

    def input(self, *shape: int, encoding: str = "spikes", peak: int = 1, scale: float = 1.0) -> Value:
        """Begins a network."""
        numbers = {"scale": scale, "peak": peak} if self.integer else {}
        numbers["high"] = float(np.float32(peak * scale))
        self.g = GraphBuilder(shape, encoding=encoding, arithmetic=arithmetic_of(self.numbers), **numbers)
        return self.g.input

    def synapses(self, *shape: int) -> dict[str, np.ndarray]:
        weights = self.rng.integers(-127, 128, shape).astype(np.int8)
        if not self.integer:
            weights = self.rng.normal(size=shape).astype(np.float32)
        bias = np.zeros(shape[0], np.int32 if self.integer else np.float32)
        return {"weights": weights, "bias": bias} | self.scale(shape[0])

    def scale(self, size: int) -> dict[str, np.ndarray]:
        return {"scale": np.ones(size, np.float32)} if self.integer else {}

    def dense(self, source: Value, outputs: int, name: str = "dense") -> Value:
        return self.g.dense(source, **self.synapses(outputs, source.shape[0]), name=name)

    def conv(self, source: Value, outputs: int, kernel: int, name: str = "conv", padding: int = 0) -> Value:
        synapses = self.synapses(outputs, source.shape[0], kernel, kernel)
        return self.g.conv2d(source, **synapses, padding=padding, name=name)

    def depthwise(self, source: Value, kernel: int, name: str = "depthwise") -> Value:
        channels = source.shape[0]
        synapses = self.synapses(channels, 1, kernel, kernel)
        return self.g.conv2d(source, **synapses, groups=channels, name=name)

    def one_pixel(self, source: Value, outputs: int) -> Value:
        """The least that a convolution can be: of the first pixel of a column."""
        synapses = self.synapses(outputs, source.shape[0], 1, 1)
        pixel = self.g.conv2d(source, **synapses, stride=source.shape[1], name="conv")
        return self.g.flatten(pixel, name="flat_pixel")

    def neuron(self, source: Value, name: str = "neuron", **changes: object) -> Value:
        fields = {
            "membrane": self.parameter(16384, 0.5),
            "threshold": self.parameter(200, 3.0),
            "reset": "subtract",
            **({"scale": np.array(1, np.float32)} if self.integer else {}),
        }
        return self.g.neuron(source, name=name, **(fields | changes))

    def max_pool(self, source: Value, kernel: int) -> Value:
        return self.g.max_pool2d(source, kernel=kernel, stride=kernel, name="pool")

    def pool(self, source: Value, kernel: int) -> Value:
        return self.g.sum_pool2d(source, kernel=kernel, stride=kernel, name="pool")

    def graph(self, last: Value, timesteps: int, rule: str = "never") -> Graph:
        """With a readout of the last node, or of a dense layer of two after an image."""
        if len(last.shape) == 3:
            last = self.dense(self.g.flatten(last, name="flatten"), 2, "last")
        # no network is ever as sure as this
        threshold = {"never": 0.0, "entropy": 1e-4, "confidence": 0.9999}[rule]
        return self.g.finish(last, exit=(rule, threshold), **self.scale(last.shape[0])).with_(
            timesteps=timesteps
        )

    def values(self, *shape: int, density: float = 0.3, peak: int = 1) -> np.ndarray:
        """One input: values 1 ... peak at ``density``, else 0."""
        values = self.rng.integers(1, peak + 1, shape) * (self.rng.random(shape) < density)
        return values.astype(np.float32)[None]

    def fitted(self) -> Iterator[Run]:
        """Every run of the fit."""
        yield from self._dense_runs()
        yield from self._convolution_runs()
        yield from self._neuron_runs()
        yield from self._pool_runs()
        yield from self._other_runs()
        yield from Networks(self.numbers, seed=3)._layered_runs()
        if self.integer:
            yield from Networks(self.numbers, seed=4)._value_runs()
        yield from Networks(self.numbers, seed=5)._depthwise_runs()

    def _dense_runs(self) -> Iterator[Run]:
        for inputs, outputs, density, peak in (
            (64, 16, 0.0, 1), (64, 64, 0.3, 1), (256, 16, 0.2, 1), (256, 128, 0.1, 1), (64, 64, 0.3, 4),
            (128, 32, 0.5, 4),
        ):  # fmt: skip
            source = self.input(inputs, peak=peak)
            graph = self.graph(self.dense(source, outputs), 2)
            yield graph, self.values(2, inputs, density=density, peak=peak)
        # values of firmware that has convolutions, which lists them, and of one that has none
        for inputs, outputs, density, peak in (
            (256, 16, 0.0, 1), (256, 64, 0.3, 1), (144, 128, 0.1, 1), (64, 100, 0.6, 4), (256, 10, 0.4, 1),
            (300, 20, 0.2, 255), (700, 12, 0.1, 255), (64, 16, 0.3, 255), (36, 96, 0.7, 1),
        ):  # fmt: skip
            for listed in (False, True):
                source = self.input(*((1, inputs, 1) if listed else (inputs,)), peak=peak)
                last = self.dense(self.g.flatten(source) if listed else source, outputs)
                if listed:
                    last = self.g.add(last, self.one_pixel(source, outputs), as_current=True, name="sum")
                yield (
                    self.graph(last, 2),
                    self.values(2, *source.shape, density=density, peak=peak),
                )
        # packed spikes and numbers of outputs that fill no blocks
        for outputs in (10, 12, 20, 100):
            source = self.input(16)
            front = self.dense(source, 64, "front")
            spikes = self.neuron(front, "spikes", threshold=self.parameter(1, 0.1))
            graph = self.graph(self.dense(spikes, outputs), 2)
            yield graph, self.values(2, 16, density=0.5)

    def _convolution_runs(self) -> Iterator[Run]:
        for channels in (4, 16, 40):
            for kernel, outputs in CONVOLUTIONS:
                for density in (0.0, 0.1, 0.4):
                    source = self.input(channels, 8, 8, peak=4)
                    conv = self.conv(source, outputs, kernel)
                    neuron = self.neuron(conv, threshold=self.never)
                    yield self.graph(neuron, 1), self.values(1, channels, 8, 8, density=density, peak=4)
        for channels, outputs, kernel, density in (
            (4, 16, 3, 0.5),
            (16, 32, 3, 0.3),
            (16, 8, 1, 0.6),
            (4, 64, 5, 0.4),
        ):
            source = self.input(channels, 8, 8, encoding="constant", peak=9)
            conv = self.conv(source, outputs, kernel)
            neuron = self.neuron(conv, threshold=self.never)
            yield self.graph(neuron, 1), self.values(channels, 8, 8, density=density, peak=9)
        # packed spikes: neurons in front, whose threshold sets the density
        for channels in (8, 32, 64, 100):
            for kernel, outputs in CONVOLUTIONS:
                for threshold in ((1, 0.1), (300, 2.0), (10**6, 1e6)):
                    source = self.input(channels, 8, 8)
                    front = self.conv(source, channels, 1, "front")
                    spikes = self.neuron(front, "spikes", threshold=self.parameter(*threshold))
                    conv = self.conv(spikes, outputs, kernel)
                    neuron = self.neuron(conv, threshold=self.never)
                    yield self.graph(neuron, 1), self.values(1, channels, 8, 8, density=0.5)

    def _neuron_runs(self) -> Iterator[Run]:
        variants: list[dict[str, object]] = [
            {},
            {"reset": "value", "reset_value": self.parameter(0, 0.0)},
            {"synapse": self.parameter(16384, 0.5)},
            {"bias": self.parameter(1, 1.0)},
            {"reset_next": True},
            {"lower_bound": self.parameter(0, 0.0)},
            {"adaptation": self.parameter(50, 0.5), "adaptation_decay": self.parameter(29491, 0.9)},
            {"refractory": np.array(2, np.int32)},
            {"membrane": self.parameter(16384, 0.5)},
        ]
        if self.integer:
            variants += [{"state_bits": 16}, {"state_bits": 16, "reset_next": True}]
        for variant in variants:
            for channels, size in ((8, 12), (32, 8), (48, 8), (4, 3)):
                for by_channel, timesteps in ((False, 2), (True, 5)):
                    fields = {"threshold": self.parameter(200, 2.0)} | variant
                    if by_channel:
                        fields = {
                            field: np.full(channels, value) if isinstance(value, np.ndarray) else value
                            for field, value in fields.items()
                        }
                    source = self.input(channels, size, size)
                    conv = self.conv(source, channels, 1)
                    yield (
                        self.graph(self.neuron(conv, **fields), timesteps),
                        self.values(timesteps, channels, size, size),
                    )

    def _pool_runs(self) -> Iterator[Run]:
        for channels, size, kernel in (
            (4, 8, 2),
            (16, 8, 2),
            (32, 12, 2),
            (64, 8, 2),
            (16, 8, 4),
            (20, 9, 3),
        ):
            for threshold, pool in (
                (self.parameter(100, 1.0), self.pool), (self.never, self.pool), (self.never, self.max_pool),
            ):  # fmt: skip
                source = self.input(channels, size, size)
                conv = self.conv(source, channels, 1)
                spikes = self.neuron(conv, threshold=threshold)
                yield self.graph(pool(spikes, kernel), 2), self.values(2, channels, size, size)

    def _other_runs(self) -> Iterator[Run]:
        for classes in (2, 10, 40, 100):
            for rule in ("never", "entropy", "confidence"):
                source = self.input(8)
                yield self.graph(self.dense(source, classes), 3, rule), self.values(3, 8)
        for outputs in (16, 64, 256):
            for added in (False, True):
                source = self.input(8)
                first, second = self.dense(source, outputs, "first"), self.dense(source, outputs, "second")
                last = self.g.add(first, second, as_current=True, name="sum") if added else second
                yield self.graph(last, 2), self.values(2, 8)

    def _layered_runs(self) -> Iterator[Run]:
        """Dense layers and neurons behind each other, and neurons that read their own spikes: few
        instructions, of which nodes and steps take their part."""
        for inputs, hidden, density, threshold, rule in (
            (32, 48, 0.02, (300, 4.0), "never"), (100, 24, 0.3, (300, 4.0), "entropy"),
            (48, 160, 0.1, (500, 5.0), "confidence"), (20, 20, 0.5, (100, 1.0), "entropy"),
            (64, 32, 0.0, (100, 1.0), "entropy"),
        ):  # fmt: skip
            for layers in (1, 3):
                source = self.input(inputs)
                for layer in range(layers):
                    current = self.dense(source, hidden, f"dense{layer}")
                    source = self.neuron(current, f"lif{layer}", threshold=self.parameter(*threshold))
                graph = self.graph(self.dense(source, 8), 7, rule)
                yield graph, self.values(7, inputs, density=density)
        for inputs, hidden, density in ((24, 32, 0.2), (40, 72, 0.02), (16, 16, 0.4), (80, 128, 0.1)):
            source = self.input(inputs)
            back = self.g.delayed("back", (hidden,))
            current = self.g.add(self.dense(source, hidden, "forth"), back, as_current=True, name="sum")
            spikes = self.neuron(current, "lif", threshold=self.parameter(250, 4.0))
            self.dense(spikes, hidden, "back")
            yield self.graph(self.dense(spikes, 5), 5, "entropy"), self.values(5, inputs, density=density)

    def _value_runs(self) -> Iterator[Run]:
        """Values that are no counts, in windows of few and of many; counts behind a pooling."""
        for channels, kernel, outputs, size, density in (
            (1, 3, 8, 8, 0.6), (1, 3, 24, 11, 0.9), (1, 3, 16, 12, 0.02), (1, 5, 8, 8, 0.7),
            (3, 3, 12, 8, 0.9), (2, 3, 16, 9, 0.3), (4, 1, 16, 8, 0.6), (4, 3, 16, 8, 0.2),
            (8, 3, 10, 8, 0.6), (16, 3, 20, 6, 0.9),
            (1, 7, 6, 9, 0.5),
        ):  # fmt: skip
            for padding in (0, 1):
                source = self.input(channels, size, size, peak=255)
                conv = self.conv(source, outputs, kernel, padding=padding)
                neuron = self.neuron(conv, threshold=self.never)
                yield self.graph(neuron, 1), self.values(1, channels, size, size, density=density, peak=255)
        for inputs, outputs, density in ((64, 16, 0.2), (300, 48, 0.6), (200, 10, 0.4), (700, 12, 0.1)):
            source = self.input(inputs, peak=255)
            yield (
                self.graph(self.dense(source, outputs), 2),
                self.values(2, inputs, density=density, peak=255),
            )
        for channels, outputs, size, threshold in (
            (8, 8, 8, 1), (8, 20, 10, 300), (16, 32, 8, 150), (32, 16, 8, 600), (12, 10, 6, 10**6),
            (16, 16, 12, 500),
        ):  # fmt: skip
            source = self.input(2, size, size)
            front = self.conv(source, channels, 3, "front", padding=1)
            spikes = self.neuron(front, "spikes", threshold=self.parameter(threshold, 1.0))
            conv = self.conv(self.pool(spikes, 2), outputs, 3, padding=1)
            neuron = self.neuron(conv, threshold=self.parameter(400, 4.0))
            yield self.graph(neuron, 3), self.values(3, 2, size, size, density=0.3)

    def _depthwise_runs(self) -> Iterator[Run]:
        """Convolutions of single channels, of values and of packed spikes."""
        for channels, kernel, peak, density in (
            (8, 3, 4, 0.3), (40, 3, 1, 0.1), (24, 3, 1, 0.6), (64, 3, 4, 0.02), (32, 3, 1, 0.4),
            (16, 5, 1, 0.3), (20, 5, 4, 0.7), (64, 3, 4, 0.5), (48, 3, 1, 0.0), (8, 3, 1, 0.5),
        ):  # fmt: skip
            source = self.input(channels, 8, 8, peak=peak)
            if peak == 1:
                source = self.neuron(self.conv(source, channels, 1, "front"), "spikes")
            conv = self.depthwise(source, kernel)
            neuron = self.neuron(conv, threshold=self.never)
            yield self.graph(neuron, 2), self.values(2, channels, 8, 8, density=density, peak=peak)

    def convolutions_of(self, outputs: tuple[int, ...]) -> Iterator[Run]:
        """Convolutions of silent inputs that differ in nothing but their outputs."""
        for size in outputs:
            source = self.input(4, 8, 8)
            conv = self.conv(source, size, 3)
            neuron = self.neuron(conv, threshold=self.never)
            yield self.graph(neuron, 1), np.zeros((1, 1, 4, 8, 8), np.float32)

    def whole(self, description: Whole) -> Run:
        """A network as a user has it, on random pixels or their tensor over time."""
        first, second = description.channels
        size = description.size
        source = self.input(1, size, size, encoding=description.encoding, peak=255, scale=1 / 255)
        conv1 = self.conv(source, first, 3, "conv1", padding=1)
        lif1 = self.neuron(conv1, "lif1", threshold=self.parameter(60000, 3.0))
        conv2 = self.conv(self.pool(lif1, 2), second, 3, "conv2", padding=1)
        lif2 = self.neuron(conv2, "lif2", threshold=self.parameter(1500, 15.0))
        last = self.dense(self.g.flatten(lif2, name="flatten"), 10)
        graph = self.graph(last, description.timesteps, description.rule)
        steps = () if description.encoding == "constant" else (description.timesteps,)
        return graph, self.rng.random((1, *steps, 1, size, size)).astype(np.float32)


@dataclass(frozen=True)
class Whole:
    """A network that stays out of the fit: two convolutions 3×3 of so many channels on a square image."""

    numbers: Numbers
    channels: tuple[int, int]
    size: int
    timesteps: int
    encoding: str
    rule: str


# the first four go into tests/targets/counted_runs.json
WHOLE = (
    Whole("int8", (32, 64), 28, 2, "constant", "never"),
    Whole("float32", (32, 64), 16, 2, "constant", "never"),
    Whole("int8", (8, 8), 8, 4, "spikes", "entropy"),
    Whole("float32", (8, 16), 12, 4, "constant", "entropy"),
    Whole("int8", (8, 16), 8, 4, "constant", "entropy"),
    Whole("int8", (16, 32), 12, 4, "constant", "never"),
)
IN_TESTS = 4
