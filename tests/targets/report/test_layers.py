"""Layers and components with their costs: sums are the whole."""

from __future__ import annotations

import pytest
from published_networks import Builder, counts_at

from snnrt.targets import compare
from snnrt.targets.report.layers import component_costs, layer_costs, layer_rows


def network():
    builder = Builder((1, 8, 8), timesteps=4)
    return builder.conv(4).neuron().flatten().dense(10).neuron().graph("entropy", 0.4)


def test_kinds_shapes_and_events() -> None:
    graph = network()
    dynamic, static = counts_at(graph, 0.2, [1, 2]), counts_at(graph, 0.2, [4, 4])
    rows = layer_rows(graph, dynamic, static)
    assert [row["name"] for row in rows] == [node.name for node in graph]
    for place, (row, node) in enumerate(zip(rows, graph)):
        assert row["shape"] == list(node.shape)
        assert row["spikes"] == dynamic.spikes[:, place].mean()
        assert row["static_synaptic_operations"] == static.synaptic_operations[:, place].mean()
        if row["neuron_updates"]:
            assert row["rate"] == row["spikes"] / row["neuron_updates"]
            assert row["kind"] == node.model != "neuron"
    without = layer_rows(graph, None, None)
    assert without[1]["spikes"] is None and without[1]["rate"] is None


@pytest.mark.parametrize("target", ["dt-snn", "stm32u575", "loihi"])
def test_parts_are_the_whole(target: str) -> None:
    graph = network()
    report = compare(graph, counts_at(graph, 0.2, [1, 2]), counts_at(graph, 0.2, [4, 4]), target)
    for rows in (
        layer_costs(graph, report.dynamic, report.static),
        component_costs(report.dynamic, report.static),
    ):
        assert sum(row["mean_energy_j"] for row in rows) == pytest.approx(report.dynamic.energy_j.mean())
        assert sum(row["static_mean_energy_j"] for row in rows) == pytest.approx(
            report.static.energy_j.mean()
        )
        assert sum(row["share"] for row in rows) == pytest.approx(1)
    layers = layer_costs(graph, report.dynamic, report.static)
    assert sum(row["mean_latency_s"] for row in layers) == pytest.approx(report.dynamic.latency_s.mean())
    names = {node.name for node in graph}
    assert all((row["kind"] is not None) == (row["layer"] in names) for row in layers)
