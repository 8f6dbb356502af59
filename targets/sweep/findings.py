"""What a sweep found: a point of the design space with its estimates, and all points with their front."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass

import numpy as np

from snnrt.brief import brief_repr
from snnrt.ir.exit_choice import Exit
from snnrt.targets.sweep.grid import Point, label_of
from snnrt.targets.sweep.intervals import Estimate

QUANTITIES = ("accuracy", "timesteps", "energy_j", "latency_s", "edp_js")


@dataclass(frozen=True)
class SweepPoint:
    """``point``: the varied fields with their values. Means over chips and inputs with their intervals:
    ``accuracy`` (fraction), ``timesteps``, ``energy_j``, ``latency_s`` and ``edp_js`` (the mean of each
    input's E·D) an input. ``pareto``: no other point is as accurate for less EDP, or more for no more."""

    point: Point
    accuracy: Estimate
    timesteps: Estimate
    energy_j: Estimate
    latency_s: Estimate
    edp_js: Estimate
    pareto: bool

    __repr__ = brief_repr

    @property
    def label(self) -> str:
        """The fields in one line."""
        return label_of(self.point) or "as described"

    def to_dict(self) -> dict[str, object]:
        """JSON-able."""
        estimates = {name: getattr(self, name).to_dict() for name in QUANTITIES}
        return {"point": dict(self.point), **estimates, "pareto": self.pareto}


@dataclass(frozen=True)
class Sweep:
    """``points`` in the grid's order, each of ``chips`` chips and ``inputs`` inputs. ``fields``: what was
    varied; ``confidence`` of the intervals; ``exit`` and ``timesteps`` of the runs."""

    target: str
    fields: tuple[str, ...]
    points: tuple[SweepPoint, ...]
    chips: int
    inputs: int
    confidence: float
    exit: Exit
    timesteps: int

    __repr__ = brief_repr

    @property
    def pareto(self) -> tuple[SweepPoint, ...]:
        """The front, accuracy against EDP, the cheapest first."""
        return tuple(sorted((one for one in self.points if one.pareto), key=lambda one: one.edp_js.mean))

    def to_dict(self) -> dict[str, object]:
        """JSON-able."""
        return {
            "target": self.target,
            "chips": self.chips,
            "inputs": self.inputs,
            "confidence": self.confidence,
            "exit": str(self.exit),
            "timesteps": self.timesteps,
            "points": [point.to_dict() for point in self.points],
        }

    def rows(self) -> list[dict[str, object]]:
        """A flat row a point, as ``pandas.DataFrame(sweep.rows())`` takes them: the fields, then of each
        quantity the mean, ``_low`` and ``_high`` over chips and inputs, and the chips' ``_deviation``."""
        rows = []
        for point in self.points:
            row: dict[str, object] = dict(point.point)
            for name in QUANTITIES:
                found: Estimate = getattr(point, name)
                row |= {name: found.mean, f"{name}_low": found.interval[0], f"{name}_high": found.interval[1]}
                row[f"{name}_deviation"] = found.chips_deviation
            rows.append(row | {"pareto": int(point.pareto)})
        return rows

    def to_csv(self) -> str:
        """:meth:`rows` as CSV with a header."""
        buffer, rows = io.StringIO(), self.rows()
        writer = csv.DictWriter(buffer, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        return buffer.getvalue()

    def to_svg(self) -> str:
        """Accuracy against EDP with the front, and both against a field, with intervals: an ``<svg>``."""
        from snnrt.targets.sweep.plot import sweep_svg

        return sweep_svg(self)


def pareto_front(gain: np.ndarray, cost: np.ndarray) -> np.ndarray:
    """(P,) bool: which points no other point beats in one of ``gain`` and ``cost`` (P,) without losing in
    the other."""
    front = np.zeros(len(gain), bool)
    best, last = -math.inf, (math.nan, math.nan)
    for place in np.lexsort((-gain, cost)):
        here = (float(gain[place]), float(cost[place]))
        if here[0] > best or here == last:
            front[place] = True
            best, last = here[0], here
    return front
