"""Random networks for the kernels of microcontrollers: widths, windows and values where loops divide.

:mod:`strategies` has every kind of node at sizes of a few, :mod:`wide_networks` layers in a chain; here are
up to hundreds of channels in graphs of any form, windows of every kind, inputs and weights all at one end.
"""

from __future__ import annotations

import numpy as np
from growing_graph import GrowingGraph, Style
from strategies import Growth, with_random_delay

from snnrt.ir.build import Value
from snnrt.ir.graph import Add, AvgPool2d, Conv2d, Dense, Graph, Neuron, Shape, SumPool2d
from snnrt.ir.nodes import MaxPool2d
from snnrt.ir.rows import computed_anew
from snnrt.network import Network

WIDTHS = (1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 15, 16, 17, 20, 24, 28, 31, 32, 33, 36, 40, 48, 63, 64, 65, 96, 100,
          127, 128, 130, 160, 255, 256, 257, 300)  # fmt: skip
PEAKS = (1, 1, 2, 3, 4, 7, 8, 15, 16, 30, 31, 32, 63, 90, 127, 128, 255, 256, 1000, 8000, 32767)
THRESHOLDS = (1, 1, 3, 3, 20, 20, 100, 100, 500, 500, 3000, 20_000, 32_767, 32_768, 200_000, 2**31 - 1)
WORK = 1_500_000
"""Products of a layer at most: what the reference takes some milliseconds for."""
ELEMENTS = 12_000
"""Of a value at most."""


def device_graph(
    rng: np.random.Generator, numbers: str = "int8", inputs: int = 2
) -> tuple[Graph, np.ndarray]:
    """A random valid graph and ``x`` for it, by rows wherever that is possible or as it comes."""
    style = Style(numbers, True, exact=bool(rng.random() < 0.3), extreme=bool(rng.random() < 0.15))
    growth = _DeviceGrowth(GrowingGraph(rng, style, int(rng.integers(1, 5)), _draw_input))
    for _ in range(int(rng.choice([1, 1, 2, 3, 4]))):
        growth.block()
    growth.head()
    graph = with_random_delay(rng, growth.finish())
    if rng.random() < 0.3:
        graph = graph.with_(nodes=tuple(computed_anew(Network(graph).graph.nodes)))
    return graph, _inputs(rng, graph, inputs)


