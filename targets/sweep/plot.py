"""The plot of a sweep: accuracy against EDP with the Pareto front, and both against the varied field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from snnrt.targets.plots import _STYLE, DYNAMIC, INK, MOST_LAYERS, PALETTE, _matplotlib, _prefix, _short, _svg
from snnrt.targets.sweep.grid import Point, Value, label_of

if TYPE_CHECKING:
    from snnrt.targets.sweep.findings import Sweep, SweepPoint

OTHERS = "#8c959f"
MOST_TICKS = 9
MOST_LINES = len(PALETTE)
"""Combinations of the other fields that are drawn, evenly chosen among them."""


def sweep_svg(sweep: Sweep) -> str:
    """An ``<svg>`` of a panel for accuracy against EDP and, where a field was varied, one for each of the two
    against the field of most values. Raises SnnrtError without matplotlib."""
    matplotlib = _matplotlib()
    across = axis_across(sweep)
    with matplotlib.rc_context(_STYLE):
        panels = 1 if across is None else 3
        canvas = matplotlib.figure.Figure(figsize=(5.2 * panels, 4.0), layout="constrained")
        factor, unit = _prefix(max(one.edp_js.mean for one in sweep.points), "J·s")
        _front(canvas.add_subplot(1, panels, 1), sweep, factor, unit)
        if across is not None:
            lines = lines_across(sweep, across)
            _lines(canvas.add_subplot(1, panels, 2), across, lines, "accuracy", 100.0, "accuracy (%)")
            label = f"mean EDP an input ({unit})"
            _lines(canvas.add_subplot(1, panels, 3), across, lines, "edp_js", factor, label)
        return _svg(canvas, "Accuracy and energy-delay product of a sweep")


def axis_across(sweep: Sweep) -> str | None:
    """The field with the most values; None where none has two."""
    values = {field: len({dict(one.point)[field] for one in sweep.points}) for field in sweep.fields}
    best = max(values, key=lambda field: values[field], default=None)
    return best if best is not None and values[best] > 1 else None


def lines_across(sweep: Sweep, field: str) -> dict[Point, list[SweepPoint]]:
    """The points in lines along ``field``, by what the other fields are; at most MOST_LINES."""
    lines: dict[Point, list[SweepPoint]] = {}
    for one in sweep.points:
        others = tuple((name, value) for name, value in one.point if name != field)
        lines.setdefault(others, []).append(one)
    chosen = np.unique(np.linspace(0, len(lines) - 1, min(len(lines), MOST_LINES)).round().astype(int))
    keys = list(lines)
    return {keys[place]: lines[keys[place]] for place in chosen}


def _bounds(points: Sequence[SweepPoint], name: str, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """Means (P,), and how far the interval reaches below and above them (2, P); costs end at 0."""
    found = [getattr(one, name) for one in points]
    means = np.array([one.mean for one in found])
    low, high = np.array([one.interval for one in found]).T
    reach = np.maximum([means - np.maximum(low, 0.0), high - means], 0.0)
    return means * factor, reach * factor


def _front(axes: Any, sweep: Sweep, factor: float, unit: str) -> None:
    edp, across = _bounds(sweep.points, "edp_js", factor)
    percent, along = _bounds(sweep.points, "accuracy", 100.0)
    front = np.array([one.pareto for one in sweep.points])
    for chosen, color, name in ((~front, OTHERS, "dominated"), (front, DYNAMIC, "Pareto front")):
        if chosen.any():
            axes.errorbar(
                edp[chosen], percent[chosen], xerr=across[:, chosen], yerr=along[:, chosen], fmt="o",
                markersize=4, color=color, elinewidth=0.8, label=name,
            )  # fmt: skip
    order = np.flatnonzero(front)[np.argsort(edp[front], kind="stable")]
    axes.plot(edp[order], percent[order], color=DYNAMIC, linewidth=1, drawstyle="steps-post")
    for place in order[:MOST_LAYERS]:
        axes.annotate(
            _short(sweep.points[place].label, 40), (edp[place], percent[place]), xytext=(4, -9),
            textcoords="offset points", fontsize=7, color=INK,
        )  # fmt: skip
    if edp.min() > 0 and edp.max() > 30 * edp.min():
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter("")
    axes.set_xlabel(f"mean EDP an input ({unit})")
    axes.set_ylabel("accuracy (%)")
    axes.legend(loc="best", fontsize=8)


def _lines(
    axes: Any, field: str, lines: dict[Point, list[SweepPoint]], name: str, factor: float, label: str
) -> None:
    values: list[Value] = list(
        dict.fromkeys(dict(one.point)[field] for line in lines.values() for one in line)
    )
    numeric = all(isinstance(value, (int, float)) for value in values)
    for number, (others, points) in enumerate(lines.items()):
        own = [dict(one.point)[field] for one in points]
        means, reach = _bounds(points, name, factor)
        axes.errorbar(
            own if numeric else [values.index(value) for value in own], means, yerr=reach, marker="o",
            markersize=3.5, linewidth=1.2, elinewidth=0.8, color=PALETTE[number % len(PALETTE)],
            label=_short(label_of(others), 40) if others else None,
        )  # fmt: skip
    if numeric and len(values) <= MOST_TICKS:
        axes.set_xticks(values, [f"{value:g}" for value in values])
    elif not numeric:
        axes.set_xticks(range(len(values)), [_short(str(value), 22) for value in values])
    axes.set_xlabel(_short(field, 60))
    axes.set_ylabel(label)
    if any(lines):
        axes.legend(loc="best", fontsize=7)
