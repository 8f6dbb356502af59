"""Kernels of instruction sets give the reference's bits at every shape that takes another of their loops."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from device_programs import EVERYTHING, build_for_core, need_core, run_on_core
from exported_models import check_output, export

from snnrt import GraphBuilder
from snnrt.ir.graph import Graph

VECTORS = "cortex-m55"
OTHERS = ("cortex-m0", "cortex-m4", "rv32")
STEPS = 3
# outputs beside blocks of 4, 8, 12, 16, 24 and 32
OUTPUTS = (1, 3, 6, 8, 10, 13, 16, 20, 31, 32, 33, 44, 64)
CONVOLUTIONS = [
    {"kernel": (3, 3), "padding": 1},
    {"kernel": (1, 1)},
    {"kernel": (3, 2), "stride": (2, 3), "padding": (0, 1, 2, 0)},
    {"kernel": (2, 3), "dilation": (2, 2), "padding": 2},
    {"kernel": (5, 4), "padding": 6},
]
READ = ("spikes", "counts", "values")
PEAKS = {"spikes": 1, "counts": 30, "values": 90}


def begun(
    rng: np.random.Generator, channels: int, read: str, size: tuple[int, int]
) -> tuple[GraphBuilder, object, np.ndarray]:
    """A graph of (channels, *size) whose first layer reads bits, counts or any values; inputs (2, ...)."""
    peak = PEAKS[read]
    g = GraphBuilder(
        (channels, *size), encoding="constant" if read == "values" else "spikes", timesteps=STEPS, scale=1.0,
        peak=peak, low=-float(peak), high=float(peak), arithmetic="integer",
    )  # fmt: skip
    x = g.input
    if read != "values":
        several = {"multiple": True, "max_spikes": peak} if read == "counts" else {}
        x = g.neuron(g.add(x, as_current=True), membrane=0, threshold=1, reset="none", **several)
    shape = (2, STEPS, channels, *size)
    values = rng.integers(-peak, peak + 1, shape) * (rng.random(shape) < 0.6)
    return g, x, (values[:, 0] if read == "values" else values).astype(np.float32)


def finished(g: GraphBuilder, x: object) -> Graph:
    """With every sum in sight: a neuron that never fires keeps it."""
    shown = g.neuron(x, membrane=0, reset="none", name="shown")
    classes = g.flatten(g.sum_pool2d(shown, shown.shape[1:]) if len(shown.shape) == 3 else shown)
    return g.finish(classes, scale=np.ones(classes.shape))


def int8(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.choice([-127, 127, *range(-60, 60)], shape).astype(np.int8)


def convolutions() -> Iterator[tuple[Graph, np.ndarray]]:
    places = itertools.cycle(CONVOLUTIONS)
    for place, (outputs, read) in enumerate(itertools.product(OUTPUTS, READ)):
        rng = np.random.default_rng(place)
        options = dict(next(places))
        groups, depth = (2, 5) if place % 4 == 3 and outputs % 2 == 0 else (1, (1, 3, 9, 40)[place // 3 % 4])
        g, x, values = begun(rng, groups * depth, read, (6, 7))
        bias = rng.integers(-99, 99, outputs).astype(np.int32) if place % 3 else None
        weights = int8(rng, outputs, depth, *options.pop("kernel"))
        yield finished(g, g.conv2d(x, weights, bias, groups=groups, **options)), values


def images() -> Iterator[tuple[Graph, np.ndarray]]:
    """First layers: few channels, threes of windows that are all zeros, rows that are laid out in parts."""
    shapes = [
        (1, 9, 28, 3),
        (3, 6, 40, 3),
        (2, 5, 130, 5),
        (4, 7, 9, 2),
        (1, 8, 3, 1),
        (3, 9, 33, 5),
        (1, 6, 90, 3),
    ]
    for place, (depth, height, width, kernel) in enumerate(shapes):
        for stride, outputs in ((1, 16), (2, 10), (3, 9), (1, 8)):
            rng = np.random.default_rng((place, stride, outputs))
            g, x, values = begun(rng, depth, "values", (height, width))
            values[:, :, :, : width // 2] *= rng.random((height, width // 2)) < 0.1
            bias = rng.integers(-99, 99, outputs).astype(np.int32) if outputs % 2 else None
            options = {"stride": (place % 2 + 1, stride), "padding": (1, 0, kernel - 1, place % 3)}
            weights = int8(rng, outputs, depth, kernel, kernel)
            yield finished(g, g.conv2d(x, weights, bias, dilation=(1 + place % 2, 1), **options)), values


def wide_counts() -> Iterator[tuple[Graph, np.ndarray]]:
    """Counts whose lines have room for a few windows, for one, and for none."""
    for place, (channels, width, kernel) in enumerate(((24, 30, 3), (150, 6, 3), (400, 4, 3), (60, 9, 1))):
        for groups, outputs in ((1, 16), (1, 11), (2, 40)):
            rng = np.random.default_rng((place, outputs))
            g, x, values = begun(rng, channels, "counts", (3, width))
            values *= rng.random(values.shape) < (0.15, 1.0)[outputs == 11]
            weights = int8(rng, outputs, channels // groups, kernel, kernel)
            yield finished(g, g.conv2d(x, weights, groups=groups, padding=kernel // 2)), values


def shared_lines() -> Iterator[tuple[Graph, np.ndarray]]:
    """Counts or spikes whose lines are listed once for the rows of windows that read them, all rows in a call
    or not; some are too many for that, or for sums of 16 bits."""
    shapes = [(3, 6, 16), (16, 14, 32), (40, 5, 8), (7, 30, 56), (16, 6, 24), (33, 4, 40)]
    kernels = [((3, 3), 1, 1), ((2, 4), 1, 2), ((5, 2), (2, 1), (3, 0)), ((4, 4), 2, 5)]
    reads = itertools.cycle(("counts", "counts", "spikes", "counts", "spikes"))
    for place, (shape, (kernel, stride, padding)) in enumerate(itertools.product(shapes, kernels)):
        channels, width, outputs = shape
        rng = np.random.default_rng(place)
        g, x, values = begun(rng, channels, next(reads), (9, width))
        values *= rng.random((9, 1)) < rng.choice([0.3, 1.0], (9, 1))
        values *= rng.random(values.shape) < (0.1, 0.3, 0.9)[place % 3]
        values = np.minimum(values, (3, 30)[place // 3 % 2])
        weights = int8(rng, outputs, channels, *kernel)
        if place % 3 == 2:
            weights = np.maximum(weights, 127)
        bias = rng.integers(-99, 99, outputs).astype(np.int32) if place % 2 else None
        conv = g.conv2d(x, weights, bias, stride=stride, padding=padding, name="map")
        graph = finished(g, conv)
        if place % 4 == 3:
            nodes = [node.with_(rows=0) if node.name == "map" else node for node in graph.nodes]
            graph = graph.with_(nodes=tuple(nodes))
        yield graph, values
    # sums of 0, but of values that are no counts
    g = GraphBuilder((16, 5, 6), encoding="constant", timesteps=1, scale=1.0, peak=30, low=-30.0, high=30.0,
                     arithmetic="integer")  # fmt: skip
    signs = np.where(np.arange(16) % 2, -1, 1)
    weights = np.broadcast_to((127 * signs).astype(np.int8)[:, None, None], (8, 16, 3, 3))
    values = np.broadcast_to((15.0 * signs).astype(np.float32)[:, None, None], (2, 16, 5, 6))
    yield finished(g, g.conv2d(g.input, weights, padding=1)), values


def many_counts() -> Iterator[tuple[Graph, np.ndarray]]:
    """Dense layers on more counts than there is room for: sums are added to, each once."""
    for place, outputs in enumerate((10, 20, 44, 60)):
        rng = np.random.default_rng(place)
        g, x, values = begun(rng, 24, "counts", (10, 11))
        if place % 2:
            values *= rng.random(values.shape) < 0.15
        bias = rng.integers(-99, 99, outputs).astype(np.int32)
        yield finished(g, g.dense(g.flatten(x), int8(rng, outputs, 2640), bias)), values


def depthwise() -> Iterator[tuple[Graph, np.ndarray]]:
    for place, (channels, read) in enumerate(itertools.product((2, 8, 12, 24, 40), READ)):
        rng = np.random.default_rng(place)
        options = dict(CONVOLUTIONS[place % len(CONVOLUTIONS)])
        g, x, values = begun(rng, channels, read, (6, 7))
        bias = rng.integers(-99, 99, channels).astype(np.int32) if place % 2 else None
        weights = int8(rng, channels, 1, *options.pop("kernel"))
        yield finished(g, g.conv2d(x, weights, bias, groups=channels, **options)), values


def dense() -> Iterator[tuple[Graph, np.ndarray]]:
    for place, (outputs, read) in enumerate(itertools.product(OUTPUTS, READ)):
        rng = np.random.default_rng(place)
        g, x, values = begun(rng, 9, read, (5, 7))
        if place % 2 or outputs == 64:
            # few enough for a list
            values *= rng.random(values.shape) < 0.2
        yield finished(g, g.dense(g.flatten(x), int8(rng, outputs, 315))), values


def neurons() -> Iterator[tuple[Graph, np.ndarray]]:
    """Counts that are no multiple of anything, each reset, decays up to 32768, currents beyond 16 bits."""
    shapes = [(5, 3, 7), (16, 4, 4), (32, 3, 3), (64, 2, 3), (96, 1, 2), (33, 1, 2), (130, 1, 1)]
    resets = [{"reset": "subtract"}, {"reset": "value", "reset_value": -7}, {"reset": "none"}]
    for place, (reset, strict, bits) in enumerate(itertools.product(resets, (False, True), (16, 32))):
        for shape, decay in zip(shapes, itertools.cycle((0, 32768, 16384, 29491, 655))):
            rng = np.random.default_rng((place, *shape))
            g, x, values = begun(rng, shape[0], "values", shape[1:])
            large = shape[0] % 3 == 0
            factor = rng.choice([1, 40, 120]) if large else 1
            weights = np.full((shape[0], 1, 1, 1), factor, np.int8)
            current = g.conv2d(x, weights, groups=shape[0])
            threshold = rng.integers(1, 40_000 if place % 2 and large else 300, shape[0])
            per = threshold if place % 3 else threshold[0]
            x = g.neuron(current, membrane=decay, threshold=per, strict=strict, **reset, name="it")
            graph = finished(g, g.add(x, as_current=True))
            nodes = [replace(node, state_bits=bits) if node.name == "it" else node for node in graph.nodes]
            yield graph.with_(nodes=tuple(nodes)), values


def pools() -> Iterator[tuple[Graph, np.ndarray]]:
    channels_of = (1, 5, 8, 16, 19, 24, 32, 48)
    for place, (channels, read) in enumerate(itertools.product(channels_of, ("spikes", "counts"))):
        rng = np.random.default_rng(place)
        g, x, values = begun(rng, channels, read, (6, 7))
        x = g.sum_pool2d(x, (2, 2 + place % 4 // 2), stride=(1 + place % 3, 2))
        yield finished(g, g.add(g.sum_pool2d(x, (2, 2), padding=1), as_current=True)), values


MAKERS = (convolutions, images, wide_counts, shared_lines, many_counts, depthwise, dense, neurons, pools)


@pytest.mark.parametrize(
    ("name", "make", "optimisation"),
    [
        *((VECTORS, make, "-O2") for make in MAKERS),
        # fewer loops; without float32 convolutions are still of vectors
        *((VECTORS, make, "-Os") for make in (convolutions, wide_counts, dense)),
        *itertools.product(OTHERS, MAKERS, ("-O2",)),
    ],
)
def test_every_shape(name, make, optimisation, tmp_path) -> None:
    core = need_core(name)
    exported = [export(tmp_path, place, graph, x) for place, (graph, x) in enumerate(make())]
    options = EVERYTHING | {"float32": int(optimisation == "-O2")}
    image = build_for_core(
        core, tmp_path / "build", "models", exported[0].graph, options, optimisation=optimisation
    )
    assert run_on_core(core, image, tmp_path) == f"{len(exported)} models\n"
    for place, model in enumerate(exported):
        assert check_output((tmp_path / f"{place}.output").read_bytes(), model) == 2, f"model {place}"
