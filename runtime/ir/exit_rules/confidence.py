"""Exit where the largest probability is high."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snnrt.ir.exit_rules.base import ExitRule, Moment, spread

if TYPE_CHECKING:
    import numpy as np


class Confidence(ExitRule):
    """max π > θ."""

    name = "confidence"
    words = "largest probability > {}"
    careful = 1.0

    def score(self, at: Moment) -> np.ndarray:
        """Q16."""
        from snnrt.ir.exit_rules.softmax import probability_q

        return probability_q(at.total)

    def met(self, score: np.ndarray, threshold_q: int, at: Moment) -> np.ndarray:
        """By a product instead of the score's quotient: threshold_q ≤ 2¹⁶ and S ≤ 2³⁸ fit int64."""
        return at.total * int(threshold_q) < 2**42

    def grid(self) -> tuple[float, ...]:
        """From sure on."""
        return (1.0, *(1 - x for x in spread(1e-4, 0.05, 60)), *(x / 400 for x in range(379, -1, -1)))
