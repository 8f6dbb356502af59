"""Counts: where max_spikes held a neuron back, on every device."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.devices.cpu import kernel_sets
from snnrt.ir.graph import Graph, arithmetic_of
from snnrt.network import Network
from snnrt.results.counts import Counts

DEVICES = ("reference", *(f"cpu:{name}" for name in kernel_sets()))
NEURONS = 40
WIDE = ("several", "one", "resting", "adapts")


def capped_network(numbers: str, **fields: object) -> Graph:
    """Four layers that get the same current, 40 neurons each: at most 3 spikes a step, one, 3 with a
    refractory period of one step, 3 with a threshold that grows."""
    integer = numbers == "int8"
    g = GraphBuilder(
        (1,), encoding="spikes", timesteps=3, arithmetic=arithmetic_of(numbers), peak=100, high=100.0
    )
    weights = np.ones((NEURONS, 1), np.int8 if integer else np.float32)
    x = g.dense(g.input, weights)
    several = {"membrane": 0, "threshold": 2, "multiple": True, "max_spikes": 3, "reset": "none"}
    half = 16384 if integer else 0.5
    layers = [
        g.neuron(x, name="several", **several),
        g.neuron(x, name="one", membrane=0, threshold=2, reset="none"),
        g.neuron(x, name="resting", **several, refractory=1),
        g.neuron(x, name="adapts", **several, adaptation=2, adaptation_decay=half),
    ]
    row = np.ones((2, NEURONS), weights.dtype)
    total = g.add(*(g.dense(layer, row) for layer in layers), as_current=True)
    return g.finish(total, scale=[1.0, 1.0] if integer else None)


@pytest.mark.parametrize("numbers", ["float32", "int8"])
@pytest.mark.parametrize("device", DEVICES)
def test_capped_updates_by_hand(numbers: str, device: str) -> None:
    network = Network(capped_network(numbers))
    # θ = 2: 3 spikes at 6 and 7, which is no more than they may; 4 at 8
    x = np.array([[[7], [6], [1]], [[8], [7], [9]], [[8], [8], [8]]], np.float32)
    counts = network.run(x, device=device).counts
    found = {name: counts.capped_updates[:, counts.nodes.index(name)].tolist() for name in WIDE}
    assert found == {
        "several": [0, 2 * NEURONS, 3 * NEURONS],
        "one": [0, 0, 0],
        # after the spikes of the first step it rests in the second
        "resting": [0, 2 * NEURONS, 2 * NEURONS],
        # a = 6 after 3 spikes: θ is 5 in the second step; in the third more
        "adapts": [0, NEURONS, NEURONS],
    }
    assert counts.capped() == {
        "several": (5 * NEURONS, 9 * NEURONS),
        "resting": (4 * NEURONS, 9 * NEURONS),
        "adapts": (2 * NEURONS, 9 * NEURONS),
    }
    assert sum(counts.capped_updates.sum(axis=0) != 0) == 3


@pytest.mark.parametrize("device", DEVICES)
def test_a_ratio_beyond_all_numbers_is_capped(device: str) -> None:
    """u / θ overflows; with both infinite (the threshold by adaptation) it is no number."""
    g = GraphBuilder((1,), encoding="spikes", timesteps=2, high=3e38)
    fields = {"membrane": 0, "multiple": True, "max_spikes": 2, "reset": "value", "reset_value": 0}
    x = g.dense(g.input, np.full((2, 1), 3, np.float32))
    tiny = g.neuron(x, name="tiny", threshold=1e-30, **fields)
    huge = g.neuron(x, name="huge", threshold=3e38, adaptation=3e38, adaptation_decay=1, **fields)
    graph = g.finish(g.add(tiny, huge))
    counts = Network(graph).run(np.full((1, 2, 1), 2e38, np.float32), device=device).counts
    assert counts.capped() == {"tiny": (4, 4), "huge": (4, 4)}


def test_nothing_capped_says_nothing() -> None:
    assert Counts.zeros(("a", "b"), 3).capped() == {}
