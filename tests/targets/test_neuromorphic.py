"""The neuromorphic model: synaptic operations, neuron updates, static power, capacity."""

from __future__ import annotations

import dataclasses

import pytest
from published_networks import Builder, counts_at

from snnrt.targets import Figure, estimate, load_target


def network(neurons: int = 100):
    return Builder((64,), encoding="spikes", timesteps=5).dense(neurons).neuron().graph()


def test_loihi_by_hand():
    graph = network()
    counts = counts_at(graph, 0.25, [3])
    costs = estimate(graph, counts, "loihi")
    operations = 3 * 16 * 100
    assert costs.energy_j[0] == pytest.approx(operations * 23.6e-12 + 300 * 81e-12)
    assert costs.latency_s[0] == pytest.approx(3 * 10e-6)


def test_static_power_lasts_as_long_as_the_input():
    power = Figure(1.0, 1.0, 1.0, "mW", "made up", "made up", "assumption")
    target = dataclasses.replace(load_target("loihi"), static_power=power)
    graph = network()
    counts = counts_at(graph, 0.25, [3])
    extra = estimate(graph, counts, target).energy_j - estimate(graph, counts, "loihi").energy_j
    assert extra[0] == pytest.approx(1e-3 * 30e-6)


def test_capacity_is_checked():
    small, large = network(100), network(2000)
    assert estimate(small, counts_at(small, 0.1, [1]), "odin").warnings == ()
    warnings = estimate(large, counts_at(large, 0.1, [1]), "odin").warnings
    assert warnings == (
        "does not fit: needs 2000 neurons, the chip has 256",
        "does not fit: needs 128000 synapses, the chip has 65536",
    )
