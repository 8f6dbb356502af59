"""A sweep of a profile: the profile's own point is on it, and only events take further runs."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.errors import DataError
from snnrt.network import Network
from snnrt.reporting.sweeping import needed_outcomes, outcomes_of, sweep_of
from snnrt.targets.profiling import profile, targets_of


def test_the_profile_s_point_is_on_the_curve() -> None:
    graph, x = dense_lif("int8")
    network = Network(graph.with_exit("margin:0.25"))
    y = network.run(x, exit="never").predictions
    profiled = profile(network.model, x, y, targets_of("dt-snn,loihi"), every_step=True)
    outcomes = needed_outcomes(network.model, profiled, "cpu")
    document = sweep_of(network.model, profiled, outcomes)
    (rule,) = document["rules"]
    assert rule["rule"] == "margin"
    own = [point for point in rule["points"] if point["threshold"] >= 0.25][-1]
    for report in profiled.reports:
        costs = own["targets"][report.target.name]
        assert costs["mean_edp_js"] == pytest.approx(report.dynamic.summary().mean_edp_js, rel=1e-12)
        assert own["accuracy"] == report.accuracy
    assert network.sweep_exits(x, y, target="dt-snn,loihi") == document
    named = sweep_of(network.model, profiled, outcomes, ["entropy", "patience"])
    assert [one["rule"] for one in named["rules"]] == ["entropy", "patience"]


def test_a_chip_s_own_errors_are_in_its_sweep() -> None:
    graph, x = dense_lif("int8")
    network = Network(graph.with_exit("margin:0.25"))
    profiled = profile(network.model, x, None, targets_of("dt-snn"), every_step=True, device="crossbar")
    outcomes = needed_outcomes(network.model, profiled, "crossbar")
    np.testing.assert_array_equal(outcomes.classes[:, -1], profiled.static.predictions)
    document = sweep_of(network.model, profiled, outcomes, device="crossbar")
    full = document["static"][-1]["targets"]["dt-snn"]["mean_energy_j"]
    assert full == pytest.approx(profiled.reports[0].static.summary().mean_energy_j, rel=1e-12)


def test_without_the_readout_of_each_timestep() -> None:
    graph, x = dense_lif("int8")
    network = Network(graph)
    profiled = profile(network.model, x, None, targets_of("loihi"))
    assert outcomes_of(network.model, profiled.static) is None
    with pytest.raises(DataError, match="sweep: expected a device that records"):
        needed_outcomes(network.model, profiled, "cpu")
