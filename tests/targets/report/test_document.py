"""The document: figures of the reports, and only what is known."""

from __future__ import annotations

import json

import numpy as np
import pytest
from published_networks import Builder, counts_at

from snnrt.targets import compare
from snnrt.targets.report.details import RunDetails
from snnrt.targets.report.document import report_document


def test_what_is_known_is_there() -> None:
    builder = Builder((1, 8, 8), timesteps=4)
    graph = builder.conv(4).neuron().flatten().dense(3).neuron().graph("entropy", 0.4)
    dynamic, static = counts_at(graph, 0.2, [1, 2, 4]), counts_at(graph, 0.2, [4, 4, 4])
    labels, answers = np.array([0, 1, 2]), np.array([0, 2, 2])
    reports = [
        compare(graph, dynamic, static, name, accuracy=2 / 3, static_accuracy=1.0, predictions=answers,
                labels=labels)
        for name in ("dt-snn", "loihi")
    ]  # fmt: skip
    classes = np.array([[0, 0, 0, 0], [1, 2, 1, 1], [0, 0, 2, 2]])
    details = RunDetails(
        classes=classes, probabilities=np.array([0.9, 0.5, 0.7]), dynamic=dynamic, static=static,
        class_names=["x", "y", "z"], promise=["p"], made={"data": "d"},
    )  # fmt: skip
    found = report_document(graph, reports, details)
    assert json.loads(json.dumps(found)) == found
    assert found["timesteps_used"] == [1, 1, 0, 1] and found["exit"] == "entropy:0.4"
    assert found["agreement"] == pytest.approx(2 / 3) and found["changed"] == {"lost": 1, "gained": 0}
    assert found["confusion"] == [[1, 0, 0], [0, 0, 1], [0, 0, 1]]
    assert [row["class"] for row in found["classes"]] == [0, 1, 2] and len(found["by_timestep"]) == 4
    assert found["chosen_inputs"]["wrong"][0]["input"] == 1 and "sweep" not in found
    for target, report in zip(found["targets"], reports):
        assert target["mean_energy_j"] == report.dynamic.energy_j.mean()
        saved = 1 - report.dynamic.energy_j.mean() / report.static.energy_j.mean()
        assert target["energy_reduction"] == pytest.approx(saved)
        assert {"layers", "components", "formulas", "verdict", "mapping", "fits"} <= target.keys()
    bare = report_document(graph, [compare(graph, dynamic, static, "loihi")], RunDetails())
    assert not {"by_timestep", "classes", "confusion", "chosen_inputs", "changed"} & bare.keys()
