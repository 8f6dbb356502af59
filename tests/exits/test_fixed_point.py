"""The fixed-point exit against exact arithmetic, and its corners."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnrt.errors import ModelError
from snnrt.exits import fixed_point
from snnrt.exits.decisions import decide

# docs/exit_rules.md states it; the goal is 1/1024
TOLERANCE = 4e-4


def softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def normalised_entropy(probabilities: np.ndarray) -> np.ndarray:
    logarithm = np.log(probabilities, out=np.zeros_like(probabilities), where=probabilities > 0)
    return -(probabilities * logarithm).sum(axis=1) / math.log(probabilities.shape[1])


@pytest.mark.parametrize("classes", [2, 3, 10, 100, 200])
@pytest.mark.parametrize("spread", [0.01, 0.5, 2.0, 8.0, 40.0])
def test_scores_are_the_softmax_s(classes: int, spread: float) -> None:
    logits = np.random.default_rng(classes).normal(0, spread, (200, classes)).astype(np.float32)
    exact = softmax(logits.astype(np.float64))
    distances = fixed_point.distances_from_floats(logits, "sum", 1)
    entropy = decide("entropy", 0, distances).scores
    largest = decide("confidence", 0, distances).scores
    np.testing.assert_allclose(entropy, normalised_entropy(exact), atol=TOLERANCE)
    np.testing.assert_allclose(largest, exact.max(axis=1), atol=TOLERANCE)


def test_integer_logits_give_the_same_scores() -> None:
    rng = np.random.default_rng(0)
    scale = rng.uniform(0.001, 0.02, 10).astype(np.float32)
    accumulated = rng.integers(-400, 400, (100, 10)).astype(np.int32)
    multipliers, shift = fixed_point.readout_multipliers(scale)
    scaled = fixed_point.scaled_logits(accumulated, multipliers, shift)
    for mode, steps in (("sum", 1), ("mean", 3)):
        exact = softmax(accumulated * scale.astype(np.float64) / steps)
        distances = fixed_point.distances_from_integers(scaled, mode, steps)
        entropy = decide("entropy", 0, distances).scores
        np.testing.assert_allclose(entropy, normalised_entropy(exact), atol=TOLERANCE)
        np.testing.assert_array_equal(fixed_point.best_class(scaled), exact.argmax(axis=1))


@given(st.integers(0, fixed_point.MAX_DISTANCE))
def test_exponential_is_within_its_table_s_error(distance: int) -> None:
    exact = 2.0**26 * math.exp(-distance / 65536)
    found = int(fixed_point.exponentials(np.array([distance]))[0])
    # interpolation, and log2 e in Q11, whose error grows with the distance
    assert abs(found - exact) <= 2 + exact * (7e-5 + 1.3e-4 * distance / 65536)


@given(st.lists(st.integers(0, fixed_point.MAX_DISTANCE), min_size=1, max_size=30))
def test_entropy_in_python_integers(distances: list[int]) -> None:
    """docs/ir.md written out with Python's unbounded integers: no int64 operation overflowed."""
    distances[0] = 0
    weights = []
    for distance in distances:
        y = distance * 2955
        n, i, r = y // 2**27, y // 2**22 % 32, y // 2**11 % 2**11
        upper = round(2**26 * 2 ** (-i / 32))
        lower = round(2**26 * 2 ** (-(i + 1) / 32))
        weights.append((upper - (upper - lower) * r // 2**11) >> n)
    total = sum(weights)
    p = total.bit_length() - 1
    x = total * 2**32 // 2 ** (p + 1) % 2**31
    i, r = x // 2**25, x // 2**9 % 2**16
    low, high = (round(2**16 * math.log(1 + k / 64)) for k in (i, i + 1))
    logarithm = (p - 26) * 45426 + low + (high - low) * r // 2**16
    cut = p - 13
    weighted = sum(e * d for e, d in zip(weights, distances))
    entropy = logarithm + 4 * (weighted // 2 ** (2 + cut) // (total // 2**cut))
    assert fixed_point.entropy_q(np.array([distances]))[0] == entropy


def test_most_classes_at_the_largest_distances_do_not_overflow() -> None:
    flat = np.zeros((1, fixed_point.MAX_CLASSES), np.int64)
    assert decide("entropy", 0, flat).scores[0] == pytest.approx(1.0, abs=TOLERANCE)
    # the product e·d is largest at a distance of one nat
    one_nat = np.full((1, fixed_point.MAX_CLASSES), 65536)
    one_nat[0, 0] = 0
    exact = softmax(-one_nat / 65536)
    found = decide("entropy", 0, one_nat).scores[0]
    assert found == pytest.approx(normalised_entropy(exact)[0], abs=TOLERANCE)


def test_extreme_accumulators_keep_their_order() -> None:
    multipliers, shift = fixed_point.readout_multipliers(np.array([1e9, 1e9, 1e9], np.float32))
    assert shift == 0
    accumulated = np.array([[-(2**31), 2**31 - 1, 0]], np.int32)
    scaled = fixed_point.scaled_logits(accumulated, multipliers, shift)
    distances = fixed_point.distances_from_integers(scaled, "sum", 1)
    assert distances.tolist() == [[fixed_point.MAX_DISTANCE, 0, fixed_point.MAX_DISTANCE]]


@pytest.mark.parametrize("rule", ["entropy", "confidence"])
@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.5, 0.93, 1.0])
def test_decision_follows_the_threshold(rule: str, threshold: float) -> None:
    logits = np.random.default_rng(1).normal(0, 2, (300, 7)).astype(np.float32)
    distances = fixed_point.distances_from_floats(logits, "sum", 1)
    decision = decide(rule, fixed_point.threshold_q(rule, threshold, 7), distances)
    exact = softmax(logits.astype(np.float64))
    score = normalised_entropy(exact) if rule == "entropy" else exact.max(axis=1)
    clear = np.abs(score - threshold) > TOLERANCE
    expected = score < threshold if rule == "entropy" else score > threshold
    np.testing.assert_array_equal(decision.stop[clear], expected[clear])


def test_never_stops() -> None:
    decision = decide("never", 0, np.zeros((2, 3), np.int64))
    assert not decision.stop.any() and np.isnan(decision.scores).all()


def test_mean_divides_by_the_steps() -> None:
    accumulated = np.array([[6.0, 3.0]], np.float32)
    by_mean = fixed_point.distances_from_floats(accumulated, "mean", 3)
    assert by_mean.tolist() == [[0, 65536]]


def test_nan_and_infinity_take_the_largest_distance_but_for_the_winner() -> None:
    accumulated = np.array([[1.0, np.nan, -np.inf], [np.inf, 0.0, 1.0], [np.nan, 5.0, 6.0]], np.float32)
    distances = fixed_point.distances_from_floats(accumulated, "sum", 1)
    most = fixed_point.MAX_DISTANCE
    assert distances.tolist() == [[0, most, most], [0, most, most], [0, most, most]]
    assert fixed_point.best_class(accumulated).tolist() == [0, 0, 0]


def test_ties_go_to_the_lowest_index() -> None:
    assert fixed_point.best_class(np.array([[1, 3, 3]])).tolist() == [1]
    assert fixed_point.best_class(np.array([[1.0, 3.0, 3.0]], np.float32)).tolist() == [1]


@given(st.lists(st.floats(2.0**-40, 2.0**13, width=32), min_size=1, max_size=12))
def test_multipliers_stand_for_the_scale(scale: list[float]) -> None:
    multipliers, shift = fixed_point.readout_multipliers(np.array(scale, np.float32))
    assert 0 <= shift <= 31 and multipliers.min() >= 0
    worth = multipliers / 2.0**shift / 65536
    # a shift of 31 at most: the smallest scales lose precision, as part of a logit 2⁻⁴⁸
    np.testing.assert_allclose(worth, scale, atol=max(max(scale) * 2**-30, 2.0**-48), rtol=0)


@given(st.floats(0, 1, width=32), st.integers(2, 4096), st.sampled_from(["entropy", "confidence"]))
def test_threshold_survives_the_way_back(threshold: float, classes: int, rule: str) -> None:
    integer = fixed_point.threshold_q(rule, threshold, classes)
    assert fixed_point.threshold_from_q(rule, integer, classes) == pytest.approx(threshold, abs=2e-5)
    # as the file stores it: rounded to float32, then turned into the integer again
    assert fixed_point.threshold_q(rule, float(np.float32(threshold)), classes) == integer


@pytest.mark.parametrize(
    ("rule", "threshold", "classes", "word"),
    [
        ("median", 0.5, 10, "median"),
        ("margin", 16.5, 10, "16.5"),
        ("patience", 0, 10, "0"),
        ("entropy", 1.5, 10, "1.5"),
        ("entropy", float("nan"), 10, "nan"),
        ("confidence", -0.1, 10, "-0.1"),
        ("entropy", 0.5, 1, "2 classes"),
        ("confidence", "high", 10, "high"),
    ],
)
def test_bad_rules_are_refused(rule: str, threshold: float, classes: int, word: str) -> None:
    with pytest.raises(ModelError, match=word):
        fixed_point.check_rule(rule, threshold, classes)


@given(st.integers(0, 2**32 - 1), st.floats(2.0**-8, 2.0**8, width=32))
def test_a_logit_scale_keeps_the_bound_of_distances(seed: int, logit_scale: float) -> None:
    """Two floors of z, and the last bit of multipliers: as without one."""
    rng = np.random.default_rng(seed)
    scale = np.exp(rng.uniform(-6, 0, 5)).astype(np.float32)
    accumulated = rng.integers(-2000, 2000, (8, 5)).astype(np.int64)
    multipliers, shift = fixed_point.readout_multipliers(scale, logit_scale)
    scaled = fixed_point.scaled_logits(accumulated, multipliers, shift)
    found = fixed_point.distances_from_integers(scaled, "sum", 1)
    exact = accumulated * scale.astype(np.float64) * logit_scale * 65536
    exact = np.minimum(exact.max(axis=1, keepdims=True) - exact, fixed_point.MAX_DISTANCE)
    assert np.abs(found - exact).max() <= 1 + 2000 * 2.0**-shift
    floats = (accumulated * scale).astype(np.float32)
    of_floats = fixed_point.distances_from_floats(floats, "sum", 1, logit_scale)
    wanted = (floats.max(axis=1, keepdims=True) - floats).astype(np.float64) * logit_scale * 65536
    wanted = np.minimum(wanted, fixed_point.MAX_DISTANCE)
    assert (np.abs(of_floats - wanted) <= 0.5 + 2.0**-21 * wanted).all()
