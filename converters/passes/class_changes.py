"""How many classes a change of a network's logits is expected to change on other inputs.

Counting needs thousands of inputs to tell 99.5 % from 99 %. So the change that each input's logits saw, by
their order, is put on every other's too: n inputs give n² trials. And each change is taken fourfold and
counts a quarter, since few inputs lie as close to another class as int8 moves them: near nothing, the
distances between the two largest logits are about evenly spread. Inputs whose largest logits are equal move
with any change, and are not stretched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.converters.passes.observe import spread

_STRETCH = 4.0
# the classes that are the nearest to the first
_CLASSES = 16
# inputs, whose square is tried
_INPUTS = 1500
# of the logits' standard deviation: the same number, but for float32's rounding
_SAME = 1e-6


@dataclass(frozen=True)
class ExpectedChanges:
    """``share`` of the classes that change, its standard error, from so many ``inputs``."""

    share: float
    standard_error: float
    inputs: int

    @property
    def at_most(self) -> float:
        """Two standard errors above, and half an input more: what so few can't show."""
        return self.share + 2 * self.standard_error + 1 / (2 * _STRETCH * max(1, self.inputs))


def expected_changes(source: np.ndarray, changed: np.ndarray) -> ExpectedChanges:
    """Of ``source`` (N, K), the logits of a network, and ``changed``, those of another on the same inputs.

    The class is the first of the largest. The standard error is the jackknife's over inputs.
    """
    source, changed = (spread(one, _INPUTS).astype(np.float64) for one in (source, changed))
    n = len(source)
    if n < 2:
        return ExpectedChanges(0.0, 1.0, n)
    same = _SAME * max(float(source.std()), 1e-30)
    order = np.argsort(-source, axis=1, kind="stable")[:, :_CLASSES]
    logits = np.take_along_axis(source, order, axis=1)
    moved = np.take_along_axis(changed - source, order, axis=1)
    before = order[:, 1:] < order[:, :1]
    stretch = (
        np.ones(n) if logits.shape[1] < 2 else np.where(logits[:, 0] - logits[:, 1] <= same, 1, _STRETCH)
    )
    trials = np.empty((n, n))
    for other, change in enumerate(moved):
        found = logits + stretch[:, None] * change
        ahead = found[:, 1:] - found[:, :1]
        trials[:, other] = ((ahead > same) | ((ahead >= -same) & before)).any(axis=1) / stretch
    left_out = (trials.sum() - trials.sum(axis=0) - trials.sum(axis=1) + trials.diagonal()) / (n - 1) ** 2
    error = np.sqrt((n - 1) / n * np.square(left_out - left_out.mean()).sum())
    return ExpectedChanges(float(trials.mean()), float(error), n)
