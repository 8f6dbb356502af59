"""Exit where the class has been the same for some timesteps."""

from __future__ import annotations

import numpy as np

from snnrt.ir.exit_rules.base import Moment, StepRule


class Patience(StepRule):
    """The class is the same since θ timesteps or more, this one counted."""

    name = "patience"
    words = "the class is the same for {} timesteps"

    def score(self, at: Moment) -> np.ndarray:
        """Timesteps."""
        return at.steady
