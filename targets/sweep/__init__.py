"""Many chips of a description, and many descriptions: accuracy and cost with their intervals."""

from snnrt.targets.sweep.experiment import Options as SweepOptions
from snnrt.targets.sweep.experiment import sweep
from snnrt.targets.sweep.findings import Sweep, SweepPoint
from snnrt.targets.sweep.intervals import Estimate

__all__ = ["Estimate", "Sweep", "SweepOptions", "SweepPoint", "sweep"]
