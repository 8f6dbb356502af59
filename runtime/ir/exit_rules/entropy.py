"""Exit where the normalised entropy is low: the rule of DT-SNN (arXiv 2305.17346)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from snnrt.ir.exit_rules.base import ONE_Q16, ExitRule, Moment, spread

if TYPE_CHECKING:
    import numpy as np


class Entropy(ExitRule):
    """E = −Σ π ln π / ln K < θ."""

    name = "entropy"
    words = "normalised entropy < {}"

    def threshold_q(self, threshold: float, classes: int) -> int:
        """In nats."""
        return round(threshold * math.log(classes) * ONE_Q16)

    def threshold(self, integer: int, classes: int) -> float:
        """The inverse."""
        return integer / (math.log(classes) * ONE_Q16)

    def score(self, at: Moment) -> np.ndarray:
        """Nats, Q16."""
        from snnrt.ir.exit_rules.softmax import entropy_q

        return entropy_q(at.distances)

    def met(self, score: np.ndarray, threshold_q: int, at: Moment) -> np.ndarray:
        """Below."""
        return score < threshold_q

    def shown(self, score: np.ndarray, classes: int) -> np.ndarray:
        """0: sure, 1: all classes alike."""
        return score / (ONE_Q16 * math.log(classes))

    def limit_q(self, classes: int) -> int:
        """ln K as the tables have it."""
        import numpy as np

        from snnrt.ir.exit_rules.softmax import entropy_q

        return int(entropy_q(np.zeros((1, classes), np.int64))[0])

    def grid(self) -> tuple[float, ...]:
        """Fine where sure networks are, and up to 1 for those that never are."""
        return (0.0, *spread(1e-4, 0.05, 60), *(x / 400 for x in range(21, 401)))
