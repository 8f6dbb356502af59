"""Exit at a timestep, sure or not."""

from __future__ import annotations

import numpy as np

from snnrt.ir.exit_rules.base import Moment, StepRule


class Budget(StepRule):
    """θ timesteps are done."""

    name = "budget"
    words = "{} timesteps are done"

    def score(self, at: Moment) -> np.ndarray:
        """Timesteps."""
        return np.full(len(at.distances), at.steps, np.int64)
