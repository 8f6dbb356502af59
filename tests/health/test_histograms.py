"""Distances between histograms, and the test whether chance explains them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snnrt.errors import DataError
from snnrt.health.histograms import chi_square_tail, compare_histograms, homogeneity_p_value, stability_index
from snnrt.health.record import HealthRecord


@pytest.mark.parametrize(
    ("value", "degrees", "tail"),
    # printed tables: the upper 5 % and 1 % points
    [(3.841459, 1, 0.05), (5.991465, 2, 0.05), (7.814728, 3, 0.05), (24.99579, 15, 0.05),
     (30.57791, 15, 0.01), (6.634897, 1, 0.01), (29.14124, 14, 0.01), (0.0, 4, 1.0)],
)  # fmt: skip
def test_chi_square_points(value, degrees, tail):
    assert chi_square_tail(value, degrees) == pytest.approx(tail, rel=1e-5)


def test_chi_square_agrees_with_its_integral():
    points = np.linspace(1e-9, 400, 400_001)
    for degrees in (1, 2, 5, 14):
        density = points ** (degrees / 2 - 1) * np.exp(-points / 2)
        density /= 2 ** (degrees / 2) * math.gamma(degrees / 2)
        for value in (3.0, 20.0):
            above = points >= value
            integral = (
                np.trapezoid(density[above], points[above])
                if hasattr(np, "trapezoid")
                else np.trapz(density[above], points[above])
            )
            assert chi_square_tail(value, degrees) == pytest.approx(integral, rel=1e-3)
    assert chi_square_tail(1e9, 15) == 0.0


def test_two_by_two_table_by_hand():
    found, baseline = np.array([30.0, 70.0]), np.array([50.0, 50.0])
    # 200 (30·50 − 70·50)² / (100·100·80·120) = 8.3333
    assert homogeneity_p_value(found, baseline) == pytest.approx(chi_square_tail(25 / 3, 1))
    index = stability_index(found * 1e9, baseline * 1e9)
    assert index == pytest.approx((0.3 - 0.5) * math.log(0.3 / 0.5) + (0.7 - 0.5) * math.log(0.7 / 0.5))


def test_equal_shares_are_the_same():
    counts = np.array([0, 5, 1000, 20, 0, 3])
    difference = compare_histograms({"a": (counts * 7, counts)})
    assert difference.p_value > 0.99 and difference.shifts["a"].distance == 0
    assert difference.verdict == "same" and not difference.drifted


def test_a_single_bin_says_nothing():
    assert homogeneity_p_value(np.array([10, 0]), np.array([50, 0])) == 1.0


def test_how_often_chance_is_called_drift():
    """At most one in a hundred samples of the same distribution, and about as many as the tail says."""
    random = np.random.default_rng(7)
    shares = np.array([0.4, 0.2, 0.15, 0.1, 0.05, 0.05, 0.03, 0.01, 0.01])
    values = np.array(
        [
            homogeneity_p_value(random.multinomial(300, shares), random.multinomial(2000, shares))
            for _ in range(2000)
        ]
    )
    assert (values < 0.01).mean() < 0.02
    assert 0.03 < (values < 0.05).mean() < 0.07


@pytest.mark.parametrize(
    ("moved", "verdict"), [(0.0, "same"), (0.03, "small"), (0.17, "moderate"), (0.6, "large")]
)
def test_verdicts(moved, verdict):
    shares = np.array([0.6, 0.2, 0.1, 0.1])
    other = shares * (1 - moved) + np.array([0, 0, 0, 1]) * moved
    difference = compare_histograms({"a": (other * 40000, shares * 40000), "b": (shares * 400, shares * 400)})
    assert difference.verdict == verdict
    assert difference.drifted == (verdict in ("moderate", "large"))


def test_a_few_inferences_are_no_drift():
    """What would be a large shift in thousands is within chance in five."""
    other, shares = np.array([0, 0, 2, 3]), np.array([300, 200, 250, 250])
    difference = compare_histograms({"a": (other, shares)})
    assert difference.stability_index > 0.25 and difference.verdict == "same"


def test_records_of_another_kind_are_not_compared():
    record = HealthRecord.empty(1, "entropy", 9, 4, 10).with_counts(np.ones(5), np.zeros(5))
    others = {
        "model_crc": HealthRecord.empty(2, "entropy", 9, 4, 10),
        "rule": HealthRecord.empty(1, "never", 9, 4, 10),
        "threshold_q": HealthRecord.empty(1, "entropy", 8, 4, 10),
        "maximum_timesteps": HealthRecord.empty(1, "entropy", 9, 5, 10),
        "score_limit": HealthRecord.empty(1, "entropy", 9, 4, 11),
    }
    for field, other in others.items():
        with pytest.raises(DataError, match=f"{field}: expected .* as in the baseline"):
            record.difference(other.with_counts(np.ones(5), np.zeros(5)))
    with pytest.raises(DataError, match="the baseline has no inference yet"):
        record.difference(HealthRecord.empty(1, "entropy", 9, 4, 10))
    assert record.difference(record).verdict == "same"
