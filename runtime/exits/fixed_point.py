"""Logits, distances and classes in fixed point (``docs/ir.md``, "Exit"): the same integers on every device.

What rules make of the distances is in :mod:`snnrt.ir.exit_rules`.
"""

from __future__ import annotations

import numpy as np

from snnrt.ir.exit_rules import RULES
from snnrt.ir.exit_rules.softmax import MAX_DISTANCE, ONE_Q16, entropy_q, exponentials
from snnrt.ir.nodes.exit import check_rule, threshold_q
from snnrt.ir.nodes.readout import ReadoutMode, readout_multipliers
from snnrt.ir.spec import EXIT_RULES, MAX_CLASSES

__all__ = [
    "EXIT_RULES", "MAX_CLASSES", "MAX_DISTANCE", "ONE_Q16", "check_rule", "entropy_q", "exponentials",
    "readout_multipliers", "threshold_q",
]  # fmt: skip


def threshold_from_q(rule: str, threshold_integer: int, classes: int) -> float:
    """The threshold that ``threshold_integer`` stands for: the inverse of :func:`threshold_q`."""
    return RULES[rule].threshold(threshold_integer, classes)


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


def distances_from_floats(
    accumulated: np.ndarray, mode: ReadoutMode, steps: int, logit_scale: float = 1.0
) -> np.ndarray:
    """d (N, K) int64 from float32 accumulators after ``steps`` steps, every operation in float32."""
    accumulated = accumulated.astype(np.float32, copy=False)
    winner = best_class(accumulated)[:, None]
    best = np.take_along_axis(accumulated, winner, axis=1)
    with np.errstate(invalid="ignore", over="ignore"):
        gap = best - accumulated
        if mode == "mean":
            gap = gap / np.float32(steps)
        factor = np.float32(logit_scale) * np.float32(ONE_Q16)
        rounded = np.floor(gap * factor + np.float32(0.5))
    # written so that a NaN fails the comparison and takes the largest distance
    distances = np.where(rounded < MAX_DISTANCE, rounded, np.float32(MAX_DISTANCE)).astype(np.int64)
    np.put_along_axis(distances, winner, 0, axis=1)
    return distances


def real_logits(
    accumulated: np.ndarray, scale: np.ndarray | None, mode: ReadoutMode, steps: int
) -> np.ndarray:
    """Logits (N, K) float32 as a caller sees them.

    float32 (``scale`` None): acc, or acc / t in float32. int8: acc·scale (/ t) in float64, rounded once.
    """
    if scale is None:
        logits = accumulated.astype(np.float32)
        return logits / np.float32(steps) if mode == "mean" else logits
    real = accumulated.astype(np.float64) * scale.astype(np.float64, copy=False)
    return (real / steps if mode == "mean" else real).astype(np.float32)
