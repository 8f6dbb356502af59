"""Exit where the best logit is far above the second: the cheapest rule, without a softmax."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snnrt.ir.exit_rules.base import ONE_Q16, ExitRule, Moment

if TYPE_CHECKING:
    import numpy as np


class Margin(ExitRule):
    """The best logit less the second, in nats > θ; a distance counts to 16 at most."""

    name = "margin"
    largest = 16.0
    words = "best logit above the second by more than {}"
    careful = 16.0

    def score(self, at: Moment) -> np.ndarray:
        """Nats, Q16."""
        from snnrt.ir.exit_rules.softmax import margin_q

        return margin_q(at.distances, at.best)

    def limit_q(self, classes: int) -> int:
        """16 nats."""
        return 16 * ONE_Q16

    def grid(self) -> tuple[float, ...]:
        """By thirty-seconds."""
        return tuple(x / 32 for x in range(512, -1, -1))
