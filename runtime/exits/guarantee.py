"""Thresholds with a promise: which of a fixed sequence of exits loses little, from a finite sample.

Fixed-sequence Learn-then-Test (Angelopoulos et al., arXiv 2110.01052) with the exact binomial tail of losses
that are 0 or 1; conformal risk control (arXiv 2208.02814) for a promise in expectation; and conformal
quantiles (SpikeCP, arXiv 2305.11322) for sets of classes. No loss is looked at before the sequence is fixed.
"""

from __future__ import annotations

import math

import numpy as np


def binomial_tail(losses: int, samples: int, risk: float) -> float:
    """P(Bin(``samples``, ``risk``) ≤ ``losses``): the p-value of "the risk is ``risk`` or more"."""
    if losses >= samples or risk <= 0.0:
        return 1.0
    if risk >= 1.0 or losses < 0:
        return 0.0
    k = np.arange(losses + 1, dtype=np.float64)
    # log C(n, k) as a running sum of log((n − k + 1) / k)
    ratios = np.log((samples - k[1:] + 1) / k[1:])
    logs = np.concatenate([[0.0], np.cumsum(ratios)]) + k * math.log(risk) + (samples - k) * math.log1p(-risk)
    top = logs.max()
    return float(min(1.0, math.exp(top) * np.exp(logs - top).sum()))


def least_samples(risk: float, delta: float, losses: int = 0) -> int:
    """The fewest samples that certify ``risk`` at confidence 1 − ``delta`` with so many losses among them."""
    high = losses + 1
    while binomial_tail(losses, high, risk) > delta:
        high *= 2
    low = losses
    while high - low > 1:
        middle = (low + high) // 2
        if binomial_tail(losses, middle, risk) > delta:
            low = middle
        else:
            high = middle
    return high


def allowed_losses(samples: int, risk: float, delta: float) -> int:
    """The most losses among ``samples`` that certify ``risk``; −1 where none would do."""
    if binomial_tail(0, samples, risk) > delta:
        return -1
    low, high = 0, samples
    while high - low > 1:
        middle = (low + high) // 2
        if binomial_tail(middle, samples, risk) <= delta:
            low = middle
        else:
            high = middle
    return low


def last_that_passes(losses: np.ndarray, samples: int, risk: float, delta: float) -> int:
    """The place in the sequence of the last exit before the first that fails, −1 where the first fails.

    ``losses`` (J,) integers: of each exit, the most careful first. With probability 1 − ``delta`` the exit at
    that place, as each before it, has a risk of ``risk`` at most, whether or not the risk grows along the
    sequence: the first that is above is reached only past it, and passes with probability ``delta`` at most.
    """
    fails = np.asarray(losses) > allowed_losses(samples, risk, delta)
    return int(fails.argmax()) - 1 if fails.any() else len(fails) - 1


def last_in_expectation(lost: np.ndarray, risk: float) -> int:
    """As :func:`last_that_passes`, of the promise that the *expected* loss is ``risk`` at most.

    ``lost`` (J, N) bool; made monotone along the sequence, as conformal risk control needs: a loss once is a
    loss from there on. The place of the last with (Σ losses + 1) / (N + 1) ≤ ``risk``.
    """
    total = np.logical_or.accumulate(lost, axis=0).sum(axis=1)
    return int(((total + 1) / (lost.shape[1] + 1) <= risk).sum()) - 1


def quantile_rank(samples: int, risk: float) -> int:
    """Which of ``samples`` sorted scores, from 1, covers a new one with probability 1 − ``risk``; more than
    ``samples`` where they are too few."""
    return math.ceil((samples + 1) * (1.0 - risk) - 1e-12)


def set_margins(distances: np.ndarray, labels: np.ndarray, risk: float) -> np.ndarray | None:
    """Margins (T,) int64, Q16 nats, above which the set of classes within it has one member alone.

    ``distances`` (N, T, K) of the logits from the best, ``labels`` (N,). At each timestep the classes within
    the margin hold the label with probability 1 − ``risk`` / T, so that with 1 − ``risk`` they do at all of
    them, whenever the run ends. None where N is too small for that.
    """
    samples, steps, _ = distances.shape
    rank = quantile_rank(samples, risk / steps)
    if rank > samples:
        return None
    of_label = np.take_along_axis(distances, labels[:, None, None], axis=2)[:, :, 0]
    return np.sort(of_label, axis=0)[rank - 1]
