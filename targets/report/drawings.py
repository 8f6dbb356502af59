"""The report's own charts, of its document."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snnrt.targets.estimation import TargetReport
from snnrt.targets.report.charts import Series, bars, columns, line_chart, prefixed, stacked
from snnrt.targets.report.details import Document
from snnrt.targets.swept_costs import shares_of
from snnrt.targets.trade_off import labels_of

MOST_LAYERS = 24
DYNAMIC, STATIC = "with exits", "all timesteps"


def trade_off(document: Document, target: str | None = None) -> str:
    """Accuracy (without labels the agreement with the answers of all timesteps) against mean timesteps, or
    EDP on a ``target``: exits as lines, static networks as squares, and the run itself."""
    sweep = document["sweep"]
    what, fixed = shares_of(sweep["static"])
    factor, unit = 1.0, ""
    if target is not None:
        largest = max(point["targets"][target]["mean_edp_js"] for point in sweep["static"])
        factor, unit = prefixed(largest, "J·s")

    def across(points: Sequence[Document]) -> np.ndarray:
        if target is None:
            return np.array([point["mean_timesteps"] for point in points])
        return factor * np.array([point["targets"][target]["mean_edp_js"] for point in points])

    series = [
        Series(rule["rule"], across(rule["points"]), 100 * shares_of(rule["points"])[1], colour=number)
        for number, rule in enumerate(sweep["rules"])
    ]
    labels = labels_of([point["timesteps"] for point in sweep["static"]])
    series.append(Series("static", across(sweep["static"]), 100 * fixed, "square", None, labels))
    own = _own_point(document, target)
    if own is not None:
        said = "this run, promised" if document.get("promised") else "this run"
        series.append(
            Series("this run", factor * np.array([own[0]]), 100 * np.array([own[1]]), "chosen", 0, [said])
        )
    axis = "mean timesteps" if target is None else f"EDP on {target}, {unit}"
    up = "accuracy, %" if what == "accuracy" else "answers as after all timesteps, %"
    label = f"{up} against {axis}: thresholds as a line, static networks, this run"
    return line_chart(series, axis, up, label, ratios=True)


def _own_point(document: Document, target: str | None) -> tuple[float, float] | None:
    """Where the run itself lies."""
    share = document["accuracy"]
    if share is None:
        share = document.get("agreement")
    if share is None:
        return None
    if target is None:
        return document["mean_timesteps"], share
    (own,) = (one for one in document["targets"] if one["target"] == target)
    return own["mean_edp_js"], share


def timesteps_used(document: Document) -> str:
    """Inputs by the timesteps that they took."""
    mean = document["mean_timesteps"]
    label = f"inputs by the timesteps that they used, {mean:.2f} on average"
    return columns(document["timesteps_used"], "timesteps used", "inputs", label, mean)


def accuracy_by_timestep(document: Document) -> str:
    """Were all inputs to end there."""
    rows = document["by_timestep"]
    steps = np.array([row["timesteps"] for row in rows], float)
    name = "agreement" if any(row["accuracy"] is None for row in rows) else "accuracy"
    values = 100 * np.array([row[name] for row in rows])
    up = "accuracy, %" if name == "accuracy" else "answers as after all timesteps, %"
    return line_chart([Series(name, steps, values)], "timesteps", up, f"{up} were every input to end there")


def component_energy(target: Document) -> str:
    """Both runs' mean energy by component."""
    parts = target["components"]
    values = np.array(
        [[part["static_mean_energy_j"] for part in parts], [part["mean_energy_j"] for part in parts]]
    )
    names = [part["component"] for part in parts]
    return stacked([STATIC, DYNAMIC], names, values, "J", f"mean energy by component on {target['target']}")


def layer_energy(target: Document) -> str:
    """Both runs' mean energy of each layer; the smallest beyond MOST_LAYERS as one."""
    rows = target["layers"]
    values = np.array([[row["mean_energy_j"] for row in rows], [row["static_mean_energy_j"] for row in rows]])
    names, values = _summed([row["layer"] for row in rows], values)
    return bars(names, values, [DYNAMIC, STATIC], "J", f"mean energy of each layer on {target['target']}")


def layer_spikes(document: Document) -> str | None:
    """Both runs' mean spikes of each layer that fires; None where none is counted."""
    rows = [row for row in document["layers"] if row["neuron_updates"]]
    if not rows:
        return None
    static = [row["static_spikes"] or 0.0 for row in rows]
    values = np.array([[row["spikes"] for row in rows], static])
    names, values = _summed([row["name"] for row in rows], values)
    return bars(names, values, [DYNAMIC, STATIC], "", "mean spikes of each layer an input")


def _summed(names: Sequence[str], values: np.ndarray) -> tuple[list[str], np.ndarray]:
    if len(names) <= MOST_LAYERS:
        return list(names), values
    kept = sorted(np.argsort(values[1])[::-1][: MOST_LAYERS - 1])
    rest = values.sum(axis=1) - values[:, kept].sum(axis=1)
    found = [names[place] for place in kept] + [f"{len(names) - len(kept)} others"]
    return found, np.column_stack([values[:, kept], rest])


def each_input(report: TargetReport) -> str:
    """E·D of every input, cheapest first, of both runs."""
    dynamic, static = _thinned(report.dynamic.edp_js), _thinned(report.static.edp_js)
    factor, unit = prefixed(float(max(dynamic.max(), static.max())), "J·s")
    share = np.linspace(0, 100, dynamic.size) if dynamic.size > 1 else np.array([50.0])
    series = [
        Series(STATIC, share, static * factor, colour=None),
        Series(DYNAMIC, share, dynamic * factor, colour=0),
    ]
    label = f"energy times latency of every input on {report.target.name}, cheapest first"
    return line_chart(series, "inputs, cheapest first, %", f"E·D, {unit}", label, zero=True)


def _thinned(values: np.ndarray) -> np.ndarray:
    """Sorted, at most 200 of them at even ranks: a curve needs no more."""
    ordered = np.sort(values)
    return (
        ordered if ordered.size <= 200 else ordered[np.linspace(0, ordered.size - 1, 200).round().astype(int)]
    )
