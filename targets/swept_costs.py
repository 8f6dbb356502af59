"""What each exit of a sweep costs on targets, beside static networks: the document of ``profile --sweep``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.results.counts import Counts
from snnrt.targets.target import Target
from snnrt.targets.trade_off import Curve, Panel, StepCosts, labels_of, step_costs


class SweptRule(Protocol):
    """A rule with its exits: :class:`snnrt.calibration.sweep.SweptRule`."""

    @property
    def rule(self) -> str: ...  # noqa: D102
    @property
    def thresholds(self) -> tuple[float, ...]: ...  # noqa: D102
    @property
    def steps(self) -> np.ndarray: ...  # noqa: D102
    @property
    def mean_timesteps(self) -> np.ndarray: ...  # noqa: D102
    @property
    def agreement(self) -> np.ndarray: ...  # noqa: D102
    @property
    def accuracy(self) -> np.ndarray | None: ...  # noqa: D102
    def exit(self, place: int) -> Exit: ...  # noqa: D102


class Sweep(Protocol):
    """Every exit of some rules, and static networks: :class:`snnrt.calibration.sweep.Sweep`."""

    @property
    def rules(self) -> Sequence[SweptRule]: ...  # noqa: D102
    @property
    def agreement(self) -> np.ndarray: ...  # noqa: D102
    @property
    def accuracy(self) -> np.ndarray | None: ...  # noqa: D102


FIGURES = {"mean_energy_j": "energy", "mean_latency_s": "latency", "mean_edp_js": "edp"}
Document = dict[str, Any]


def sweep_document(
    model: Model, sweep: Sweep, counts: Sequence[Counts], targets: Sequence[Target]
) -> Document:
    """JSON-able. ``rules``: of each its ``points``, most careful first: exit, accuracy, agreement with the
    answers of all timesteps, mean timesteps, and costs by target; ``static``: networks of fixed timesteps.

    ``counts``: of the first inputs of the sweep after some timesteps
    (:func:`snnrt.calibration.step_counts.step_counts`); ``costed_inputs`` says how many. EDP is saved
    against the static network of all timesteps.
    """
    counted = np.array([int(one.timesteps.max()) for one in counts])
    n = len(counts[0].timesteps)
    static = {target.name: step_costs(model, counts, target, None) for target in targets}
    full = {name: costs.mean("edp", np.full(n, counted[-1])) for name, costs in static.items()}

    def costs_of(by_target: dict[str, StepCosts], steps: np.ndarray) -> Document:
        found: Document = {}
        for name, costs in by_target.items():
            found[name] = {key: costs.mean(figure, steps[:n]) for key, figure in FIGURES.items()}
            saved = 1.0 - found[name]["mean_edp_js"] / full[name] if full[name] > 0 else 0.0
            found[name]["edp_reduction"] = saved
        return found

    rules = []
    for one in sweep.rules:
        by_target = {target.name: step_costs(model, counts, target, one.rule) for target in targets}
        points = [
            {
                "exit": str(one.exit(place)),
                "threshold": threshold,
                "accuracy": None if one.accuracy is None else float(one.accuracy[place]),
                "agreement": float(one.agreement[place]),
                "mean_timesteps": float(one.mean_timesteps[place]),
                "targets": costs_of(by_target, one.steps[place]),
            }
            for place, threshold in enumerate(one.thresholds)
        ]
        rules.append({"rule": one.rule, "points": points})
    fixed = [
        {
            "timesteps": int(step),
            "accuracy": None if sweep.accuracy is None else float(sweep.accuracy[step - 1]),
            "agreement": float(sweep.agreement[step - 1]),
            "mean_timesteps": float(step),
            "targets": costs_of(static, np.full(n, step)),
        }
        for step in counted
    ]
    return {"costed_inputs": n, "rules": rules, "static": fixed}


def shares_of(points: Sequence[Document]) -> tuple[str, np.ndarray]:
    """What stands for how good points are, and it: accuracy, or without labels the agreement."""
    name = "agreement" if any(point["accuracy"] is None for point in points) else "accuracy"
    return name, np.array([point[name] for point in points])


def few_points(points: Sequence[Document], most: int = 12) -> list[Document]:
    """At most ``most`` of ``points``, spread evenly over their mean timesteps, both ends among them."""
    if len(points) <= most:
        return list(points)
    means = np.array([point["mean_timesteps"] for point in points])
    wanted = np.linspace(means[0], means[-1], most)
    places = {0, len(points) - 1, *(int(np.abs(means - one).argmin()) for one in wanted)}
    return [points[place] for place in sorted(places)]


def sweep_panels(document: Document, target: str | None = None) -> list[Panel]:
    """For a plot: accuracy against mean timesteps, and against EDP on each target (or on one)."""
    static = document["static"]
    names = list(static[0]["targets"]) if target is None else [target]
    panels: list[Panel] = []
    labels = labels_of([point["timesteps"] for point in static])
    for name in (None, *names):
        label = "mean timesteps" if name is None else f"EDP on {name}, J·s"
        curves = [
            Curve(rule["rule"], _across(rule["points"], name), shares_of(rule["points"])[1])
            for rule in document["rules"]
        ]
        panels.append(
            (label, curves, Curve("static", _across(static, name), shares_of(static)[1], labels=labels))
        )
    return panels


def _across(points: Sequence[Document], target: str | None) -> np.ndarray:
    if target is None:
        return np.array([point["mean_timesteps"] for point in points])
    return np.array([point["targets"][target]["mean_edp_js"] for point in points])
