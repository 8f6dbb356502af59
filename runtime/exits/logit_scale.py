"""The scale on the logits (an inverse temperature) with which a softmax says best how often it is right.

Temperature scaling (Guo et al., "On calibration of modern neural networks", arXiv 1706.04599): the scale with
the least negative log-likelihood of labels, here over the timesteps at which an exit rule is asked.
"""

from __future__ import annotations

import numpy as np

from snnrt.errors import DataError

LARGEST = 2.0**20
_AT_ONCE = 2**22
"""Logits that are looked at, at most."""


def checked_scale(given: object) -> float:
    """``given`` as a scale that can be asked for. Raises DataError where it is none."""
    if isinstance(given, bool) or not isinstance(given, (int, float)) or not 1 / LARGEST <= given <= LARGEST:
        raise DataError(
            f"logit_scale: expected 'fit' or a number from {1 / LARGEST:.1g} to {LARGEST:.1g}, "
            f"found {given!r}"
        )
    return float(given)


def least_nll_scale(logits: np.ndarray, labels: np.ndarray) -> float:
    """The scale s > 0 with the least mean of −ln softmax(s·logits)[label].

    ``logits`` (N, T, K) of N inputs after each of T timesteps, ``labels`` (N,) of the K classes. One input
    more whose label is every class alike (Laplace's rule) keeps the scale finite where no label is missed.
    The mean is convex in s, so that bisection of its derivative, Σ π·z − z[label], finds it. Raises DataError
    where the logits say nothing of the labels.
    """
    inputs, steps, classes = logits.shape
    looked = max(1, min(steps, _AT_ONCE // (inputs * classes)))
    z = logits[:, np.unique(np.linspace(0, steps - 1, looked).astype(int))].astype(np.float64)
    z -= z.max(axis=2, keepdims=True)
    smooth = 1.0 / (inputs + 1)
    of_label = np.take_along_axis(z, labels[:, None, None], axis=2)[:, :, 0]
    wanted = float(((1 - smooth) * of_label + smooth * z.mean(axis=2)).mean())

    def slope(scale: float) -> float:
        weights = np.exp(scale * z)
        return float(((weights * z).sum(axis=2) / weights.sum(axis=2)).mean()) - wanted

    low, high = 1.0 / LARGEST, LARGEST
    if not np.isfinite(wanted) or slope(low) >= 0.0 or slope(high) <= 0.0:
        raise DataError(
            "logit_scale: expected logits that tell the classes apart, found none that agree with the labels "
            "more than by chance; check the labels and the preprocessing"
        )
    for _ in range(60):
        middle = float(np.sqrt(low * high))
        low, high = (middle, high) if slope(middle) < 0.0 else (low, middle)
    # four digits: more say nothing, and are hard to read
    return float(f"{high:.4g}")
