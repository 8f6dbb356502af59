"""The dt-snn profile against what the DT-SNN paper (arXiv 2305.17346) reports."""

from __future__ import annotations

import numpy as np
import pytest
from published_networks import Builder, counts_at, vgg16

from snnrt.targets import compare, estimate, load_target

# A distribution of exits whose mean is the paper's 1.46 timesteps.
EXITS = np.repeat([1, 2, 3, 4], [68, 21, 8, 3])


def test_energy_and_latency_laws():
    graph = vgg16(timesteps=8)
    steps = np.arange(1, 9)
    costs = estimate(graph, counts_at(graph, 0.10, steps), "dt-snn")
    np.testing.assert_allclose(costs.energy_j / costs.energy_j[0], (0.795 + steps) / 1.795, rtol=2e-4)
    assert costs.energy_j[7] / costs.energy_j[0] == pytest.approx(4.9, abs=0.005)
    np.testing.assert_allclose(costs.latency_s / costs.latency_s[0], steps, rtol=1e-12)


def test_shares_of_components_in_a_timestep():
    graph = vgg16()
    costs = estimate(graph, counts_at(graph, 0.10, [1]), "dt-snn")
    parts = dict(zip(costs.components, costs.component_energy_j[0], strict=True))
    exit_energy = parts.pop("exit rule")
    fixed = parts.pop("fixed part an input")
    step = sum(parts.values())
    assert parts["digital peripherals"] / step == pytest.approx(0.45, abs=0.005)
    assert parts["crossbar and ADC"] / step == pytest.approx(0.25, abs=0.005)
    assert fixed / step == pytest.approx(0.795, rel=1e-4)
    assert exit_energy / step == pytest.approx(2e-5, rel=1e-3)


def test_the_papers_energy_delay_product():
    assert EXITS.mean() == 1.46
    graph = vgg16(timesteps=4)
    dynamic, static = counts_at(graph, 0.10, EXITS), counts_at(graph, 0.10, np.full(EXITS.size, 4))
    report = compare(graph, dynamic, static, "dt-snn")
    assert report.product_of_means_edp_reduction == pytest.approx(0.83, abs=0.005)
    assert 0.79 <= report.edp_reduction <= 0.83


def test_resnet_average_of_1_27_timesteps():
    exits = np.repeat([1, 2, 3, 4], [81, 13, 4, 2])
    assert exits.mean() == 1.27
    graph = vgg16(timesteps=4)
    report = compare(
        graph, counts_at(graph, 0.10, exits), counts_at(graph, 0.10, np.full(100, 4)), load_target("dt-snn")
    )
    assert report.product_of_means_edp_reduction == pytest.approx(0.86, abs=0.005)
    assert 0.83 <= report.edp_reduction <= 0.86


def test_fewer_spikes_cost_less_and_silence_is_never_converted():
    graph = vgg16(timesteps=4)
    by_density = [
        estimate(graph, counts_at(graph, density, [4]), "dt-snn") for density in (0.0, 0.01, 0.1, 0.3, 1.0)
    ]
    energies = [float(costs.energy_j[0]) for costs in by_density]
    assert energies == sorted(energies) and energies[0] < energies[-1]
    silent = by_density[0]
    row = silent.layers.index("conv3")
    peripherals_only = silent.mapping[1].reads_per_timestep * 4 * (10.12e-12 + 4.65e-12)
    assert silent.layer_energy_j[0, row] == pytest.approx(peripherals_only)
    assert len({float(costs.latency_s[0]) for costs in by_density}) == 1


def test_constant_input_is_applied_bit_by_bit_at_every_timestep():
    graph = Builder((3, 8, 8), timesteps=4).conv(16).neuron().flatten().dense(10).graph()
    costs = estimate(graph, counts_at(graph, 0.1, [1, 3]), "dt-snn")
    first = costs.layers.index("conv1")
    assert costs.mapping[0].reads_per_timestep == 64 * 8
    assert costs.layer_energy_j[1, first] == pytest.approx(3 * costs.layer_energy_j[0, first])
    once = estimate(graph, counts_at(graph, 0.1, [1, 3]), "hermes")
    first = once.layers.index("conv1")
    assert once.layer_energy_j[1, first] == once.layer_energy_j[0, first]


def test_pooled_spikes_take_the_bits_of_their_count():
    graph = Builder((8, 8, 8), encoding="spikes").conv(8).neuron().pool().conv(8).neuron().flatten().graph()
    reads = {
        layer.layer: layer.reads_per_timestep
        for layer in estimate(graph, counts_at(graph, 0.1, [1]), "dt-snn").mapping
    }
    # 72 inputs fill two row blocks; a count of at most 4 has three bits.
    assert reads == {"conv1": 64 * 2, "conv4": 16 * 2 * 3}


def test_groups_take_blocks_of_their_own():
    graph = Builder((8, 8, 8), encoding="spikes").conv(8, groups=8).neuron().flatten().graph()
    (layer,) = estimate(graph, counts_at(graph, 0.1, [1]), "dt-snn").mapping
    assert (layer.row_blocks, layer.column_blocks, layer.blocks) == (1, 1, 8)
    assert layer.utilisation == pytest.approx(9 * 2 / 64**2)
