"""Bets against a reference: the drift monitor's table, with a bound on its false alarms.

Sequential betting (Shafer 2021; Shin, Ramdas and Rinaldo, "E-detectors", arXiv 2203.03532) on the rank of a
score among those of a finite reference, whose distribution is known to within the bound of Dvoretzky,
Kiefer and Wolfowitz with Massart's constant (Ann. Probab. 18, 1990).
"""

from __future__ import annotations

import math

import numpy as np

from snnrt.errors import DataError
from snnrt.ir.monitor_table import ONE_BIT, MonitorTable, cells_of
from snnrt.ir.spec import MONITOR_ALARM_MAX, MONITOR_COLUMNS, MONITOR_LOWEST_MAX, MONITOR_ROWS

STEP, SLOPE = 0.175, 0.36
"""Of a bet 1 ± STEP + SLOPE·(½ − u) on the rank u, + below ½. Drifts that cost little move many inputs a
little towards the unusual, which the step wins on; large ones move some to its end, where the slope does."""
LARGEST_RUN = 2.0 ** (MONITOR_ALARM_MAX // ONE_BIT // 4)
"""Mean inferences to a false alarm that can be asked for."""


def bound_of_shares(samples: int, delta: float) -> float:
    """How far a share P(score ≥ s) may lie above that of ``samples`` scores: at no s further, with
    probability 1 − ``delta`` (at most ½, as the one-sided bound needs)."""
    return math.sqrt(math.log(1.0 / delta) / (2.0 * samples))


def log_bets(counts: np.ndarray, delta: float, step: float = STEP, slope: float = SLOPE) -> np.ndarray:
    """(B,) float64, bits: the logarithm of the bet on each of B bins, the least unusual first.

    ``counts`` (B,): of the reference. p_b = P(bin ≥ b) is at most p̃_b = min(1, its share in the reference +
    :func:`bound_of_shares`). A bin is worth the mean of 1 ± ``step`` + ``slope``·(½ − u) over u from p̃_(b+1)
    to p̃_b, which is 1 over all u from 0 to 1. Worth grows with b, so that its mean is largest where p = p̃,
    and 1 there: a fair bet or worse.
    """
    high, low = bounded_shares(counts, delta)
    middle = (high + low) / 2.0
    width = high - low
    below = np.minimum(high, 0.5) - np.minimum(low, 0.5)
    # which share of the bin lies below ½: all or nothing where it has no width
    part = np.divide(below, width, out=(middle < 0.5).astype(np.float64), where=width > 0.0)
    return np.log2(1.0 + step * (2.0 * part - 1.0) + slope * (0.5 - middle))


def bounded_shares(counts: np.ndarray, delta: float) -> tuple[np.ndarray, np.ndarray]:
    """p̃_b and p̃_(b+1), (B,) float64 each, of :func:`log_bets`."""
    above = np.asarray(counts, np.float64)[::-1].cumsum()[::-1]
    share = np.minimum(1.0, above / above[0] + bound_of_shares(int(above[0]), delta))
    return share, np.append(share[1:], 0.0)


def most_growth(shares: np.ndarray, counts: np.ndarray, delta: float) -> float:
    """Bits an inference that the best bets would win of inputs that are in the bins with ``shares`` (B,), had
    they known these, and of what the reference with ``counts`` (B,) allows: log₂ of the mean run, divided by
    it, is the least delay that any table can have on average (delta 1: with a reference without end).

    The likelihood ratio of ``shares`` to what p̃ gives the bins, made monotone (pool adjacent violators), as
    bets must be that are fair for all p up to p̃."""
    high, low = bounded_shares(counts, delta)
    pools: list[tuple[float, float]] = []
    for pool in zip(np.asarray(shares, np.float64).tolist(), (high - low).tolist()):
        while pools and pools[-1][0] * pool[1] >= pool[0] * pools[-1][1]:
            before = pools.pop()
            pool = (before[0] + pool[0], before[1] + pool[1])
        pools.append(pool)
    return sum(share * math.log2(share / usual) for share, usual in pools if share > 0.0)


def monitor_table(
    rule: str, timesteps: np.ndarray, scores: np.ndarray, most_timesteps: int, mean_run: float, delta: float
) -> MonitorTable:
    """The table of a reference: N inferences that ended after ``timesteps`` (N,) of ``most_timesteps`` with
    ``scores`` (N,) int64 of ``rule``, as a device counts them.

    With probability 1 − ``delta`` over the reference, its monitor runs for ``mean_run`` inferences or more on
    average before an alarm, while inputs are drawn as those of the reference. Raises DataError for a
    ``mean_run`` or ``delta`` out of range.
    """
    if not 2.0 <= mean_run <= LARGEST_RUN:
        raise DataError(
            f"mean_run: expected 2 to {LARGEST_RUN:.0f} inferences to a false alarm, found {mean_run!r}"
        )
    if not 0.0 < delta <= 0.5:
        raise DataError(f"confidence: expected 0.5 to below 1, found {1.0 - delta!r}")
    step_shift = max(0, math.ceil(math.log2(most_timesteps / MONITOR_ROWS)))
    # the columns where the scores are: the bound holds for whatever bins are made after the scores were seen
    lowest = min(
        range(MONITOR_LOWEST_MAX + 1),
        key=lambda low: (float((_counts(rule, timesteps, scores, low, step_shift) ** 2.0).sum()), low),
    )
    counts = _ordered(rule, _counts(rule, timesteps, scores, lowest, step_shift))
    # late is more unusual than early, whatever the score
    bits = _ordered(rule, log_bets(counts.ravel(), delta).reshape(counts.shape))
    # rounded against an alarm
    bets = np.floor(bits * ONE_BIT).astype(np.int16)
    return MonitorTable(math.ceil(math.log2(mean_run) * ONE_BIT), lowest, step_shift, bets)


def cell_counts(table: MonitorTable, rule: str, timesteps: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """(B,) float64: how many inferences, as :func:`monitor_table` takes them, fall into each cell of
    ``table``, the least unusual first."""
    return _ordered(rule, _counts(rule, timesteps, scores, table.lowest, table.step_shift)).ravel()


def _counts(rule: str, timesteps: np.ndarray, scores: np.ndarray, lowest: int, step_shift: int) -> np.ndarray:
    counts = np.zeros((MONITOR_ROWS, MONITOR_COLUMNS))
    np.add.at(counts, cells_of(rule, timesteps, scores, lowest, step_shift), 1.0)
    return counts


def _ordered(rule: str, table: np.ndarray) -> np.ndarray:
    """Columns from the least unusual on, and back: a large margin is sure, and so is a class that stays."""
    return table[:, ::-1] if rule in ("margin", "patience", "budget") else table
