"""The softmax of distances in fixed point (``docs/ir.md``, "Exit"): the same integers on every device.

Distances d are Q16 nats below the best logit, at most 2²⁰ − 1. ``e ≈ 2²⁶·exp(−d)``, S = Σ e and
D = Σ e·d give the entropy of the softmax, H = ln S + D / S (in nats), and its largest
probability, 1 / Σ exp(−d).
"""

from __future__ import annotations

import math

import numpy as np

MAX_DISTANCE = 2**20 - 1
ONE_Q16 = 65536

# round-half-even never meets a tie here: both tables are irrational apart from exact entries
EXP_TABLE = np.array([round(2**26 * 2 ** (-i / 32)) for i in range(33)], np.int64)
LOG_TABLE = np.array([round(2**16 * math.log1p(i / 64)) for i in range(65)], np.int64)

_LOG2_E_Q11 = 2955
_LN_2_Q16 = 45426


def exponentials(distances: np.ndarray) -> np.ndarray:
    """e ≈ 2²⁶·exp(−d), int64, for d in Q16, 0 … 2²⁰ − 1."""
    y = distances * _LOG2_E_Q11
    index = (y >> 22) & 31
    upper = EXP_TABLE[index]
    return (upper - (((upper - EXP_TABLE[index + 1]) * ((y >> 11) & 0x7FF)) >> 11)) >> (y >> 27)


def highest_bit(total: np.ndarray) -> np.ndarray:
    """The place of the highest bit of each of ``total`` (N,) int64, 1 … 2⁵³."""
    # frexp of an integer below 2⁵³ is exact
    return np.frexp(total.astype(np.float64))[1].astype(np.int64) - 1


def logarithm_q(total: np.ndarray) -> np.ndarray:
    """ln(S / 2²⁶) in Q16, int64, for S from 2²⁶ on."""
    position = highest_bit(total)
    mantissa = (total << 25) >> (position - 6)
    index = (mantissa >> 25) & 63
    lower = LOG_TABLE[index]
    part = ((LOG_TABLE[index + 1] - lower) * ((mantissa >> 9) & 0xFFFF)) >> 16
    return (position - 26) * _LN_2_Q16 + lower + part


def entropy_q(distances: np.ndarray) -> np.ndarray:
    """H (N,) int64, nats in Q16, of the softmax whose ``distances`` are (N, K)."""
    weights = exponentials(distances)
    total = weights.sum(axis=1)
    # at most 4096 classes: Σ e·d < 2¹² · 2²⁶ · 2²⁰ fits int64
    cut = highest_bit(total) - 13
    mean_distance = ((weights * distances).sum(axis=1) >> 2 >> cut) // (total >> cut)
    return logarithm_q(total) + (mean_distance << 2)


def total_q(distances: np.ndarray) -> np.ndarray:
    """S (N,) int64, Q26."""
    return exponentials(distances).sum(axis=1)


def probability_q(total: np.ndarray) -> np.ndarray:
    """The largest probability (N,) int64, Q16, of :func:`total_q`."""
    cut = highest_bit(total) - 15
    return (np.int64(1) << (42 - cut)) // (total >> cut)


def margin_q(distances: np.ndarray, best: np.ndarray) -> np.ndarray:
    """The distance of the second best (N,) int64, nats in Q16; ``best`` (N,) is the winner's index."""
    others = distances.copy()
    np.put_along_axis(others, best[:, None], MAX_DISTANCE, axis=1)
    return others.min(axis=1)
