"""Promises: the exact tail, the fewest samples, and the promise itself on simulated scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from snnrt.exits import guarantee


@pytest.mark.parametrize(
    ("risk", "least"),
    [(0.005, (460, 777, 1063, 1853)), (0.01, (230, 388, 531, 926)), (0.02, (114, 194, 265, 462))],
)
def test_the_fewest_samples(risk: float, least: tuple[int, ...]) -> None:
    found = [guarantee.least_samples(risk, 0.1, losses) for losses in (0, 1, 2, 5)]
    assert tuple(found) == least
    for losses, samples in zip((0, 1, 2, 5), found):
        assert binom.cdf(losses, samples, risk) <= 0.1 < binom.cdf(losses, samples - 1, risk)


def test_a_thousand_samples_allow() -> None:
    assert [guarantee.allowed_losses(1000, risk, 0.1) for risk in (0.005, 0.01, 0.02)] == [1, 5, 13]
    assert guarantee.allowed_losses(459, 0.005, 0.1) == -1 and guarantee.allowed_losses(460, 0.005, 0.1) == 0


@pytest.mark.parametrize("samples", [1, 10, 1000, 50_000])
@pytest.mark.parametrize("risk", [0.0, 1e-3, 0.05, 0.5, 1.0])
def test_the_tail_is_exact(samples: int, risk: float) -> None:
    for losses in {0, 1, samples // 20, samples // 2, samples - 1, samples}:
        found = guarantee.binomial_tail(losses, samples, risk)
        assert found == pytest.approx(binom.cdf(losses, samples, risk), rel=1e-8, abs=1e-300)


def test_the_last_that_passes_comes_before_the_first_that_fails() -> None:
    losses = np.array([0, 1, 0, 2, 0, 0])
    assert guarantee.allowed_losses(800, 0.005, 0.1) == 1
    assert guarantee.last_that_passes(losses, 800, 0.005, 0.1) == 2
    assert guarantee.last_that_passes(losses[:3], 800, 0.005, 0.1) == 2
    assert guarantee.last_that_passes(losses, 400, 0.005, 0.1) == -1


def risks_of(kind: str) -> np.ndarray:
    """Probabilities of a loss along a sequence of 60 exits."""
    steps = np.arange(60)
    if kind == "growing":
        return 0.001 * steps
    if kind == "gap":
        return np.where(steps < 30, 0.004, 0.08)
    # neither grows nor falls: over the bound, and under it again
    return 0.02 + 0.018 * np.sin(steps / 3.0)


@pytest.mark.parametrize("kind", ["growing", "gap", "wave"])
@pytest.mark.parametrize("shared", [True, False])
def test_the_promise_holds_over_splits(kind: str, shared: bool) -> None:
    """Above the bound in at most δ of 2,000 random splits; losses of one input at all exits alike, or not."""
    rng = np.random.default_rng(1)
    risks, risk, delta, samples, splits = risks_of(kind), 0.02, 0.1, 1000, 2000
    above = 0
    for _ in range(splits):
        if shared:
            draws = rng.random(samples)
            losses = (draws[None, :] < risks[:, None]).sum(axis=1)
        else:
            losses = rng.binomial(samples, risks)
        place = guarantee.last_that_passes(losses, samples, risk, delta)
        above += place >= 0 and risks[place] > risk
    # three standard deviations of the count itself
    assert above <= splits * delta + 3 * math.sqrt(splits * delta * (1 - delta))
    # not by being far too careful: where losses are shared the bound is nearly reached
    assert not shared or kind != "growing" or above > splits * delta / 4


def test_in_expectation() -> None:
    rng = np.random.default_rng(2)
    risks, means = np.linspace(0.0, 0.1, 50), []
    for _ in range(2000):
        draws = rng.random(300)
        place = guarantee.last_in_expectation(draws[None, :] < risks[:, None], 0.02)
        means.append(risks[place] if place >= 0 else 0.0)
    assert 0.015 < np.mean(means) <= 0.02 + 3 * np.std(means) / math.sqrt(2000)
    assert guarantee.last_in_expectation(np.zeros((3, 10), bool), 0.02) == -1


def test_sets_hold_the_label_at_every_timestep() -> None:
    rng = np.random.default_rng(3)
    missed = []
    for _ in range(300):
        scores = rng.exponential(1.0, (2 * 500, 4, 5)) * 65536
        distances = (scores - scores.min(axis=2, keepdims=True)).astype(np.int64)
        labels = rng.integers(0, 5, 1000)
        margins = guarantee.set_margins(distances[:500], labels[:500], 0.1)
        of_label = np.take_along_axis(distances[500:], labels[500:, None, None], axis=2)[:, :, 0]
        missed.append((of_label > margins).any(axis=1).mean())
    assert np.mean(missed) <= 0.1 + 3 * np.std(missed) / math.sqrt(300)
    assert np.mean(missed) > 0.05
    assert guarantee.set_margins(np.zeros((30, 4, 5), np.int64), np.zeros(30, np.int64), 0.1) is None
