"""Exit where the class has been the same for some timesteps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snnrt.ir.exit_rules.base import Moment, StepRule

if TYPE_CHECKING:
    import numpy as np


class Patience(StepRule):
    """The class is the same since θ timesteps or more, this one counted."""

    name = "patience"
    words = "the class is the same for {} timesteps"

    def score(self, at: Moment) -> np.ndarray:
        """Timesteps."""
        return at.steady
