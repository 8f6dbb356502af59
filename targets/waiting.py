"""What hardware takes while it waits for the next input, and how long a battery lasts at a rate of inputs."""

from __future__ import annotations

import numpy as np

from snnrt.errors import DataError
from snnrt.ir.graph import Graph
from snnrt.targets import neuromorphic
from snnrt.targets.costs import Costs, Ledger
from snnrt.targets.figures import Figure
from snnrt.targets.in_memory_mapping import blocks_used, mapping_of
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.target import Microcontroller, Neuromorphic, Target


def waiting_power(graph: Graph, target: Target) -> list[tuple[str, Figure, float]]:
    """What is on between inputs: (name, figure in W, how many of it)."""
    if isinstance(target, Microcontroller):
        figure = target.sleep_power or target.idle_power
        return [] if figure is None else [("idle", figure, 1.0)]
    if isinstance(target, Neuromorphic):
        chips = float(neuromorphic.demand(graph, target).chips(target))
        return [] if target.static_power is None else [("static power", target.static_power, chips)]
    assert isinstance(target, InMemory)
    found = []
    if target.block_leakage is not None:
        found.append(("leakage", target.block_leakage, float(blocks_used(mapping_of(graph, target)))))
    if target.static_power is not None:
        found.append(("static power", target.static_power, 1.0))
    return found


def wait(graph: Graph, target: Target, ledger: Ledger, period_s: float) -> None:
    """Book what is on from the end of an input to the next one, ``period_s`` after the last, as the layer
    "idle"."""
    seconds = np.maximum(period_s - ledger.total_latency, 0.0)
    for component, figure, times in waiting_power(graph, target):
        ledger.charge("idle", component, "seconds of waiting", seconds, figure.si, figure, ("times", times))


def check_period(period_s: float | None) -> None:
    """DataError unless it is a positive number of seconds, or None."""
    if period_s is not None and not (np.isfinite(period_s) and period_s > 0):
        raise DataError(f"period is {period_s} s, expected a finite number above 0")


def duty(costs: Costs, period_s: float) -> float:
    """The share of time in which the hardware works at an input every ``period_s``; above 1 it falls
    behind."""
    return float(costs.latency_s.mean()) / period_s


def battery_life_s(costs: Costs, period_s: float, battery_j: float) -> float:
    """Seconds that ``battery_j`` J last at an input every ``period_s``; ``costs`` hold the waiting too.

    Self-discharge, converters and sensors are not counted: an upper bound.
    """
    power = float(costs.energy_j.mean()) / max(period_s, float(costs.latency_s.mean()))
    return battery_j / power if power > 0 else float("inf")
