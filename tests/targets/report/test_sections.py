"""What is shown where there is room for some of it only."""

from __future__ import annotations

import numpy as np
from published_networks import Builder

from snnrt.targets.report.details import RunDetails
from snnrt.targets.report.sections import (
    class_places,
    confusions,
    contents,
    groups,
    matrix,
    step_places,
    sweep_rows,
)


def test_large_tables() -> None:
    rows = [{"accuracy": None if n == 5 else 1 - n / 1000} for n in range(300)]
    places = class_places({"classes": rows})
    assert len(places) == 200 and places == sorted(places) and 299 in places and 5 not in places
    steps = step_places({"by_timestep": [{}] * 77})
    assert len(steps) == 24 and steps[0] == 0 and steps[-1] == 76
    assert step_places({}) == [] and class_places({}) == []
    small = [[5, 1], [2, 7]]
    assert matrix({"confusion": small}) == small and confusions({"confusion": small}) == [(1, 0), (0, 1)]
    large = np.eye(40, dtype=int) * 9
    large[3, 4] = 2
    assert matrix({"confusion": large.tolist()}) is None
    assert confusions({"confusion": large.tolist()}) == [(3, 4)]
    assert matrix({"confusion": None}) is None and confusions({}) == []


def test_sweep_rows_point_into_the_document() -> None:
    points = [{"mean_timesteps": 4 - n / 100, "threshold": n / 100} for n in range(200)]
    sweep = {
        "static": [{"timesteps": 1, "mean_timesteps": 1}],
        "rules": [{"rule": "margin", "points": points}],
    }
    rows = sweep_rows({"sweep": sweep, "targets": [{"target": "a/b~c"}]})
    assert rows[0] == ("static, 1", "sweep/static/0/", "sweep/static/0/targets/a~1b~0c/")
    assert rows[-1][:2] == ("margin:1.99", "sweep/rules/0/points/199/") and len(rows) == 11
    assert sweep_rows({}) == []


def test_groups_have_the_pictures_of_their_inputs() -> None:
    graph = Builder((1, 2, 2), timesteps=4).flatten().dense(2).neuron().graph()
    one = {"label": 1, "prediction": 0}
    document = {
        "chosen_inputs": {"easiest": [one | {"input": 2}], "hardest": [], "wrong": [one | {"input": 0}]},
        "classes": [{}],
    }
    inputs = np.random.default_rng(0).random((3, 1, 2, 2))
    words, found = groups(graph, document, RunDetails(inputs=inputs))
    assert words == "in grey" and [len(group.inputs) for group in found] == [1, 0, 1]
    assert found[2].inputs[0].path == "chosen_inputs/wrong/0/"
    assert found[0].inputs[0].picture.address != found[2].inputs[0].picture.address
    words, found = groups(graph, document | {"classes": None}, RunDetails())
    assert words == "" and len(found) == 2 and found[0].inputs[0].picture is None
    assert groups(graph, {}, RunDetails()) == ("", [])


def test_contents() -> None:
    found = contents({"targets": [{"target": "x"}], "sweep": {}, "classes": None}, inputs=True)
    assert [anchor for anchor, _ in found] == [
        "verdict", "targets", "timesteps", "inputs", "layers", "target-0", "made",
    ]  # fmt: skip
