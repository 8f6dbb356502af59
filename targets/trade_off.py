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
from snnrt.targets.plots import _STYLE, INK, PALETTE, _matplotlib, _svg
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
    """Of the events after 1 … T timesteps of the same inputs; ``rule``: the exit rule that is charged for,
    None: none, as of a static network."""
    choice = Exit.never() if rule is None else Exit(rule, RULES[rule].careful)  # type: ignore[arg-type]
    graph = model.graph.with_exit(choice)
    sizes = {"arena_bytes": model.info.arena_bytes, "model_bytes": len(model.raw)}
    costs = [estimate(graph, one, target, **sizes) for one in counts]  # type: ignore[arg-type]
    return StepCosts(
        target,
        np.stack([one.energy_j for one in costs], axis=1),
        np.stack([one.latency_s for one in costs], axis=1),
    )


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
    the place of the one that was taken, or None."""

    name: str
    across: np.ndarray
    accuracy: np.ndarray
    chosen: int | None = None


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


def trade_off_svg(panels: Sequence[Panel]) -> str:
    """An ``<svg>`` of panels, each with its axis' name, its curves, and its static points. Raises SnnrtError
    without matplotlib."""
    matplotlib = _matplotlib()
    with matplotlib.rc_context(_STYLE):
        figure = matplotlib.figure.Figure(figsize=(4.6 * len(panels), 3.4), layout="constrained")
        for place, (label, curves, static) in enumerate(panels, 1):
            axes = figure.add_subplot(1, len(panels), place)
            for number, curve in enumerate(curves):
                colour = PALETTE[number % len(PALETTE)]
                axes.plot(curve.across, 100 * curve.accuracy, color=colour, linewidth=1.4, label=curve.name)
                if curve.chosen is not None:
                    axes.plot(
                        curve.across[curve.chosen], 100 * curve.accuracy[curve.chosen], marker="o",
                        markersize=8, color=colour, markeredgecolor=INK, linestyle="none",
                    )  # fmt: skip
            axes.plot(
                static.across,
                100 * static.accuracy,
                marker="s",
                color=INK,
                linestyle="none",
                label=static.name,
            )
            for step, (x, y) in enumerate(zip(static.across, 100 * static.accuracy), 1):
                axes.annotate(f"T = {step}", (x, y), textcoords="offset points", xytext=(5, -10), color=INK)
            axes.set_xlabel(label)
            axes.set_ylabel("accuracy, %")
            axes.legend(loc="lower right")
        return _svg(figure, "Accuracy against timesteps and cost")
