"""The neuromorphic model: synaptic operations, neuron updates, static power, capacity."""

from __future__ import annotations

import dataclasses

import pytest
from published_networks import Builder, counts_at, vgg16

from snnrt.targets import Figure, estimate, load_target
from snnrt.targets.neuromorphic import demand


def network(neurons: int = 100):
    return Builder((64,), encoding="spikes", timesteps=5).dense(neurons).neuron().graph()


def test_loihi_by_hand():
    """Energies of events; time of the busiest layer's work and the barriers."""
    graph = network()
    counts = counts_at(graph, 0.25, [3])
    costs = estimate(graph, counts, "loihi")
    operations, spikes = 3 * 16 * 100, float(counts.spikes.sum())
    work = operations * 4e-9 + 300 * 9.7e-9 + spikes * 37.6e-9
    assert costs.latency_s[0] == pytest.approx(3 * 299e-9 + work)
    events = operations * 23.6e-12 + 300 * 81e-12 + spikes * 76.8e-12
    assert costs.energy_j[0] == pytest.approx(events + 29e-3 * costs.latency_s[0])


def test_neurons_over_more_cores_work_side_by_side():
    counts = [counts_at(network(neurons), 0.25, [3]) for neurons in (1024, 2048)]
    one, two = (
        estimate(network(neurons), count, "loihi").latency_s[0]
        for neurons, count in zip((1024, 2048), counts, strict=True)
    )
    assert two == pytest.approx(one)


def test_vgg16_takes_a_credible_power():
    """It once came out at 77 W; the chip's own power is a few watts at most."""
    graph = vgg16(timesteps=4)
    costs = estimate(graph, counts_at(graph, 0.1, [4]), "loihi")
    target = load_target("loihi")
    chips = demand(graph, target).chips(target)
    assert chips == 3
    assert costs.energy_j[0] / costs.latency_s[0] / chips < 1.0
    assert "4608 inputs, on the chip it may have 4096" in costs.warnings[0]


def test_more_neurons_than_a_chip_has_are_split_over_chips():
    graph = (
        Builder((3, 64, 64), encoding="spikes")
        .conv(48)
        .neuron()
        .pool(16)
        .flatten()
        .dense(10)
        .neuron()
        .graph(numbers="int8")
    )
    costs = estimate(graph, counts_at(graph, 0.1, [1]), "loihi")
    assert costs.warnings == ("split over 2 chips; what spikes between them cost is not in the figures",)


def test_static_power_lasts_as_long_as_the_input():
    power = Figure(1.0, 1.0, 1.0, "mW", "made up", "made up", "assumption")
    target = dataclasses.replace(load_target("loihi"), static_power=power)
    without = dataclasses.replace(target, static_power=None)
    graph = network()
    counts = counts_at(graph, 0.25, [3])
    costs = estimate(graph, counts, target)
    extra = costs.energy_j - estimate(graph, counts, without).energy_j
    assert extra[0] == pytest.approx(1e-3 * costs.latency_s[0])
    waiting = estimate(graph, counts, target, period_s=1.0)
    assert waiting.energy_j[0] - costs.energy_j[0] == pytest.approx(1e-3 * (1.0 - costs.latency_s[0]))


def test_a_fixed_pace_hides_work():
    graph = network()
    costs = estimate(graph, counts_at(graph, 0.25, [3]), "truenorth")
    assert costs.latency_s[0] == pytest.approx(3e-3)


def test_capacity_is_checked():
    small, large = network(100), network(2000)
    assert not any("fit" in line for line in estimate(small, counts_at(small, 0.1, [1]), "odin").warnings)
    warnings = estimate(large, counts_at(large, 0.1, [1]), "odin").warnings
    assert warnings[:2] == (
        "does not fit: needs 2000 neurons, the chip has 256",
        "does not fit: needs 128000 synapses, the chip has 65536",
    )
    wide = Builder((300,), encoding="spikes", timesteps=5).dense(10).neuron().graph()
    assert "a neuron has 300 inputs, on the chip it may have 256" in " ".join(
        estimate(wide, counts_at(wide, 0.1, [1]), "odin").warnings
    )


def test_a_run_above_the_chips_own_power_is_told():
    graph = network()
    counts = counts_at(graph, 1.0, [1])
    assert not any("maximum" in line for line in estimate(graph, counts, "truenorth").warnings)
    target = dataclasses.replace(
        load_target("truenorth"),
        largest_power=Figure(1.0, 1.0, 1.0, "uW", "made up", "made up", "assumption"),
    )
    assert "own maximum is 1.00 µW" in " ".join(estimate(graph, counts, target).warnings)


def test_published_inferences_within_a_factor_of_two():
    """ODIN: MNIST at 16×16 to ten neurons, half of the pixels spike; Xylo: 71 timesteps beyond rest."""
    graph = Builder((256,), encoding="spikes", timesteps=1).dense(10).neuron().graph()
    odin = estimate(graph, counts_at(graph, 0.5, [1]), "odin").energy_j[0]
    assert 0.5 < odin / 15e-9 < 2
    steps = Builder((16,), encoding="spikes", timesteps=71).dense(60).neuron().graph()
    xylo = estimate(steps, counts_at(steps, 0.1, [71]), "xylo")
    beyond = dict(zip(xylo.components, xylo.component_energy_j[0], strict=True))["dynamic"]
    assert 0.5 < beyond / 6.6e-6 < 2
