"""Bets are fair or worse wherever the bound of shares holds, and so false alarms are as rare as promised."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snnrt.errors import DataError
from snnrt.exits.log_bets import bound_of_shares, cell_counts, log_bets, monitor_table, most_growth
from snnrt.ir.monitor_table import ONE_BIT


def test_the_bound_by_hand() -> None:
    # ln 10 / 2000
    assert bound_of_shares(1000, 0.1) == pytest.approx(math.sqrt(2.302585093 / 2000))


def test_bets_by_hand() -> None:
    # so small a δ that nothing is known: p̃ is 1 for each bin but the end
    worst = 2.0 ** log_bets(np.array([5.0, 5.0]), 1e-9, step=0.0, slope=1.0)
    assert worst.tolist() == [pytest.approx(0.5), pytest.approx(1.0)]
    # nothing to correct: bins of half each are worth the mean of 1 + ½ − u over their half
    exact = 2.0 ** log_bets(np.array([5e9, 5e9]), 0.5, step=0.0, slope=1.0)
    assert exact == pytest.approx([0.75, 1.25], abs=1e-4)
    # a step alone: a bin of half the ranks above and half below it is worth 1
    steps = 2.0 ** log_bets(np.array([2.5e9, 5e9, 2.5e9]), 0.5, step=0.2, slope=0.0)
    assert steps == pytest.approx([0.8, 1.0, 1.2], abs=1e-4)


def test_no_table_wins_more_than_one_that_knew_the_drift() -> None:
    rng = np.random.default_rng(4)
    for samples in (100, 1000):
        counts = rng.multinomial(samples, rng.dirichlet(np.ones(12)))
        drifted = rng.dirichlet(np.arange(1, 13))
        won = float((drifted * log_bets(counts, 0.1)).sum())
        most = most_growth(drifted, counts, 0.1)
        assert won <= most <= most_growth(drifted, counts, 1.0)
        # of a likelihood ratio that grows all along it is the divergence
        usual = drifted / np.linspace(0.5, 2.0, 12)
        usual /= usual.sum()
        exact = most_growth(drifted, usual * 1e6, 1.0)
        assert exact == pytest.approx(float((drifted * np.log2(drifted / usual)).sum()), abs=1e-5)
    assert most_growth(np.array([0.7, 0.3]), np.array([5.0, 5.0]), 1.0) == 0.0


def test_cells_are_counted_from_the_least_unusual_on() -> None:
    steps, scores = np.array([1, 1, 2]), np.array([100, 60_000, 100])
    table = monitor_table("margin", steps, scores, 4, 1000.0, 0.1)
    counts = cell_counts(table, "margin", steps, scores)
    assert counts.sum() == 3 and counts[:16].sum() == 2 and counts[16:32].sum() == 1
    # a large margin is usual
    assert counts[: int(np.flatnonzero(counts)[0]) + 1].sum() == 1


@pytest.mark.parametrize("seed", range(20))
def test_the_mean_bet_is_at_most_1_for_every_distribution_within_the_bound(seed: int) -> None:
    rng = np.random.default_rng(seed)
    bins, samples = int(rng.integers(2, 40)), int(rng.integers(20, 3000))
    truth = rng.dirichlet(np.full(bins, 0.5))
    counts = rng.multinomial(samples, truth)
    delta = 0.1
    bets = 2.0 ** log_bets(counts, delta)
    assert (np.diff(bets) >= -1e-12).all()
    above = lambda shares: shares[::-1].cumsum()[::-1]  # noqa: E731
    excess = (above(truth) - above(counts / samples)).max()
    if excess <= bound_of_shares(samples, delta):
        assert (truth * bets).sum() <= 1 + 1e-9
    # the worst that the bound allows is bet on at exactly fair odds
    share = np.minimum(1.0, above(counts / samples) + bound_of_shares(samples, delta))
    assert (-np.diff(np.append(share, 0.0)) * bets).sum() == pytest.approx(1.0)


@pytest.mark.parametrize("rule", ["entropy", "confidence", "margin"])
def test_what_is_unusual_is_worth_more(rule: str) -> None:
    rng = np.random.default_rng(3)
    sure = rng.integers(1000, 60000, 2000)
    table = monitor_table(rule, np.ones(2000, int), sure, 4, 1000.0, 0.1)
    assert table.alarm == math.ceil(math.log2(1000) * ONE_BIT) and table.step_shift == 0
    usual, unusual = (59_999, 1001) if rule in ("confidence", "margin") else (1001, 59_999)
    cells = table.cells(rule, np.array([1, 1, 3]), np.array([usual, unusual, usual]))
    bets = table.bets[cells]
    assert bets[0] < 0 < bets[1] <= bets[2]


def test_rows_hold_all_timesteps() -> None:
    for most, shift in ((1, 0), (8, 0), (9, 1), (16, 1), (17, 2), (65535, 13)):
        table = monitor_table("entropy", np.full(50, most), np.full(50, 9), most, 100.0, 0.1)
        assert table.step_shift == shift and (most - 1) >> shift <= 7


def false_alarms(samples: int, runs: int, length: int, mean_run: float) -> float:
    """Alarms in ``runs`` streams from the reference's own distribution, begun anew after each alarm."""
    rng = np.random.default_rng(5)

    def draw(*shape: int) -> tuple[np.ndarray, np.ndarray]:
        scores = np.minimum((rng.exponential(1.0, shape) * 20_000).astype(np.int64), 150_000)
        return np.where(scores > 40_000, rng.integers(2, 5, shape), 1), scores

    tables = [monitor_table("entropy", *draw(samples), 4, mean_run, 0.1) for _ in range(runs)]
    found = 0
    for table in tables:
        first = table.levels("entropy", *draw(length)) >= table.alarm
        found += int(first.any())
    return found / runs


def test_false_alarms_are_as_rare_as_promised() -> None:
    """P(alarm within n) ≤ n / mean_run of each run whose reference is good, and 9 of 10 are."""
    assert false_alarms(200, runs=60, length=2000, mean_run=10_000.0) <= 0.1 + 0.2


def test_arguments_out_of_range() -> None:
    steps, scores = np.ones(50, int), np.arange(50)
    with pytest.raises(DataError, match="mean_run"):
        monitor_table("entropy", steps, scores, 4, 1.0, 0.1)
    with pytest.raises(DataError, match="confidence"):
        monitor_table("entropy", steps, scores, 4, 100.0, 0.7)
