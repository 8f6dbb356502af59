"""Intervals hold what they say: against tables, closed forms, and draws of chips and inputs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from effort import effort

from snnrt.targets.sweep.intervals import estimate_mean, student_quantile


@pytest.mark.parametrize(
    ("share", "freedom", "expected"),
    [
        # tables of Student's distribution
        (0.975, 1, 12.7062047),
        (0.975, 2, 4.30265273),
        (0.975, 10, 2.22813885),
        (0.995, 4, 4.60409487),
        (0.95, 30, 1.69726089),
        (0.975, 1e7, 1.95996423),
        (0.5, 3, 0.0),
    ],
)
def test_student_s_quantiles(share, freedom, expected):
    assert student_quantile(share, freedom) == pytest.approx(expected, rel=1e-7, abs=1e-9)


def test_one_chip_is_the_inputs_alone():
    values = np.array([[1.0, 2.0, 4.0, 9.0]])
    found = estimate_mean(values, 0.95)
    half = 3.182446305 * values.std(ddof=1) / 2
    assert found.mean == 4.0 and found.interval == pytest.approx((4 - half, 4 + half))
    assert found.chips_interval is None and found.chips_deviation is None
    assert (found.least, found.greatest) == (4.0, 4.0)


def test_chips_that_differ_by_a_constant():
    """Inputs that are all alike leave the chips' spread alone, and the other way round."""
    chips = np.array([1.0, 2.0, 6.0])
    half = 4.30265273 * chips.std(ddof=1) / math.sqrt(3)
    found = estimate_mean(np.repeat(chips[:, np.newaxis], 50, axis=1), 0.95)
    assert found.interval == pytest.approx((3 - half, 3 + half))
    assert found.chips_interval == pytest.approx((3 - half, 3 + half))
    assert found.chips_deviation == pytest.approx(chips.std(ddof=1))
    other = estimate_mean(np.repeat(chips[np.newaxis], 50, axis=0), 0.95)
    assert other.interval == pytest.approx((3 - half, 3 + half))
    assert other.chips_interval == pytest.approx((3.0, 3.0)) and (other.least, other.greatest) == (3.0, 3.0)


def test_equal_values_have_no_width():
    for shape in ((1, 1), (1, 9), (9, 1), (4, 5)):
        found = estimate_mean(np.full(shape, 0.1), 0.95)
        assert found.interval == pytest.approx((0.1, 0.1), abs=1e-12)


def test_shares_stay_between_0_and_1():
    for right in (0.0, 1.0):
        found = estimate_mean(np.full((3, 20), right), 0.95, fraction=True)
        low, high = found.interval
        assert found.mean == right and 0.0 <= low < high <= 1.0 and right in (low, high)
        # Wilson's, with as many inputs as there are: t² / (n + t²) beside the end
        assert 0.02 < high - low < 0.5
    found = estimate_mean(np.eye(2, 9), 0.95, fraction=True)
    assert 0 <= found.interval[0] < found.mean < found.interval[1] <= 1
    assert found.chips_interval is not None and found.chips_interval[0] >= 0


def test_accuracy_on_one_chip_is_wilson_s():
    values = np.zeros((1, 100))
    values[0, :90] = 1
    found = estimate_mean(values, 0.95, fraction=True)
    # the closed form at n = p (1 - p) / (s² / n), t of 99 degrees
    n, t = 99.0, student_quantile(0.975, 99)
    centre = (0.9 + t * t / (2 * n)) / (1 + t * t / n)
    half = t / (1 + t * t / n) * math.sqrt(0.9 * 0.1 / n + t * t / (4 * n * n))
    assert found.interval == pytest.approx((centre - half, centre + half))


@pytest.mark.parametrize("spread", [(1.0, 0.1), (0.1, 1.0), (0.5, 0.5), (0.0, 0.5), (0.5, 0.0)])
def test_intervals_cover_the_mean_as_often_as_they_say(spread):
    """Crossed random effects of a known mean: new chips and new inputs each time."""
    random, cases, covered = np.random.default_rng(1), effort(1500, 300), 0
    for _ in range(cases):
        chips, inputs = random.normal(0, spread[0], 6), random.normal(0, spread[1], 30)
        values = 3.0 + chips[:, np.newaxis] + inputs + random.normal(0, 0.2, (6, 30))
        low, high = estimate_mean(values, 0.9).interval
        covered += low <= 3.0 <= high
    # 5 σ of a binomial around 90 %, and a little more for the approximation of the degrees of freedom
    margin = 5 * math.sqrt(0.9 * 0.1 / cases) + 0.02
    assert abs(covered / cases - 0.9) < margin, covered / cases


def test_json():
    document = estimate_mean(np.array([[0.0, 1.0], [1.0, 1.0]]), 0.95, fraction=True).to_dict()
    assert document["mean"] == 0.75 and document["least_chip"] == 0.5 and document["greatest_chip"] == 1.0
    assert len(document["interval"]) == len(document["chips_interval"]) == 2
