"""estimate and compare: totals, bands, checks, the report's keys."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from published_networks import Builder, counts_at

from snnrt.errors import DataError, TargetError
from snnrt.targets import compare, estimate, list_targets, load_target


@pytest.fixture
def graph():
    builder = Builder((1, 8, 8), timesteps=4)
    return builder.conv(4).neuron().pool().conv(8).neuron().flatten().dense(10).neuron().graph("entropy", 0.4)


@pytest.mark.parametrize("name", list_targets())
def test_layers_and_components_add_up_and_the_band_contains_the_value(graph, name):
    costs = estimate(graph, counts_at(graph, 0.2, [1, 2, 4]), name)
    np.testing.assert_allclose(costs.layer_energy_j.sum(axis=1), costs.energy_j, rtol=1e-12)
    np.testing.assert_allclose(costs.component_energy_j.sum(axis=1), costs.energy_j, rtol=1e-12)
    np.testing.assert_allclose(costs.layer_latency_s.sum(axis=1), costs.latency_s, rtol=1e-12)
    assert (costs.energy_band_j[0] <= costs.energy_j).all() and (
        costs.energy_j <= costs.energy_band_j[1]
    ).all()
    assert (costs.latency_band_s[0] <= costs.latency_s).all()
    assert (costs.latency_s <= costs.latency_band_s[1]).all()
    assert (np.diff(costs.energy_j) > 0).all() and (np.diff(costs.latency_s) > 0).all()
    assert costs.formulas


@pytest.mark.parametrize("name", list_targets())
def test_an_input_costs_the_same_in_any_company(graph, name):
    together = estimate(graph, counts_at(graph, 0.2, [1, 2, 4]), name)
    alone = estimate(graph, counts_at(graph, 0.2, [2]), name)
    assert together.energy_j[1] == alone.energy_j[0]


def test_summary_is_the_mean_of_products_and_the_product_of_means(graph):
    costs = estimate(graph, counts_at(graph, 0.2, [1, 2, 4]), "dt-snn")
    summary = costs.summary()
    assert summary.mean_edp_js == pytest.approx(float(np.mean(costs.energy_j * costs.latency_s)))
    assert summary.product_of_means_edp_js == summary.mean_energy_j * summary.mean_latency_s
    assert summary.mean_edp_js > summary.product_of_means_edp_js


def test_report_keys(graph):
    dynamic, static = counts_at(graph, 0.2, [1, 2, 4]), counts_at(graph, 0.2, [4, 4, 4])
    report = compare(graph, dynamic, static, "stm32u575", accuracy=0.9, static_accuracy=0.91)
    found = json.loads(json.dumps(report.to_dict()))
    for key in ("accuracy", "mean_energy_j", "mean_latency_s", "mean_edp_js", "product_of_means_edp_js"):
        assert isinstance(found[key], float) and isinstance(found[f"static_{key}"], float)
    assert found["target"] == "stm32u575"
    assert found["edp_reduction"] == pytest.approx(1 - found["mean_edp_js"] / found["static_mean_edp_js"])
    assert 0 < found["edp_reduction"] < 1
    assert compare(graph, dynamic, static, "stm32u575").to_dict()["accuracy"] is None


def test_the_static_run_has_no_exit_rule(graph):
    counts = counts_at(graph, 0.2, [4])
    report = compare(graph, counts, counts, "stm32u575")
    assert report.static.energy_j[0] < report.dynamic.energy_j[0]
    assert report.edp_reduction < 0


def test_counts_must_be_the_graphs(graph):
    counts = counts_at(graph, 0.2, [1, 2])
    other = Builder((4,), encoding="spikes").dense(2).graph()
    cases = {
        "counts are of nodes": (other, counts),
        "no input": (graph, counts_at(graph, 0.2, [])),
        "spikes has shape": (graph, dataclasses.replace(counts, spikes=counts.spikes[:1])),
        "counts.timesteps hold a 0": (graph, dataclasses.replace(counts, timesteps=np.array([0, 2]))),
    }
    for message, (network, events) in cases.items():
        with pytest.raises(DataError, match=message) as raised:
            estimate(network, events, "dt-snn")
        assert "\n" not in str(raised.value)
    with pytest.raises(DataError, match="2 inputs, the static one 1"):
        compare(graph, counts, counts_at(graph, 0.2, [4]), "dt-snn")
    for period in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(DataError, match="period"):
            estimate(graph, counts, "stm32u575", period_s=period)


def test_unknown_target_names_close_ones(graph):
    with pytest.raises(TargetError, match="did you mean dt-snn"):
        estimate(graph, counts_at(graph, 0.2, [1]), "dt-snm")


def test_a_network_too_large_for_the_chip(graph):
    target = load_target("hermes")
    small = dataclasses.replace(target, blocks_available=target.blocks_available.at("value"))
    few = dataclasses.replace(small.blocks_available, value=2.0)
    costs = estimate(graph, counts_at(graph, 0.2, [1]), dataclasses.replace(small, blocks_available=few))
    assert costs.warnings == (f"does not fit: needs {costs.blocks} blocks, the chip has 2",)


def test_delayed_loops_are_costed():
    """A chain of neurons that feeds back into itself has no pooling behind it, and no end."""
    from snnrt.ir.graph import Edge

    graph = Builder((4,), encoding="spikes").dense(4).neuron().neuron().graph()
    first = graph["lif2"].with_(inputs=(Edge("dense1"), Edge("lif3", 1)))
    looped = graph.with_(nodes=tuple(first if node.name == "lif2" else node for node in graph))
    for name in list_targets():
        assert np.isfinite(estimate(looped, counts_at(looped, 0.5, [2]), name).energy_j).all()