def _draw_input(graph: GrowingGraph) -> tuple[Shape, dict[str, object]]:
    rng = graph.rng
    if graph.chance(0.15):
        shape: Shape = (int(rng.choice([*WIDTHS, 500, 700])),)
    elif graph.chance(0.3):
        # as an image
        shape = (graph.pick(1, 4), graph.pick(1, 12), graph.pick(1, 60 if graph.chance(0.8) else 200))
    else:
        channels = int(rng.choice(WIDTHS if graph.chance(0.6) else WIDTHS[len(WIDTHS) // 2 :]))
        most = max(1, min(12, int((ELEMENTS // 4 // channels) ** 0.5)))
        shape = (channels, graph.pick(1, most), graph.pick(1, most))
    encoding = "spikes" if graph.chance(0.6) else "constant"
    if encoding == "spikes" and graph.chance(0.5):
        return shape, {"encoding": encoding}
    peak = int(rng.choice(PEAKS))
    # the scale is a power of two: in either numbers an integer is the same
    low = float(rng.choice([0.0, 0.0, -1.0])) * peak / 256
    return shape, {"encoding": encoding, "low": low, "high": peak / 256, "scale": 1 / 256, "peak": peak}


def _inputs(rng: np.random.Generator, graph: Graph, inputs: int) -> np.ndarray:
    """Each of a kind of its own: none, all at one end, few, columns, or any."""
    node = graph.input
    frames = (graph.timesteps,) if node.encoding == "spikes" else ()
    high, low = node.high, node.low
    made = []
    for _ in range(inputs):
        shape = (*frames, *node.shape)
        values = rng.uniform(low, high, shape)
        ends = np.where(rng.random(shape) < 0.5, high, low)
        on = rng.random(shape) < rng.choice([0.02, 0.1, 0.3, 0.6, 0.95])
        columns = np.broadcast_to(
            rng.random((*frames, *(1,) * (len(node.shape) - 1), node.shape[-1])) < 0.4, shape
        )
        kinds = (
            np.zeros(shape), np.full(shape, high), np.full(shape, high), np.full(shape, low), ends, values,
            values * on, high * on, high * columns, ends * columns * on,
        )  # fmt: skip
        x = kinds[int(rng.integers(len(kinds)))]
        if node.encoding == "spikes" and high == 1.0:
            x = x > 0.5
        made.append(x.astype(np.float32))
    return np.stack(made)


class _DeviceGrowth(Growth):
    def block(self) -> None:
        if self.graph.chance(0.2):
            super().block()
            return
        if not self.graph.weighable(self.x):
            self.x = self.neuron(self.x, thresholded=True)
        if len(self.x.shape) == 1:
            self.x = self.weighted(Dense, (self.width(WORK // self.x.shape[0]), self.x.shape[0]))
        else:
            if self.graph.chance(0.25):
                self.pool()
            self.x = self.graph.neuron(self.x) if not self.graph.weighable(self.x) else self.x
            self.x = self.convolution()
        if self.graph.chance(0.9):
            if self.graph.chance(0.15):
                self.neuron_after()
            else:
                self.x = self.neuron(self.x)
        if len(self.x.shape) == 3 and self.graph.chance(0.3):
            self.pool()

    def classes(self) -> int:
        return self.width(300)

    def width(self, most: int) -> int:
        return int(self.graph.rng.choice([width for width in WIDTHS if width <= max(1, most)]))

    def window(self, shape: Shape, longest: int, dilate: bool) -> dict[str, tuple[int, ...]]:
        """Any that fits ``shape``; padding up to the kernel's size, or less for ``longest`` of a pooling."""
        graph, sides = self.graph, []
        square = graph.chance(0.5)
        for axis in (1, 2):
            k = graph.pick(1, 3) if graph.chance(0.85) else graph.pick(1, longest)
            if square:
                k = sides[0][0] if sides else int(graph.rng.choice([1, 2, 3, 3, 5]))
            s = graph.pick(4, 40) if graph.chance(0.04) else int(graph.rng.choice([1, 1, 1, 2, 3]))
            d = graph.pick(2, 5) if dilate and graph.chance(0.15) else 1
            most = k + 3 * graph.chance(0.2) if dilate else k - 1
            pads = [k // 2, k // 2] if graph.chance(0.4) else [graph.pick(0, most), graph.pick(0, most)]
            if graph.chance(0.3):
                pads = [0, 0]
            k = max(1, min(k, (shape[axis] + sum(pads) - 1) // d + 1))
            pads = pads if dilate else [min(pad, k - 1) for pad in pads]
            sides.append((k, s, d, pads))
        kernel, stride, dilation = (tuple(side[place] for side in sides) for place in (0, 1, 2))
        return {
            "kernel": kernel,
            "stride": stride,
            "dilation": dilation,
            "padding": (*sides[0][3], *sides[1][3]),
        }

    def convolution(self) -> Value:
        graph, (channels, height, width) = self.graph, self.x.shape
        fields = self.window(self.x.shape, 20, dilate=True)
        kernel = fields.pop("kernel")
        groups = int(graph.rng.choice([g for g in (1, 1, 1, 1, 1, 2, 4, channels) if channels % g == 0]))
        if groups * kernel[0] * kernel[1] == 1 and graph.chance(0.5):
            fields |= {"padding": (0, 0, 0, 0), "dilation": (1, 1)}
        sides = [
            (size + sum(fields["padding"][2 * axis : 2 * axis + 2]) - dilation * (k - 1) - 1) // stride + 1
            for axis, (size, k, stride, dilation) in enumerate(
                zip((height, width), kernel, fields["stride"], fields["dilation"])
            )
        ]  # fmt: skip
        pixels, fan_in = sides[0] * sides[1], channels // groups * kernel[0] * kernel[1]
        most = min(WORK // (pixels * fan_in), ELEMENTS // pixels, 300) // groups
        each = self.width(min(most, 4 if groups == channels and groups > 1 else 300))
        if groups == channels and graph.chance(0.7):
            each = 1
        return self.weighted(Conv2d, (groups * each, channels // groups, *kernel), groups=groups, **fields)

    def weighted(self, kind: type, shape: Shape, **fields: object) -> Value:
        graph, rng = self.graph, self.graph.rng
        fan_in = int(np.prod(shape[1:]))
        x = graph.held(self.x, fan_in)
        if not graph.integer:
            weights = rng.normal(0.1, 1.0, shape) / np.sqrt(fan_in)
            weights = np.where(rng.random(shape) < 0.1, 0, weights).astype(np.float32)
            bias = rng.normal(0, 0.2, shape[0]).astype(np.float32)
            return graph.node(kind, x, weights=weights, bias=bias if graph.chance(0.6) else None, **fields)
        forms = (
            np.full(shape, 127), np.full(shape, -127), rng.choice([-127, 127], shape),
            rng.integers(-127, 128, shape), rng.integers(-20, 25, shape), rng.integers(-20, 25, shape),
        )  # fmt: skip
        largest = 2**30 - fan_in * 127 * graph.largest[x.name]
        most = largest if graph.style.extreme else min(largest, int(rng.choice([0, 50, 5000])))
        bias = rng.integers(-most, most + 1, shape[0]).astype(np.int32)
        weights = forms[int(rng.integers(len(forms)))].astype(np.int8)
        return graph.node(kind, x, weights=weights, bias=bias if graph.chance(0.6) else None, **fields)

    def neuron(self, x: Value, thresholded: bool = False) -> Value:
        """Often a plain one, whose layer has a loop of its own."""
        graph, rng = self.graph, self.graph.rng
        if not graph.integer or graph.chance(0.3):
            return graph.neuron(x, thresholded=thresholded or graph.chance(0.9))
        if not graph.current[x.name]:
            x = graph.node(Add, x, as_current=True)
        bits = int(rng.choice([16, 32]))
        held = 2 ** (bits - 1)

        def values(low: int, high: int, share: float = 0.5) -> np.ndarray:
            size = () if graph.chance(share) else graph.granularity(x.shape)
            return np.asarray(rng.integers(low, high, size, endpoint=True), np.int32)

        top = int(rng.choice(THRESHOLDS))
        reset = str(rng.choice(["subtract", "subtract", "value", "none"]))
        leak = [0, 32768, 16384, 29491, 1 << graph.pick(0, 15), graph.pick(0, 32768)]
        strict, later = graph.chance(0.4), graph.chance(0.15)
        several = not later and graph.chance(0.15)
        fields: dict[str, object] = {
            "membrane": np.asarray(rng.choice(leak), np.int32), "threshold": values(max(1, top // 2), top),
            "reset": reset, "strict": strict and not several, "reset_next": later, "state_bits": bits,
            "multiple": several, "max_spikes": int(rng.choice([1, 2, 7, 15, 31, 32, 100])) if several else 1,
        }  # fmt: skip
        if reset == "value":
            fields["reset_value"] = values(-min(held, 500), min(held - 1, 500), 0.8)
        if graph.chance(0.25):
            # or all fire
            fields["bias"] = np.asarray(top, np.int32) if graph.chance(0.3) else values(-top // 2, top // 2)
        return graph.node(Neuron, x, **fields)

    def pool(self) -> None:
        fields = self.window(self.x.shape, 6, dilate=False)
        del fields["dilation"]
        kinds = [SumPool2d, MaxPool2d] if self.graph.integer else [SumPool2d, MaxPool2d, AvgPool2d]
        kind = kinds[int(self.graph.rng.integers(len(kinds)))]
        if self.graph.chance(0.4):
            fields = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0, 0, 0)}
        most = self.graph.largest[self.x.name] * fields["kernel"][0] * fields["kernel"][1]
        if min(self.x.shape[1:]) < 2 or (most > 15_000 and kind is not MaxPool2d):
            return
        self.x = self.graph.node(kind, self.x, **fields)
