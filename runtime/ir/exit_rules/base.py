"""What an exit rule is: a score of the logits after a timestep, and a threshold that it is compared with."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snnrt.ir.spec import MAX_TIMESTEPS

if TYPE_CHECKING:
    import numpy as np

ONE_Q16 = 65536


@dataclass(frozen=True)
class Moment:
    """N inputs after a timestep. ``distances`` (N, K) int64, Q16 nats below the best logit; ``best`` (N,)
    int64, its class; ``steps``: timesteps done; ``steady`` (N,) int64: timesteps that the class has been the
    same."""

    distances: np.ndarray
    best: np.ndarray
    steps: int
    steady: np.ndarray

    @cached_property
    def total(self) -> np.ndarray:
        """S (N,) int64, Q26: the sum of the softmax, relative to the best."""
        from snnrt.ir.exit_rules.softmax import total_q

        return total_q(self.distances)


class ExitRule:
    """A rule. ``name``: as texts and files have it; ``largest``: threshold, the least is ``least``;
    ``whole``: thresholds are whole numbers of timesteps; ``classes``: the fewest; ``sign``: what a score is
    compared with."""

    name: str
    least = 0.0
    largest = 1.0
    whole = False
    classes = 2
    words = ""
    """What the score is and how it is compared, in words: ``{}`` is the threshold."""
    careful = 0.0
    """The threshold with which a run never ends early, or hardly ever."""

    def threshold_q(self, threshold: float, classes: int) -> int:
        """The integer that the core compares with, of a threshold that the file's float32 can hold."""
        return round(threshold * ONE_Q16)

    def threshold(self, integer: int, classes: int) -> float:
        """The inverse of :meth:`threshold_q`."""
        return integer / ONE_Q16

    def score(self, at: Moment) -> np.ndarray:
        """(N,) int64, as the core reports it."""
        raise NotImplementedError

    def met(self, score: np.ndarray, threshold_q: int, at: Moment) -> np.ndarray:
        """(N,) bool, whether the rule alone says to stop."""
        return score > threshold_q

    def shown(self, score: np.ndarray, classes: int) -> np.ndarray:
        """Scores (N,) float64 as a caller sees them."""
        return score / ONE_Q16

    def limit_q(self, classes: int) -> int:
        """The upper end of the scores, for histograms."""
        return ONE_Q16

    def grid(self) -> tuple[float, ...]:
        """Thresholds to try, from the most careful on, whatever the data: what a calibration goes through."""
        raise NotImplementedError


class StepRule(ExitRule):
    """A rule whose score and threshold count timesteps."""

    least, largest, whole, classes = 1.0, float(MAX_TIMESTEPS), True, 1
    careful = float(MAX_TIMESTEPS)

    def threshold_q(self, threshold: float, classes: int) -> int:
        """The number itself."""
        return int(threshold)

    def threshold(self, integer: int, classes: int) -> float:
        """The number itself."""
        return float(integer)

    def met(self, score: np.ndarray, threshold_q: int, at: Moment) -> np.ndarray:
        """From so many timesteps on."""
        return score >= threshold_q

    def shown(self, score: np.ndarray, classes: int) -> np.ndarray:
        """Timesteps."""
        return score.astype(float)

    def limit_q(self, classes: int) -> int:
        """A histogram of 16 bins has one for each of the first 16."""
        return 16

    def grid(self) -> tuple[float, ...]:
        """As many as a short run has."""
        return tuple(float(steps) for steps in range(32, 0, -1))


def spread(low: float, high: float, steps: int) -> tuple[float, ...]:
    """``steps`` numbers from ``low`` to ``high``, each so much times the last."""
    share = math.log(high / low) / (steps - 1)
    return tuple(low * math.exp(share * step) for step in range(steps))
