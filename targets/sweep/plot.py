"""The plot of a sweep: accuracy against EDP with the Pareto front, and both against a varied field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from snnrt.targets.report.charts import COLOURS, Key, Series, line_chart, prefixed, standalone
from snnrt.targets.sweep.grid import Point, label_of
from snnrt.texts import shortened

if TYPE_CHECKING:
    from snnrt.targets.sweep.findings import Sweep, SweepPoint

MOST_LABELS = 12
LONGEST_LABEL = 32
FAR_APART = 30
"""Costs whose ratio is above this are drawn by factors."""

Panel = tuple[str, Sequence[Key]]


def sweep_svg(sweep: Sweep) -> str:
    """An ``<svg>`` for a file: accuracy against EDP and, where a field of numbers was varied, each of the two
    against the one of most values; all with their intervals."""
    largest = max(one.edp_js.mean for one in sweep.points)
    factor, unit = prefixed(largest, "J·s")
    axis = f"mean EDP an input on {sweep.target}, {unit}"
    panels = [_front(sweep, factor, axis)]
    across = axis_across(sweep)
    if across is not None:
        lines = lines_across(sweep, across)
        panels += [
            _lines(across, lines, "accuracy", 100.0, "accuracy, %"),
            _lines(across, lines, "edp_js", factor, axis),
        ]
    return standalone(panels)


def axis_across(sweep: Sweep) -> str | None:
    """The field with the most values, all of them finite numbers; None where none has two."""
    values = {field: {dict(one.point)[field] for one in sweep.points} for field in sweep.fields}
    counts = {
        field: len(found)
        for field, found in values.items()
        if all(isinstance(value, (int, float)) and np.isfinite(value) for value in found)
    }
    best = max(counts, key=lambda field: counts[field], default=None)
    return best if best is not None and counts[best] > 1 else None


def lines_across(sweep: Sweep, field: str) -> dict[Point, list[SweepPoint]]:
    """The points in lines along ``field``, by what the other fields are; of many, COLOURS evenly chosen."""
    lines: dict[Point, list[SweepPoint]] = {}
    for one in sweep.points:
        others = tuple((name, value) for name, value in one.point if name != field)
        lines.setdefault(others, []).append(one)
    chosen = np.unique(np.linspace(0, len(lines) - 1, min(len(lines), COLOURS)).round().astype(int))
    keys = list(lines)
    return {keys[place]: lines[keys[place]] for place in chosen}


def _values(points: Sequence[SweepPoint], name: str, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Means (P,) and the ends of their intervals (2, P); costs end at 0."""
    found = [getattr(one, name) for one in points]
    ends = np.array([one.interval for one in found]).T
    return factor * np.array([one.mean for one in found]), factor * np.maximum(ends, 0.0)


def _front(sweep: Sweep, factor: float, axis: str) -> Panel:
    series, keys = [], []
    for front, colour, name in ((False, None, "dominated"), (True, 0, "Pareto front")):
        points = sweep.pareto if front else [one for one in sweep.points if not one.pareto]
        if not points:
            continue
        edp, across = _values(points, "edp_js", factor)
        percent, up = _values(points, "accuracy", 100.0)
        named = [shortened(one.label, LONGEST_LABEL) for one in points[:MOST_LABELS]] if front else ()
        if front:
            series.append(Series(name, edp, percent, "line", colour))
        series.append(Series(name, edp, percent, "square", colour, named, across, up))
        keys.append(("ink" if colour is None else f"c{colour}", name))
    costs = np.array([one.edp_js.mean for one in sweep.points])
    ends = np.concatenate([one.reach("x") for one in series])
    ratios = costs.min() > 0 and costs.max() > FAR_APART * costs.min() and ends.min() > 0
    drawing = line_chart(series, axis, "accuracy, %", f"accuracy against {axis}", ratios=bool(ratios))
    return drawing, keys


def _lines(field: str, lines: dict[Point, list[SweepPoint]], name: str, factor: float, up: str) -> Panel:
    series, keys = [], []
    for number, (others, points) in enumerate(lines.items()):
        x = np.array([dict(one.point)[field] for one in points], float)
        y, ends = _values(points, name, factor)
        label = shortened(label_of(others), LONGEST_LABEL)
        series.append(Series(label or field, x, y, "line", number, y_ends=ends))
        if label:
            keys.append((f"c{number}", label))
    return line_chart(series, field, up, f"{up} against {field}"), keys
