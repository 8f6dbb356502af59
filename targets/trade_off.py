"""Accuracy against mean timesteps and against EDP: what each exit costs on a target, and the plot of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from snnrt.errors import TargetError
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES
from snnrt.results.counts import Counts
from snnrt.targets.estimation import estimate
from snnrt.targets.loading import load_target
from snnrt.targets.report.charts import COLOURS, Series, line_chart, prefixed, standalone
from snnrt.targets.target import Target

FIGURES = ("edp", "energy", "latency")


@dataclass(frozen=True, eq=False)
class StepCosts:
    """Of n inputs on a target: ``energy_j`` and ``latency_s`` (n, T), were the input to end after t
    timesteps."""

    target: Target
    energy_j: np.ndarray
    latency_s: np.ndarray

    def mean(self, figure: str, steps: np.ndarray) -> float:
        """The mean of ``figure`` (of FIGURES) where the inputs take ``steps`` (n or more,) timesteps."""
        rows = np.arange(len(self.energy_j))
        columns = steps[: len(rows)] - 1
        energy, latency = self.energy_j[rows, columns], self.latency_s[rows, columns]
        return float({"edp": energy * latency, "energy": energy, "latency": latency}[figure].mean())


def step_costs(model: Model, counts: Sequence[Counts], target: Target, rule: str | None) -> StepCosts:
    """Of the events of the same inputs after some of 1 … T timesteps, the first and T among them; between
    them costs are interpolated. ``rule``: the exit rule that is charged for, None: none, as of a static
    network."""
    choice = Exit.never() if rule is None else Exit(rule, RULES[rule].careful)  # type: ignore[arg-type]
    graph = model.graph.with_exit(choice)
    costs = [estimate(graph, one, target, band=False) for one in counts]
    counted = np.array([int(one.timesteps.max()) for one in counts])
    return StepCosts(
        target,
        _at_each_step(counted, np.stack([one.energy_j for one in costs], axis=1)),
        _at_each_step(counted, np.stack([one.latency_s for one in costs], axis=1)),
    )


def _at_each_step(counted: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(n, T) of ``values`` (n, C) after ``counted`` (C,) timesteps, ascending from 1 to T."""
    steps = np.arange(1, counted[-1] + 1)
    if len(steps) == len(counted):
        return values
    after = np.searchsorted(counted, steps)
    before = np.maximum(after - 1, 0)
    gap = np.maximum(counted[after] - counted[before], 1)
    share = np.where(after > 0, (steps - counted[before]) / gap, 0.0)
    return values[:, before] * (1.0 - share) + values[:, after] * share


def cost_of_steps(
    model: Model, counts: Sequence[Counts], target: Target | str | os.PathLike[str] | None, figure: str
) -> Callable[[str, np.ndarray], float]:
    """A function of a rule and the timesteps of inputs that gives the mean of ``figure``. Raises
    TargetError."""
    if figure not in FIGURES:
        raise TargetError(f"minimize: expected one of timesteps, {', '.join(FIGURES)}, found {figure!r}")
    if target is None:
        raise TargetError(f"minimize {figure}: expected a target on which it is estimated, found none")
    hardware = target if isinstance(target, Target) else load_target(target)
    return lambda rule, steps: step_costs(model, counts, hardware, rule).mean(figure, steps)


def costs_by_step(
    model: Model, counts: Sequence[Counts], target: Target | str | os.PathLike[str] | None, figure: str,
    rule: str,
) -> np.ndarray:  # fmt: skip
    """(T,) the mean of ``figure`` of inputs that end after 1 … T timesteps. Raises TargetError."""
    mean = cost_of_steps(model, counts, target, figure)
    steps = np.arange(1, len(counts) + 1)
    return np.array([mean(rule, np.full(len(counts[0].spikes), step)) for step in steps])


@dataclass(frozen=True, eq=False)
class Curve:
    """Points of a plot. ``across`` (J,): mean timesteps, or a cost; ``accuracy`` (J,), a share; ``chosen``:
    the place of the one that was taken, or None; ``labels``: a word a point, or None."""

    name: str
    across: np.ndarray
    accuracy: np.ndarray
    chosen: int | None = None
    labels: Sequence[str] | None = None


class Swept(Protocol):
    """A rule whose thresholds were gone through: :class:`snnrt.calibration.calibrate.Candidate`."""

    @property
    def rule(self) -> str: ...  # noqa: D102
    @property
    def place(self) -> int: ...  # noqa: D102
    @property
    def mean_timesteps(self) -> np.ndarray: ...  # noqa: D102
    @property
    def accuracy(self) -> np.ndarray | None: ...  # noqa: D102
    @property
    def steps(self) -> np.ndarray: ...  # noqa: D102


Panel = tuple[str, Sequence[Curve], Curve]
"""The name of what is across, the curves, the static points."""


def panels_of(
    swept: Sequence[Swept], static_accuracy: np.ndarray, costs: dict[str | None, StepCosts]
) -> list[Panel]:
    """Accuracy against mean timesteps, and where ``costs`` are (by rule, None: static) against EDP."""
    steps = np.arange(1, len(static_accuracy) + 1)
    known = [(one, one.accuracy) for one in swept if one.accuracy is not None]
    curves = [Curve(one.rule, one.mean_timesteps, right, max(one.place, 0)) for one, right in known]
    panels: list[Panel] = [("mean timesteps", curves, Curve("static", steps, static_accuracy))]
    if costs:
        static = costs[None]
        every = [static.mean("edp", np.full(len(static.energy_j), step)) for step in steps]
        curves = [
            Curve(
                one.rule, np.array([costs[one.rule].mean("edp", row) for row in one.steps]), right,
                max(one.place, 0),
            )
            for one, right in known
        ]  # fmt: skip
        label = f"EDP on {static.target.name}, J·s"
        panels.append((label, curves, Curve("static", np.array(every), static_accuracy)))
    return panels


def labels_of(steps: Sequence[int]) -> list[str]:
    """Names of static points: of few all, of many the first, the last and powers of 2, others empty."""
    named = {steps[0], steps[-1]} | {step for step in steps if len(steps) <= 5}
    named |= {step for step in steps if step & (step - 1) == 0 and step < steps[-1] / 1.5}
    return [f"T = {step}" if step in named else "" for step in steps]


def trade_off_svg(panels: Sequence[Panel]) -> str:
    """An ``<svg>`` for a file of panels, each with its axis' name, its curves, and its static points."""
    drawn = []
    for label, curves, static in panels:
        largest = max(float(one.across.max()) for one in (*curves, static))
        # a cost's axis ends in its unit; timesteps have none
        name, comma, unit = label.rpartition(", ")
        factor, unit = prefixed(largest, unit) if comma else (1.0, "")
        axis = f"{name}, {unit}" if comma else label
        series = [
            Series(one.name, factor * one.across, 100 * one.accuracy, colour=place)
            for place, one in enumerate(curves)
        ]
        named = static.labels or labels_of(range(1, len(static.across) + 1))
        series.append(
            Series(static.name, factor * static.across, 100 * static.accuracy, "square", None, named)
        )
        for place, one in enumerate(curves):
            if one.chosen is not None:
                at = slice(one.chosen, one.chosen + 1)
                series.append(
                    Series(one.name, factor * one.across[at], 100 * one.accuracy[at], "chosen", place)
                )
        keys = [(f"c{place % COLOURS}", one.name) for place, one in enumerate(curves)]
        drawing = line_chart(series, axis, "accuracy, %", f"accuracy against {axis}", ratios=True)
        drawn.append((drawing, [*keys, ("ink", static.name)]))
    return standalone(drawn)
