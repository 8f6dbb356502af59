"""SpikeSim's published VGG-9 example, to its last digit."""

from __future__ import annotations

import numpy as np
import pytest
from published_networks import counts_at, vgg9_convolutions

from snnrt.targets import estimate, load_target
from snnrt.targets.in_memory import read_time


def test_published_example_exactly():
    graph = vgg9_convolutions()
    costs = estimate(graph, counts_at(graph, 0.1, [5]), "spikesim-65nm")
    assert costs.blocks == 48
    assert costs.tiles == 6
    assert sum(layer.reads_per_timestep for layer in costs.mapping) == 3840
    assert costs.energy_j[0] * 1e12 == pytest.approx(15_906_934.026, abs=5e-4)
    assert costs.latency_s[0] * 1e9 == pytest.approx(62_832_640, rel=1e-12)
    assert costs.area_mm2 == pytest.approx(8.4255, abs=5e-5)
    published = {one.what: one.figure.si for one in load_target("spikesim-65nm").reproduces}
    assert published["VGG-9 / CIFAR-10, T = 5: latency"] == pytest.approx(costs.latency_s[0])
    assert published["VGG-9 / CIFAR-10: area"] == pytest.approx(costs.area_mm2 * 1e6, rel=1e-5)


def test_shares_of_a_pe_cycle():
    graph = vgg9_convolutions()
    costs = estimate(graph, counts_at(graph, 0.1, [5]), "spikesim-65nm")
    shares = dict(zip(costs.components, costs.component_energy_j[0] / costs.energy_j[0], strict=True))
    published = {
        "tile buffer": 0.479, "H-tree": 0.190, "ADC": 0.157, "crossbar": 0.153, "mux": 0.007, "neuron": 0.006,
    }  # fmt: skip
    for component, share in published.items():
        assert shares[component] == pytest.approx(share, abs=6e-4), component


def test_energy_is_proportional_to_timesteps_and_blind_to_spikes():
    graph = vgg9_convolutions()
    energy = estimate(graph, counts_at(graph, 0.1, [1, 2, 5]), "spikesim-65nm").energy_j
    np.testing.assert_allclose(energy / energy[0], [1, 2, 5], rtol=1e-12)
    busier = estimate(graph, counts_at(graph, 0.5, [1, 2, 5]), "spikesim-65nm").energy_j
    np.testing.assert_array_equal(energy, busier)


def test_a_pe_cycle_is_26_clocks_at_250_mhz():
    target = load_target("spikesim-65nm")
    assert read_time(target, 64) == pytest.approx(26 / 250e6)
