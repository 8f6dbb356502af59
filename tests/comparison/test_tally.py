"""Spikes and logits counted against each other."""

from types import SimpleNamespace

import numpy as np
import pytest

from snnrt.comparison.tally import LogitTally, Place, Tally, rate_distance


def spikes(seed, shape):
    return np.random.default_rng(seed).integers(0, 2, shape).astype(np.uint8)


def test_equal_spikes():
    tally = Tally({"a": (3,), "b": (2, 2, 2)}, 4)
    for seed in (0, 1):
        same = {"a": spikes(seed, (5, 4, 3)), "b": spikes(seed, (5, 4, 2, 2, 2))}
        tally.add(same, {name: values.astype(np.float32) for name, values in same.items()})
    assert tally.first is None and tally.total() == 1.0
    assert tally.agreement() == {"a": 1.0, "b": 1.0} and tally.first_steps() == {"a": None, "b": None}
    assert tally.step_agreement() == (1.0,) * 4 and tally.rate_distance() == {"a": 0.0, "b": 0.0}


def test_the_first_layer_that_differs_is_named_whatever_comes_first():
    tally = Tally({"a": (3,), "b": (2, 2, 2)}, 4)
    first = {"a": np.zeros((5, 4, 3), np.uint8), "b": np.zeros((5, 4, 2, 2, 2), np.uint8)}
    other = {name: values.copy() for name, values in first.items()}
    other["b"][0, 0, 0, 0, 0] = 1
    tally.add(first, other)
    assert tally.first == Place("b", 0, 0, (0, 0, 0), 0, 1)
    other = {name: np.zeros_like(values) for name, values in first.items()}
    other["a"][2, 3, 1] = other["a"][4, 1, 0] = 2
    tally.add(first, other)
    # inputs are counted over all parts
    assert tally.first == Place("a", 7, 3, (1,), 0, 2)
    assert tally.first_steps() == {"a": 2, "b": 1}
    assert tally.agreement() == {"a": pytest.approx(1 - 2 / 120), "b": pytest.approx(1 - 1 / 320)}
    assert tally.total() == pytest.approx(1 - 3 / 440)
    assert tally.step_agreement() == pytest.approx((1 - 1 / 110, 1 - 1 / 110, 1, 1 - 1 / 110))
    # of ten inputs and four steps, two neurons fire twice once each
    assert tally.rate_distance()["a"] == pytest.approx(2 * 2 / 40 / 3)


def test_no_layers():
    assert Tally({}, 4).total() is None and Tally({}, 4).step_agreement() == ()


def test_rate_distance_asks_for_no_order():
    assert rate_distance(np.array([0.0, 1.0]), np.array([1.0, 0.0])) == 0
    assert rate_distance(np.array([0.0, 1.0]), np.array([0.5, 0.5])) == 0.5


def test_logits():
    tally, found = LogitTally(2), np.array([[1.0, 2.0], [3.0, 0.0], [0.0, 1.0]], np.float32)
    result = SimpleNamespace(predictions=np.array([1, 0, 1]), logits=found)
    expected = np.array([[1.0, 2.5], [3.0, -4.0], [1.0, 0.0]], np.float32)
    tally.add(result, np.array([1, 0, 0]), expected)
    steps = np.stack([found, found], 1)
    tally.add_steps(steps, np.stack([found, expected], 1))
    assert tally.agreement() == pytest.approx(2 / 3) and tally.step_agreement() == (1.0, pytest.approx(2 / 3))
    assert tally.max_difference() == 4 and tally.mean_difference() == pytest.approx((0.5 + 4 + 2) / 6)
    assert tally.largest == 4
    labels = np.array([1, 0, 0])
    assert tally.accuracy(labels) == pytest.approx(2 / 3) and tally.expected_accuracy(labels) == 1


def test_no_logits():
    tally = LogitTally(2)
    tally.add(SimpleNamespace(predictions=np.array([1])), None, None)
    found = (tally.agreement(), tally.step_agreement(), tally.max_difference(), tally.mean_difference())
    assert found == (None,) * 4 and tally.largest is None
    assert tally.accuracy(np.array([1])) == 1 and tally.expected_accuracy(np.array([1])) is None
    assert tally.accuracy(None) is None
