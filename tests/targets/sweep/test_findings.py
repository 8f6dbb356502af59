"""What a sweep found, as rows, CSV and JSON; the Pareto front."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from snnrt.targets.sweep.findings import QUANTITIES, pareto_front


@pytest.fixture(scope="module")
def found(case):
    network, x, y = case
    vary = ["adc.bits=3:5", "mapping=offset,differential"]
    return network.sweep(x, y, target="dt-snn", vary=vary, chips=2, workers=1)


def beaten(gain, cost, place):
    return any(
        gain[k] >= gain[place] and cost[k] <= cost[place] and (gain[k], cost[k]) != (gain[place], cost[place])
        for k in range(len(gain))
    )


def test_the_front_is_what_nothing_beats():
    random = np.random.default_rng(0)
    for count in (1, 2, 5, 40):
        for _ in range(50):
            # few values, so that there are ties
            gain, cost = random.integers(0, 5, (2, count)).astype(float)
            expected = [not beaten(gain, cost, place) for place in range(count)]
            assert pareto_front(gain, cost).tolist() == expected


def test_rows_and_csv(found):
    rows = found.rows()
    assert len(rows) == 6 and rows[0]["adc.bits"] == 3 and rows[1]["mapping"] == "differential"
    for row, point in zip(rows, found.points, strict=True):
        for name in QUANTITIES:
            assert row[f"{name}_low"] <= row[name] <= row[f"{name}_high"]
            assert row[name] == getattr(point, name).mean
        assert row["pareto"] == int(point.pareto)
    read = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert [float(row["energy_j"]) for row in read] == [row["energy_j"] for row in rows]


def test_json_and_the_front(found):
    document = json.loads(json.dumps(found.to_dict()))
    assert document["chips"] == 2 and len(document["points"]) == 6
    assert document["points"][0]["point"] == {"adc.bits": 3, "mapping": "offset"}
    front = [point for point in document["points"] if point["pareto"]]
    assert len(front) == len(found.pareto) >= 1
    costs = [one.edp_js.mean for one in found.pareto]
    assert costs == sorted(costs)
    gains = [one.accuracy.mean for one in found.pareto]
    assert gains == sorted(gains)


def test_labels(found):
    assert found.points[0].label == "adc.bits=3, mapping=offset"
    assert "adc.bits" in repr(found) and len(repr(found)) < 2000
