"""Cycles that a board counted, beside what its profile estimates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnrt.errors import DataError
from snnrt.targets.estimation import TargetReport
from snnrt.targets.target import Microcontroller


@dataclass(frozen=True)
class Measured:
    """Means over ``inputs``: counted and estimated cycles, and what time and energy the counted ones are at
    the profile's clock and energy a cycle."""

    target: str
    inputs: int
    cycles: float
    estimated_cycles: float
    latency_s: float
    energy_j: float

    @property
    def ratio(self) -> float:
        """Counted over estimated."""
        return self.cycles / self.estimated_cycles


def measured_on(reports: Sequence[TargetReport], cycles: np.ndarray) -> list[Measured]:
    """For each microcontroller of ``reports``: ``cycles`` (M,) of the first M of their inputs.

    Raises DataError where the board counted no cycles, more inputs than were run, or on nothing to hold
    them against.
    """
    if not cycles.all():
        raise DataError("measured cycles: expected a count for every input, found 0; define VALIDATE_CYCLES")
    found = []
    for report in reports:
        target = report.target
        if not isinstance(target, Microcontroller):
            continue
        if len(cycles) > len(report.dynamic.latency_s):
            most = len(report.dynamic.latency_s)
            raise DataError(f"measured cycles: expected at most {most} inputs, found {len(cycles)}")
        clock = target.clock.si
        mean = float(cycles.mean())
        estimated = float(report.dynamic.latency_s[: len(cycles)].mean()) * clock
        energy = mean * target.energy_per_cycle.si
        found.append(Measured(target.name, len(cycles), mean, estimated, mean / clock, energy))
    if not found:
        raise DataError("measured cycles: expected a microcontroller among the targets, found none")
    return found
