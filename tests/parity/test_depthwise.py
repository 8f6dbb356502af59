"""Convolutions whose groups read one channel each have a loop of their own in the core."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.devices.cpu import kernel_sets
from snnrt.ir.graph import Graph, arithmetic_of
from snnrt.network import Network
from snnrt.reference.run import Reference
from snnrt.results.counts import Counts
from snnrt.targets.device_needs import device_needs
from snnrt.targets.export.core_sources import options_for

# channels beside the words of 32 that the loop takes; several outputs a channel; windows of every kind
SHAPES = [
    (2, 1, {}),
    (3, 2, {"padding": 1, "stride": 2}),
    (31, 1, {"padding": (2, 0, 1, 3)}),
    (32, 1, {"padding": 1}),
    (33, 3, {"dilation": (2, 1), "padding": 2}),
    (70, 1, {"stride": (1, 3), "dilation": 2, "padding": (0, 3, 4, 1)}),
    (5, 2, {"padding": 6}),
]
INPUTS = ("spikes", "counts", "values")


def depthwise(
    numbers: str, channels: int, outputs: int, options: dict, read: str
) -> tuple[Graph, np.ndarray]:
    """One such convolution on (channels, 5, 6): of bits, of spike counts, or of a constant image."""
    rng, integer = np.random.default_rng(channels), numbers == "int8"
    encoding, steps = ("constant", 2) if read == "values" else ("spikes", 3)
    peak = {"scale": 1.0, "peak": 9} if integer else {}
    g = GraphBuilder(
        (channels, 5, 6), encoding=encoding, timesteps=steps, arithmetic=arithmetic_of(numbers), low=-9.0,
        high=9.0, **peak,
    )  # fmt: skip
    dtype = np.int8 if integer else np.float32
    x = g.input
    if read != "values":
        fields = {"membrane": 0, "threshold": 1, "reset": "none"}
        several = {"multiple": True, "max_spikes": 9} if read == "counts" else {}
        x = g.neuron(g.add(x, as_current=True), **fields, **several)

    def weights(*shape: int) -> np.ndarray:
        return (rng.integers(-127, 128, shape) / (1 if integer else 64)).astype(dtype)

    bias = rng.integers(-50, 50, channels * outputs).astype(np.int32 if integer else np.float32)
    x = g.conv2d(
        x, weights(channels * outputs, 1, 3, 2), bias if channels % 2 else None, groups=channels, name="it",
        **options,
    )  # fmt: skip
    logits = g.neuron(x, membrane=0, reset="none", name="shown")
    logits = g.sum_pool2d(logits, x.shape[1:])
    graph = g.finish(g.flatten(logits), scale=np.ones(channels * outputs) if integer else None)
    values = rng.integers(-9, 10, (2, steps, channels, 5, 6)) * (rng.random((2, steps, channels, 5, 6)) < 0.4)
    return graph, (values[:, 0] if encoding == "constant" else values).astype(np.float32)


@pytest.mark.parametrize(
    ("numbers", "shape", "read"), list(itertools.product(("int8", "float32"), range(len(SHAPES)), INPUTS))
)
def test_every_kernel_set_gives_the_references_bits(numbers: str, shape: int, read: str) -> None:
    graph, x = depthwise(numbers, *SHAPES[shape], read)
    assert graph["it"].is_depthwise
    expected = Reference(graph).run(x, record=("membranes",))
    assert expected.counts.synaptic_operations.all(axis=0).any() and np.abs(expected.membranes["shown"]).max()
    for kernels in kernel_sets():
        found = Network(graph).run(x, record=("membranes",), kernels=kernels)
        np.testing.assert_array_equal(found.membranes["shown"], expected.membranes["shown"])
        for field in Counts.FIELDS:
            np.testing.assert_array_equal(getattr(found.counts, field), getattr(expected.counts, field))


def test_only_what_has_such_a_convolution_has_the_loop() -> None:
    graph, _ = depthwise("int8", 4, 1, {}, "spikes")
    assert options_for(graph)["SNNRT_WITH_DEPTHWISE"] == 1
    g = GraphBuilder((4, 5, 5))
    for groups in (1, 2):
        x = g.conv2d(g.input, np.ones((4, 4 // groups, 2, 2)), groups=groups)
    assert options_for(g.finish(g.flatten(g.sum_pool2d(x, (4, 4)))))["SNNRT_WITH_DEPTHWISE"] == 0


@pytest.mark.parametrize("groups, used", [(4, 0), (2, 1)])
def test_it_asks_for_no_scratch(groups: int, used: int) -> None:
    """Neither the core nor the table of what a device needs."""
    g = GraphBuilder((4, 5, 5), encoding="spikes")
    x = g.conv2d(g.if_(g.input), np.ones((4, 4 // groups, 2, 2)), groups=groups, name="it")
    network = Network(g.finish(g.flatten(g.sum_pool2d(x, (4, 4)))))
    assert (network.model.info.scratch_bytes > 0) == bool(used)
    assert (device_needs(network, "cortex-m4").scratch_bytes["it"] > 0) == bool(used)
