"""No exit before the last timestep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snnrt.ir.exit_rules.base import ExitRule, Moment
from snnrt.ir.exit_rules.entropy import Entropy

if TYPE_CHECKING:
    import numpy as np


class Never(ExitRule):
    """Has no threshold."""

    name = "never"
    classes = 1

    def threshold_q(self, threshold: float, classes: int) -> int:
        """None."""
        return 0

    def threshold(self, integer: int, classes: int) -> float:
        """None."""
        return 0.0

    def score(self, at: Moment) -> np.ndarray:
        """None."""
        import numpy as np

        return np.zeros(len(at.distances), np.int64)

    def met(self, score: np.ndarray, threshold_q: int, at: Moment) -> np.ndarray:
        """Not at all."""
        import numpy as np

        return np.zeros(len(score), bool)

    def shown(self, score: np.ndarray, classes: int) -> np.ndarray:
        """NaN."""
        import numpy as np

        shown = np.empty(len(score))
        shown.fill(np.nan)
        return shown

    def limit_q(self, classes: int) -> int:
        """A record keeps the entropy then."""
        return Entropy().limit_q(classes)

    def grid(self) -> tuple[float, ...]:
        """Itself."""
        return (0.0,)
