"""The rules that carry a figure to a chip's own operating point."""

from __future__ import annotations

import dataclasses
import math

import pytest
from published_networks import Builder, counts_at

from snnrt.errors import TargetError
from snnrt.targets import Charge, estimate, load_target
from snnrt.targets.in_memory import read_time
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.scaling import LAWS, converter_energy, converter_time, factors


def charge(laws: tuple[str, ...], **at: float) -> Charge:
    figure = load_target("dt-snn").charges[0].figure
    return Charge("read", "made up", figure, laws=laws, at=at)


def scale(charged: Charge, target: InMemory) -> float:
    return math.prod(factor for _, factor in factors(charged, target))


def test_every_law_is_one_where_the_points_agree():
    target = load_target("dt-snn")
    here = {
        "bits": 5, "rows": 64, "columns": 66, "node": 32, "voltage": 0.9, "read_voltage": 0.1,
        "on_resistance": 20e3, "on_off_ratio": 10,
    }  # fmt: skip
    for law, (points, _) in LAWS.items():
        at = {point: here[point] for point in points}
        assert scale(charge((law,), **at), target) == pytest.approx(1), law


def test_laws_by_hand():
    target = load_target("dt-snn")
    assert scale(charge(("node",), node=64), target) == 0.5
    assert scale(charge(("node_squared",), node=64), target) == 0.25
    assert scale(charge(("voltage",), voltage=1.8), target) == 0.25
    assert scale(charge(("rows", "columns"), rows=128, columns=33), target) == pytest.approx(1.0)
    assert scale(charge(("cells",), rows=32, columns=66), target) == 2.0
    half = scale(charge(("conductance",), on_resistance=10e3, on_off_ratio=10), target)
    assert half == pytest.approx(0.5)


@pytest.mark.parametrize("kind", ["sar", "flash", "ramp", "fixed"])
def test_converters_by_bits(kind):
    assert converter_energy(kind, 5, 5) == converter_time(kind, 5, 5) == 1
    energies = [converter_energy(kind, bits, 5) for bits in range(2, 10)]
    assert energies == sorted(energies)
    assert (energies[0] < energies[-1]) is (kind != "fixed")


def test_sar_follows_neurosims_law():
    """(1.0157 b + 7.6286) µW for b + 1 ns."""
    by_hand = (1.0157 * 8 + 7.6286) * 9 / ((1.0157 * 5 + 7.6286) * 6)
    assert converter_energy("sar", 8, 5) == pytest.approx(by_hand)


def test_a_law_needs_its_figure():
    target = dataclasses.replace(load_target("dt-snn"), supply_voltage=None)
    with pytest.raises(TargetError, match=r"figures\.supply_voltage is missing"):
        scale(charge(("voltage",), voltage=1.0), target)


def test_more_converters_an_array_are_faster():
    target = load_target("dt-snn")
    assert target.converters == 8
    assert read_time(target.with_parameters({"columns_per_adc": 1}), 64) == pytest.approx(8e-9)
    assert read_time(target, 64) == pytest.approx(50e-9)


def test_a_pipeline_over_timesteps_is_faster_and_an_exit_wastes_what_it_had_begun():
    builder = Builder((8, 8, 8), encoding="spikes").conv(8).neuron().conv(8).neuron().flatten().dense(10)
    graph = builder.graph("entropy", 0.5)
    counts = counts_at(graph, 0.1, [1, 4])
    target = load_target("isaac")
    plain = dataclasses.replace(target, pipelining="none")
    pipelined, single = (estimate(graph, counts, one) for one in (target, plain))
    assert pipelined.latency_s[1] < single.latency_s[1]
    assert pipelined.latency_s[0] == pytest.approx(single.latency_s[0])
    wasted = pipelined.layer_energy_j[:, pipelined.layers.index("steps in flight")]
    assert wasted[0] > 0 and wasted[1] == 0
    never = estimate(graph.with_exit("never"), counts, target)
    assert "steps in flight" not in never.layers


def test_copies_of_early_layers_share_their_windows():
    graph = Builder((3, 8, 8), encoding="spikes").conv(8).neuron().flatten().dense(10).graph()
    mapping = estimate(graph, counts_at(graph, 0.1, [1]), "isaac").mapping
    assert [layer.replicas for layer in mapping] == [16, 1]
    assert mapping[1].first_block == 16 * mapping[0].blocks
