"""Spikes that are taken back: by hand, and through every node that reads numbers of spikes."""

from __future__ import annotations

import numpy as np
import pytest
from device_programs import need_core
from scalar_network import run_scalar

import snnrt
from snnrt import GraphBuilder
from snnrt.devices.cpu import kernel_sets
from snnrt.devices.crossbar.device import Crossbar, CrossbarConfig
from snnrt.ir.graph import Graph, arithmetic_of
from snnrt.network import Network
from snnrt.reference.run import Reference
from snnrt.targets.emulator import CORES

STEPS, INPUTS = 6, 3
RECORD = ("spikes", "membranes")
DEVICES = ["cpu", "reference", *(f"emulator:{core}" for core in CORES)]


def signed_network(numbers: str) -> tuple[Graph, np.ndarray]:
    """Neurons that take spikes back, between them a node of each kind that reads them."""
    rng, integer = np.random.default_rng(4), numbers == "int8"
    fields = {"low": -5.0, "high": 5.0, **({"scale": 1.0, "peak": 5} if integer else {})}
    g = GraphBuilder(
        (2, 6, 6), encoding="spikes", timesteps=STEPS, arithmetic=arithmetic_of(numbers), **fields
    )

    def weights(*shape: int) -> np.ndarray:
        return rng.integers(-5, 6, shape).astype(np.int8 if integer else np.float32)

    def neurons(x, name: str, threshold: int, most: int):
        return g.neuron(
            x, name=name, membrane=32768 if integer else 1.0, threshold=threshold, initial=threshold // 2,
            reset="subtract", multiple=True, max_spikes=most, takes_back=True,
        )  # fmt: skip

    x = neurons(g.conv2d(g.input, weights(16, 2, 3, 3), padding=1, name="images"), "n1", 20, 1)
    pooled = g.max_pool2d(x, 2, stride=2, mode="net", inputs_kept=int(np.prod(x.shape)), name="net")
    x = neurons(g.conv2d(x, weights(16, 1, 3, 3), padding=1, groups=16, name="depthwise"), "n2", 10, 3)
    x = neurons(g.conv2d(x, weights(4, 16, 1, 1), name="pointwise"), "n3", 9, 1)
    x = g.concatenate(pooled, g.sum_pool2d(x, (2, 2), stride=2), g.max_pool2d(x, 2, stride=2))
    x = g.delay(g.pad2d(x, (1, 0, 0, 1)), 1, name="later")
    x = g.add(x, x, name="twice")
    x = neurons(g.dense(g.flatten(x), weights(5, int(np.prod(x.shape)))), "n4", 30, 2)
    x = g.dense(x, weights(3, 5), name="last")
    return g.finish(x, scale=np.ones(3) if integer else None), rng.integers(-5, 6, (INPUTS, STEPS, 2, 6, 6))


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_by_hand(device: str, numbers: str) -> None:
    """θ = 4 from 2 on: at every step the net number is the sum so far, rounded to θ and at least 0."""
    if device.startswith("emulator:"):
        need_core(device.removeprefix("emulator:"))
    integer = numbers == "int8"
    fields = {"low": -99.0, "high": 99.0, **({"scale": 1.0, "peak": 99} if integer else {})}
    g = GraphBuilder((1,), encoding="spikes", timesteps=7, arithmetic=arithmetic_of(numbers), **fields)
    x = g.dense(g.input, np.ones((1, 1), np.int8 if integer else np.float32))
    x = g.neuron(
        x, membrane=32768 if integer else 1.0, threshold=4, initial=2, reset="subtract", multiple=True,
        max_spikes=2, takes_back=True, name="n",
    )  # fmt: skip
    x = g.dense(x, np.ones((2, 1), np.int8 if integer else np.float32), name="out")
    net = Network(g.finish(x, scale=np.ones(2) if integer else None))
    inputs = np.array([4, 5, -3, -9, -1, 12, -30], np.float32).reshape(1, 7, 1)
    # sums 4 9 6 −3 −4 8 −22: two a step, none below what was fired
    result = net.run(inputs, device=device, record=() if device.startswith("emulator:") else ("spikes",))
    assert result.logits.tolist() == [[0, 0]]
    if result.spikes:
        assert result.spikes["n"].dtype == np.int16
        assert result.spikes["n"].ravel().tolist() == [1, 1, 0, -2, 0, 2, -2]
    assert result.counts.spikes[0].sum() == 8
    assert result.counts.row_activations[0].sum() == 7 + 5


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_the_reference_has_what_loops_give(numbers: str) -> None:
    graph, x = signed_network(numbers)
    expected = run_scalar(graph, x[0].astype(np.float32))
    result = Reference(graph).run(x, record=RECORD)
    for name, values in result.spikes.items():
        np.testing.assert_array_equal(values[0], expected.outputs[name])
        assert values.min() < 0 < values.max()
    assert expected.outputs["net"].min() < 0 < expected.outputs["net"].max()


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize("kernels", kernel_sets())
def test_the_core_gives_the_same(numbers: str, kernels: str) -> None:
    graph, x = signed_network(numbers)
    expected = Reference(graph).run(x, record=RECORD)
    found = Network(graph).run(x, record=RECORD, kernels=kernels)
    np.testing.assert_array_equal(found.logits, expected.logits)
    for name, values in expected.spikes.items():
        np.testing.assert_array_equal(found.spikes[name], values)
        np.testing.assert_array_equal(found.membranes[name], expected.membranes[name])
    for event in expected.counts.FIELDS:
        np.testing.assert_array_equal(getattr(found.counts, event), getattr(expected.counts, event))


@pytest.mark.parametrize("device", DEVICES[2:])
def test_emulated_cores_give_the_same(device: str) -> None:
    need_core(device.removeprefix("emulator:"))
    graph, x = signed_network("int8")
    expected = Network(graph).run(x)
    found = Network(graph).run(x, device=device)
    np.testing.assert_array_equal(found.logits, expected.logits)
    np.testing.assert_array_equal(found.counts.spikes, expected.counts.spikes)


def test_an_ideal_crossbar_takes_each_sign_in_a_pass() -> None:
    graph, x = signed_network("int8")
    expected, crossbar = Reference(graph).run(x, record=RECORD), Crossbar(CrossbarConfig(rows=16))
    found = Reference(graph, crossbar).run(x, record=RECORD)
    np.testing.assert_array_equal(found.logits, expected.logits)
    events = crossbar.events["depthwise"]
    assert events.windows - events.silent_windows < events.passes <= 2 * events.windows


def test_a_file_keeps_it() -> None:
    net = Network(signed_network("int8")[0])
    again = snnrt.Network.from_bytes(net.to_bytes())
    assert again.graph["n2"].takes_back and again.graph["n2"].max_spikes == 3
    assert again.graph["net"].mode == "net" and again.graph["net"].inputs_kept == 16 * 36
