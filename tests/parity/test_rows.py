"""Convolutions by rows: the same spikes, membranes and counts as with the whole map at once."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from device_programs import need_core

import snnrt.devices.core as core_execution
from snnrt import GraphBuilder
from snnrt.devices.cpu import kernel_sets
from snnrt.ir.graph import Conv2d, Graph, arithmetic_of
from snnrt.ir.rows import computed_anew
from snnrt.network import Network
from snnrt.results.counts import Counts
from snnrt.targets.emulator import CORES

NEURONS = {
    "plain": {},
    "each its own": {"threshold": "each", "bias": "each", "reset": "value", "reset_value": "each"},
    "narrow": {"state_bits": 16},
    "synapse": {"synapse": 0.5},
    "waits": {"refractory": 2, "reset": "value", "reset_value": 0},
    "adapts": {"adaptation": 0.25, "adaptation_decay": 0.5},
    "several": {"multiple": True, "max_spikes": 5},
    "takes back": {"multiple": True, "max_spikes": 5, "takes_back": True, "membrane": 1.0},
    "once": {"one_spike": True, "reset": "none"},
    "integrates": {"threshold": None, "reset": "none"},
}
WINDOWS = [
    {"padding": 1},
    {"stride": 2, "padding": (0, 2, 1, 0)},
    {"dilation": 2, "padding": 2},
    {"groups": 4, "padding": 1},
    {"groups": 2, "stride": (2, 1), "padding": 1},
]


def by_rows(numbers: str, window: dict, neuron: dict, encoding: str = "spikes") -> Graph:
    """A convolution of (4, 11, 8) and its neurons; of multiples of 1/64, which float32 adds exactly."""
    rng, integer = np.random.default_rng(1), numbers == "int8"
    peak = {"scale": 1.0, "peak": 3} if integer else {}
    g = GraphBuilder(
        (4, 11, 8),
        encoding=encoding,
        timesteps=4,
        arithmetic=arithmetic_of(numbers),
        low=-3.0,
        high=3.0,
        **peak,
    )
    dtype, unit = (np.int8, 1) if integer else (np.float32, 64)
    x = g.neuron(g.add(g.input, as_current=True), membrane=0, threshold=1, reset="none")
    kernel = (rng.integers(-100, 101, (8, 4 // window.get("groups", 1), 3, 3)) / unit).astype(dtype)
    bias = (rng.integers(-50, 51, 8) / unit).astype(np.int32 if integer else np.float32)
    x = g.conv2d(x, kernel, bias, name="rows", **window)
    fields = {"membrane": 0.5, "threshold": 1.0, "reset": "subtract", **neuron}

    def of(name: str, value: object) -> object:
        if value is None or (isinstance(value, (str, bool)) and value != "each") or name == "max_spikes":
            return value
        if value == "each":
            value = 1.0 + rng.integers(0, 16, x.shape) / 16
        if name in ("state_bits", "refractory"):
            return value
        if not integer:
            return np.float32(value)
        q15 = name in ("membrane", "synapse", "adaptation_decay")
        return np.asarray(np.multiply(value, 32768 if q15 else 150), np.int32)

    given = {name: of(name, value) for name, value in fields.items()}
    x = g.neuron(x, **{name: value for name, value in given.items() if value is not None}, name="neurons")
    if given["threshold"] is None or neuron.get("multiple"):
        x = g.neuron(
            x if given["threshold"] is None else g.add(x, as_current=True),
            membrane=0,
            threshold=1,
            reset="none",
        )
    pooled = g.flatten(g.sum_pool2d(x, x.shape[1:]))
    logits = g.dense(pooled, np.eye(8, dtype=dtype))
    return g.finish(logits, scale=np.ones(8) if integer else None)


def inputs(encoding: str = "spikes") -> np.ndarray:
    rng = np.random.default_rng(2)
    return rng.integers(-3, 4, (6, 4, 4, 11, 8) if encoding == "spikes" else (6, 4, 11, 8)).astype(np.float32)


@pytest.fixture
def without_scratch(monkeypatch):
    """The core has no room but the arena, as on a device."""
    start = core_execution.Execution.__init__

    def bare(self, room, info):
        start(self, room, dataclasses.replace(info, scratch_bytes=0))

    monkeypatch.setattr(core_execution.Execution, "__init__", bare)


def same(found, expected) -> None:
    for name, values in expected.spikes.items():
        np.testing.assert_array_equal(found.spikes[name], values)
    for name, values in expected.membranes.items():
        np.testing.assert_array_equal(found.membranes[name], values)
    np.testing.assert_array_equal(found.logits, expected.logits)
    for field in Counts.FIELDS:
        np.testing.assert_array_equal(getattr(found.counts, field), getattr(expected.counts, field))


def check(graph: Graph, x: np.ndarray, kernels: str) -> None:
    network = Network(graph)
    record = ("spikes", "membranes")
    expected = network.run(x, exit="never", record=record, device="reference")
    assert any(values.any() for values in expected.spikes.values())
    same(network.run(x, exit="never", record=record, kernels=kernels), expected)


@pytest.mark.parametrize("kernels", kernel_sets())
@pytest.mark.parametrize("neuron", NEURONS)
@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_every_neuron_without_scratch(numbers, neuron, kernels, without_scratch):
    fields = NEURONS[neuron]
    if numbers == "float32" and neuron == "narrow":
        fields = {}
    graph = by_rows(numbers, WINDOWS[0], fields)
    assert Network(graph).model.graph["rows"].rows == 1
    check(graph, inputs(), kernels)


@pytest.mark.parametrize("kernels", kernel_sets())
@pytest.mark.parametrize("window", range(len(WINDOWS)))
@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_every_window_without_scratch(numbers, window, kernels, without_scratch):
    graph = by_rows(numbers, WINDOWS[window], {})
    assert Network(graph).model.graph["rows"].rows > 0
    check(graph, inputs(), kernels)


@pytest.mark.parametrize("kernels", kernel_sets())
@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_with_scratch_the_whole_map_at_once(numbers, kernels):
    check(by_rows(numbers, WINDOWS[0], {}), inputs(), kernels)


@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_a_constant_input_computed_anew_gives_the_same(numbers, without_scratch):
    graph = by_rows(numbers, WINDOWS[0], {}, "constant")
    # the first neurons have a state, so the convolution behind is no constant; read the input itself
    x = inputs("constant")
    nodes = tuple(node.with_(inputs=graph.nodes[1].inputs) if node.name == "rows" else node for node in graph)
    nodes = tuple(node for node in nodes if node.name not in _between(graph))
    kept = Network(graph.with_(nodes=nodes))
    anew = Network(kept.graph.with_(nodes=tuple(computed_anew(kept.graph.nodes))))
    assert [n.rows for n in (*kept.graph, *anew.graph) if isinstance(n, Conv2d)] == [0, 1]
    assert anew.model.info.arena_bytes < kept.model.info.arena_bytes
    first, second = (n.run(x, exit="never", record=("spikes", "membranes")) for n in (kept, anew))
    for name, values in first.spikes.items():
        np.testing.assert_array_equal(second.spikes[name], values)
    for name, values in first.membranes.items():
        np.testing.assert_array_equal(second.membranes[name], values)


def _between(graph: Graph) -> set[str]:
    return {node.name for node in graph.nodes[1 : graph.index("rows")]}


@pytest.mark.parametrize("device", [f"emulator:{core}" for core in CORES])
def test_emulated_cores_give_the_same(device):
    need_core(device.removeprefix("emulator:"))
    x = inputs()[:2]
    for neuron, window in (("each its own", 1), ("takes back", 3)):
        network = Network(by_rows("int8", WINDOWS[window], NEURONS[neuron]))
        expected = network.run(x, exit="never", device="reference")
        found = network.run(x, exit="never", device=device)
        np.testing.assert_array_equal(found.logits, expected.logits)
        np.testing.assert_array_equal(found.counts.spikes, expected.counts.spikes)
