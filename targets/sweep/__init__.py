"""Many chips of a description, and many descriptions: accuracy and cost with their intervals."""

from snnrt.targets.sweep.experiment import Sweep, SweepPoint, sweep
from snnrt.targets.sweep.intervals import Estimate

__all__ = ["Estimate", "Sweep", "SweepPoint", "sweep"]
