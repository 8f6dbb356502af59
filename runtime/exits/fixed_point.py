"""Exit rules in fixed point (``docs/ir.md``, "Exit"): the same integers on every device.

Distances d are Q16 nats below the best logit, at most 2²⁰ − 1. ``e ≈ 2³⁰·exp(−d)``, S = Σ e and
D = Σ e·d give the entropy of the softmax, H = ln S + D / S (in nats), and its largest
probability, 1 / Σ exp(−d).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snnrt.ir.nodes.exit import check_rule, threshold_q
from snnrt.ir.nodes.readout import ReadoutMode, readout_multipliers
from snnrt.ir.spec import EXIT_RULES, MAX_CLASSES

__all__ = ["EXIT_RULES", "MAX_CLASSES", "check_rule", "readout_multipliers", "threshold_q"]

MAX_DISTANCE = 2**20 - 1
ONE_Q16 = 65536

# round-half-even never meets a tie here: both tables are irrational apart from exact entries
EXP_TABLE = np.array([round(2**30 * 2 ** (-i / 64)) for i in range(65)], np.int64)
LOG_TABLE = np.array([round(2**24 * math.log1p(i / 64)) for i in range(65)], np.int64)

_LOG2_E_Q16 = 94548
_LN_2_Q24 = 11629080


@dataclass(frozen=True)
class Decision:
    """For N inputs: ``stop`` (N,) bool; ``scores`` (N,) float64: entropy as a fraction of ln K, or largest
    probability, both from a Q16 integer (rounded down) as the core reports it."""

    stop: np.ndarray
    scores: np.ndarray


def threshold_from_q(rule: str, threshold_integer: int, classes: int) -> float:
    """The threshold that ``threshold_integer`` stands for: the inverse of :func:`threshold_q`."""
    if rule == "entropy":
        return threshold_integer / (math.log(classes) * ONE_Q16)
    return threshold_integer / ONE_Q16 if rule == "confidence" else 0.0


def scaled_logits(accumulated: np.ndarray, multipliers: np.ndarray, shift: int) -> np.ndarray:
    """z (N, K) int64, Q16 logits of an int8 readout's accumulators (N, K) int32."""
    return (accumulated.astype(np.int64) * multipliers.astype(np.int64)) >> np.int64(shift)


def best_class(logits: np.ndarray) -> np.ndarray:
    """(N,) int64: the lowest index with the largest of ``logits`` (N, K).

    As a scan with ``>`` from index 0 finds it, which decides about NaN: one at index 0 wins, others lose.
    """
    if logits.dtype.kind != "f":
        return logits.argmax(axis=1)
    ordered = np.where(np.isnan(logits), np.float32(-np.inf), logits)
    return np.where(np.isnan(logits[:, 0]), 0, ordered.argmax(axis=1))


def distances_from_integers(scaled: np.ndarray, mode: ReadoutMode, steps: int) -> np.ndarray:
    """d (N, K) int64 from :func:`scaled_logits` after ``steps`` steps."""
    distances = scaled.max(axis=1, keepdims=True) - scaled
    if mode == "mean":
        distances = distances // np.int64(steps)
    return np.minimum(distances, MAX_DISTANCE)


def distances_from_floats(accumulated: np.ndarray, mode: ReadoutMode, steps: int) -> np.ndarray:
    """d (N, K) int64 from float32 accumulators after ``steps`` steps, every operation in float32."""
    accumulated = accumulated.astype(np.float32, copy=False)
    winner = best_class(accumulated)[:, None]
    best = np.take_along_axis(accumulated, winner, axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = best - accumulated
        if mode == "mean":
            gap = gap / np.float32(steps)
        rounded = np.floor(gap * np.float32(ONE_Q16) + np.float32(0.5))
    # written so that a NaN fails the comparison and takes the largest distance
    distances = np.where(rounded < MAX_DISTANCE, rounded, np.float32(MAX_DISTANCE)).astype(np.int64)
    np.put_along_axis(distances, winner, 0, axis=1)
    return distances


def exponentials(distances: np.ndarray) -> np.ndarray:
    """e ≈ 2³⁰·exp(−d), int64, for d in Q16, 0 … 2²⁰ − 1."""
    y = distances * _LOG2_E_Q16
    fraction = y & (2**32 - 1)
    index = fraction >> 26
    remainder = (fraction >> 10) & 0xFFFF
    upper = EXP_TABLE[index]
    return (upper - (((upper - EXP_TABLE[index + 1]) * remainder) >> 16)) >> (y >> 32)


def entropy_q(distances: np.ndarray) -> np.ndarray:
    """H (N,) int64, nats in Q16, of the softmax whose ``distances`` are (N, K)."""
    weights = exponentials(distances)
    total = weights.sum(axis=1)
    # at most 4096 classes: Σ e·d < 2¹² · 2³⁰ · 2²⁰ fits int64
    mean_distance = (weights * distances).sum(axis=1) // total
    # frexp of an integer below 2⁵³ is exact
    position = np.frexp(total.astype(np.float64))[1].astype(np.int64) - 1
    mantissa = (total - (np.int64(1) << position)).astype(np.uint64) << (63 - position).astype(np.uint64)
    index = (mantissa >> np.uint64(57)).astype(np.int64)
    remainder = ((mantissa >> np.uint64(41)) & np.uint64(0xFFFF)).astype(np.int64)
    lower = LOG_TABLE[index]
    logarithm = (position - 30) * _LN_2_Q24 + lower + (((LOG_TABLE[index + 1] - lower) * remainder) >> 16)
    return (logarithm >> 8) + mean_distance


def decide(rule: str, threshold_integer: int, distances: np.ndarray) -> Decision:
    """Whether each of N inputs stops now, given ``distances`` (N, K); ``never`` scores NaN."""
    inputs, classes = distances.shape
    if rule == "never":
        return Decision(np.zeros(inputs, bool), np.full(inputs, np.nan))
    if rule == "entropy":
        entropy = entropy_q(distances)
        return Decision(entropy < threshold_integer, entropy / (ONE_Q16 * math.log(classes)))
    total = exponentials(distances).sum(axis=1)
    # threshold_q ≤ 2¹⁶ and S ≤ 2⁴²: the product fits int64
    return Decision(total * np.int64(threshold_integer) < 2**46, (2**46 // total) / ONE_Q16)


def real_logits(
    accumulated: np.ndarray, scale: np.ndarray | None, mode: ReadoutMode, steps: int
) -> np.ndarray:
    """Logits (N, K) float32 as a caller sees them.

    float32 (``scale`` None): acc, or acc / t in float32. int8: acc·scale (/ t) in float64, rounded once.
    """
    if scale is None:
        logits = accumulated.astype(np.float32)
        return logits / np.float32(steps) if mode == "mean" else logits
    real = accumulated.astype(np.float64) * scale.astype(np.float64)
    return (real / steps if mode == "mean" else real).astype(np.float32)
