"""How far two networks fire alike, by hand-made results."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.results.counts import Counts
from snnrt.results.rates import (
    Agreement,
    LayerRates,
    SpikeTotals,
    agreement_of,
    compared_layers,
    earth_movers_distance,
)
from snnrt.results.result import Result


def result(spikes: np.ndarray) -> Result:
    """Of (N, T, neurons) spikes."""
    inputs, steps = spikes.shape[:2]
    return Result(
        np.zeros((inputs, 2), np.float32), np.zeros(inputs, np.int64), np.full(inputs, steps),
        np.zeros(inputs), Counts.zeros(("a",), inputs), {"a": spikes},
    )  # fmt: skip


def layer(**fields: object) -> LayerRates:
    usual = {
        "name": "a", "neurons": 10, "rate": 0.1, "source_rate": 0.1, "distance": 0.0, "dead": 0.0,
        "source_dead": 0.0,
    }  # fmt: skip
    return LayerRates(**{**usual, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ([0.0, 1.0], [1.0, 0.0], 0.0),
        ([0.0, 0.0], [0.5, 0.0], 0.25),
        ([0.1, 0.2, 0.3], [0.2, 0.3, 0.4], 0.1),
        ([0.0, 1.0], [0.5, 0.5], 0.5),
    ],
)
def test_distance_is_how_far_rates_must_be_moved(first: list, second: list, distance: float) -> None:
    assert earth_movers_distance(np.array(first), np.array(second)) == pytest.approx(distance)


def test_rates_of_parts_are_those_of_the_whole() -> None:
    spikes = np.random.default_rng(0).integers(0, 200, (7, 5, 3)).astype(np.uint8)
    totals = SpikeTotals()
    totals.add(result(spikes[:4]))
    totals.add(result(spikes[4:]))
    np.testing.assert_allclose(totals.rates()["a"], spikes.mean(axis=(0, 1)))
    assert SpikeTotals().rates() == {}


def test_layers_that_both_have_in_the_source_s_order() -> None:
    source = {"b": np.array([0.0, 0.5]), "only": np.ones(1), "a": np.array([[0.2, 0.4], [0.0, 0.0]])}
    rates = {"a": np.array([[0.4, 0.2], [0.1, 0.0]]), "b": np.array([0.0, 0.0])}
    first, second = compared_layers(rates, source)
    assert first == LayerRates("b", 2, 0.0, 0.25, 0.25, 1.0, 0.5)
    assert (second.name, second.neurons, second.dead, second.source_dead) == ("a", 4, 0.25, 0.5)
    assert second.distance == pytest.approx(0.1 / 4)
    assert (second.rate, second.source_rate) == (pytest.approx(0.175), pytest.approx(0.15))


def test_agreement_of_parts() -> None:
    ours, theirs = SpikeTotals(), SpikeTotals()
    spikes = np.ones((2, 4, 3), np.uint8)
    ours.add(result(spikes))
    theirs.add(result(0 * spikes))
    parts = [np.array([1, 2]), np.array([3])], [np.array([1, 0]), np.array([3])]
    found = agreement_of(*parts, ours, theirs, 4, np.array([1, 0, 0]))
    assert (found.inputs, found.timesteps) == (3, 4)
    assert found.class_agreement == pytest.approx(2 / 3)
    assert (found.accuracy, found.source_accuracy) == (pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert found.layers[0].distance == 1.0
    unlabelled = agreement_of(*parts, ours, theirs, 4)
    assert unlabelled.accuracy is None and unlabelled.source_accuracy is None


@pytest.mark.parametrize(
    ("classes", "fields", "words"),
    [
        (1.0, {}, None),
        (0.99, {"distance": 0.005, "dead": 0.11, "source_dead": 0.1}, None),
        (0.988, {}, "classes agree for 98.80% of 500 inputs, expected at least 99%"),
        (1.0, {"distance": 0.00501}, "'a': firing rates are 0.00501 spikes a step away"),
        (1.0, {"dead": 0.12, "source_dead": 0.1}, "'a': 12.0% of its neurons never fire, in float32 10.0%"),
        (1.0, {"source_rate": 0.0, "distance": 0.1, "dead": 1.0}, "'a' never fires on these inputs"),
    ],
)
def test_what_is_poor_is_said(classes: float, fields: dict, words: str | None) -> None:
    warnings = Agreement(500, 4, classes, (layer(**fields),)).warnings()
    assert len(warnings) == (words is not None)
    assert words is None or words in warnings[0]


def test_two_inputs_may_change_their_class_by_chance() -> None:
    assert not Agreement(20, 4, 0.9, ()).warnings()
    assert "85.00%" in Agreement(20, 4, 0.85, ()).warnings()[0]
