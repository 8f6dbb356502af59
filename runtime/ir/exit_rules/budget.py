"""Exit at a timestep, sure or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snnrt.ir.exit_rules.base import Moment, StepRule

if TYPE_CHECKING:
    import numpy as np


class Budget(StepRule):
    """θ timesteps are done."""

    name = "budget"
    words = "{} timesteps are done"

    def score(self, at: Moment) -> np.ndarray:
        """Timesteps."""
        import numpy as np

        return np.full(len(at.distances), at.steps, np.int64)
