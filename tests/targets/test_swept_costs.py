"""A sweep's document: each point costs what a run with that exit costs."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.calibration.outcomes import Outcomes
from snnrt.calibration.step_counts import step_counts
from snnrt.calibration.sweep import sweep
from snnrt.network import Network
from snnrt.targets.loading import load_target
from snnrt.targets.swept_costs import few_points, shares_of, sweep_document, sweep_panels

NAMES = ("dt-snn", "stm32u575", "loihi")


def test_each_point_costs_what_its_run_costs() -> None:
    graph, x = dense_lif("int8")
    network = Network(graph)
    full = network.run(x, exit="never", record=["accumulators"])
    labels = full.predictions
    found = sweep(Outcomes.of(graph, full.accumulators), graph, labels, ["margin", "budget"])
    document = sweep_document(
        network.model, found, step_counts(network.model, x), [load_target(name) for name in NAMES]
    )
    assert document["costed_inputs"] == len(x) and [one["rule"] for one in document["rules"]] == [
        "margin", "budget",
    ]  # fmt: skip
    for rule in document["rules"]:
        for point in (rule["points"][0], rule["points"][len(rule["points"]) // 2], rule["points"][-1]):
            for report in network.profile(x, labels, target=NAMES, exit=point["exit"]):
                costs, summary = point["targets"][report.target.name], report.dynamic.summary()
                assert costs["mean_energy_j"] == pytest.approx(summary.mean_energy_j, rel=1e-12)
                assert costs["mean_latency_s"] == pytest.approx(summary.mean_latency_s, rel=1e-12)
                assert costs["mean_edp_js"] == pytest.approx(summary.mean_edp_js, rel=1e-12)
                assert costs["edp_reduction"] == pytest.approx(report.edp_reduction, abs=1e-12)
                assert point["accuracy"] == report.accuracy
    for point in document["static"]:
        steps = point["timesteps"]
        (report,) = network.profile(x, labels, target=["loihi"], exit="never", timesteps=steps)
        assert point["targets"]["loihi"]["mean_edp_js"] == pytest.approx(
            report.static.summary().mean_edp_js, rel=1e-12
        )
        assert point["accuracy"] == report.static_accuracy


def test_few_points_keep_both_ends() -> None:
    points = [{"mean_timesteps": 4 - place / 100, "accuracy": 0.5} for place in range(300)]
    few = few_points(points)
    assert few[0] is points[0] and few[-1] is points[-1] and len(few) == 12
    assert few_points(points[:5]) == points[:5]


def test_panels_and_what_stands_for_accuracy() -> None:
    point = {
        "mean_timesteps": 2.0, "accuracy": None, "agreement": 0.75,
        "targets": {"a": {"mean_edp_js": 1e-9}, "b": {"mean_edp_js": 2e-9}},
    }  # fmt: skip
    document = {"rules": [{"rule": "entropy", "points": [point]}], "static": [point | {"timesteps": 2}]}
    assert shares_of([point])[0] == "agreement"
    labels = [label for label, _, _ in sweep_panels(document)]
    assert labels == ["mean timesteps", "EDP on a, J·s", "EDP on b, J·s"]
    ((_, (curve,), static),) = sweep_panels(document, "b")[1:]
    np.testing.assert_array_equal(curve.across, [2e-9])
    np.testing.assert_array_equal(static.accuracy, [0.75])
