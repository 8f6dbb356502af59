"""Costs by timestep, and the plot of accuracy against them."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.calibration.step_counts import step_counts
from snnrt.errors import TargetError
from snnrt.network import Network
from snnrt.targets.loading import load_target
from snnrt.targets.trade_off import (
    _at_each_step,
    cost_of_steps,
    labels_of,
    panels_of,
    step_costs,
    trade_off_svg,
)


@dataclass
class Swept:
    rule: str
    place: int
    mean_timesteps: np.ndarray
    accuracy: np.ndarray | None
    steps: np.ndarray


def test_costs_of_steps_are_those_of_a_run() -> None:
    graph, x = dense_lif("int8")
    network = Network(graph.with_exit("entropy:0.97"))
    result, target = network.run(x), load_target("dt-snn")
    counts = step_counts(network.model, x)
    costs = step_costs(network.model, counts, target, "entropy")
    report = network.profile(x, target="dt-snn")
    assert costs.mean("edp", result.timesteps) == pytest.approx(report.dynamic.edp_js.mean(), rel=1e-12)
    assert costs.mean("energy", result.timesteps) == pytest.approx(report.dynamic.energy_j.mean(), rel=1e-12)
    static = step_costs(network.model, counts, target, None)
    everything = np.full(len(x), graph.timesteps)
    assert static.mean("latency", everything) == pytest.approx(report.static.latency_s.mean(), rel=1e-12)
    cost = cost_of_steps(network.model, counts, "dt-snn", "edp")
    assert cost("entropy", result.timesteps) == costs.mean("edp", result.timesteps)
    with pytest.raises(TargetError, match="minimize: expected one of"):
        cost_of_steps(network.model, counts, "dt-snn", "beauty")
    with pytest.raises(TargetError, match="expected a target"):
        cost_of_steps(network.model, counts, None, "edp")


def test_the_plot_has_the_chosen_and_the_static_points() -> None:
    graph, x = dense_lif("int8")
    model = Network(graph).model
    counts, target = step_counts(model, x), load_target("dt-snn")
    costs = {rule: step_costs(model, counts, target, rule) for rule in (None, "margin")}
    steps = np.array([np.full(len(x), graph.timesteps), np.ones(len(x), int)])
    swept = Swept("margin", 1, steps.mean(axis=1), np.array([0.9, 0.8]), steps)
    panels = panels_of([swept], np.linspace(0.7, 0.9, graph.timesteps), costs)
    assert [label for label, _, _ in panels] == ["mean timesteps", "EDP on dt-snn, J·s"]
    assert panels[1][1][0].across[1] == costs["margin"].mean("edp", steps[1])
    text = trade_off_svg(panels)
    root = ElementTree.fromstring(text)
    chosen = [one for one in root.iter() if one.get("class") == "chosen c0"]
    assert len(chosen) == 2 and len([one for one in root.iter() if one.tag.endswith("svg")]) == 3
    assert "EDP on dt-snn, " in text and "--paper" in text
    assert text.startswith("<svg") and "T = 1" in text and "margin" in text and "static" in text


def test_costs_between_counted_timesteps_are_interpolated() -> None:
    values = np.array([[1.0, 2.0, 6.0], [0.0, 4.0, 4.0]])
    np.testing.assert_allclose(
        _at_each_step(np.array([1, 2, 4]), values), [[1.0, 2.0, 4.0, 6.0], [0.0, 4.0, 4.0, 4.0]]
    )
    assert _at_each_step(np.array([1, 2, 3]), values) is values


def test_of_many_static_points_some_are_named() -> None:
    assert labels_of([1, 2, 3]) == ["T = 1", "T = 2", "T = 3"]
    found = labels_of(range(1, 78))
    assert [name for name in found if name] == [f"T = {step}" for step in (1, 2, 4, 8, 16, 32, 77)]
