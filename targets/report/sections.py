"""What each section of the page shows of the document, where there is room for some of it only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnrt.ir.graph import Graph
from snnrt.targets.derivation import derivation
from snnrt.targets.estimation import TargetReport
from snnrt.targets.explanation import FigureRow, figure_rows
from snnrt.targets.report import drawings
from snnrt.targets.report.charts import COLOURS
from snnrt.targets.report.details import Document, RunDetails
from snnrt.targets.report.pictures import Picture, pictures
from snnrt.targets.swept_costs import few_points
from snnrt.texts import LONGEST_VALUE, printable

MOST_STEPS, MOST_CLASSES, LARGEST_MATRIX, MOST_CONFUSIONS = 24, 200, 32, 30
GROUPS = {
    "easiest": "Easiest: the fewest timesteps, the surest first",
    "hardest": "Hardest: the most timesteps, the least sure first",
    "wrong": "Wrong: the surest first",
}
EXPLAINED = {"energy": "Energy", "latency": "Latency", "edp": "Energy × delay", "edp-reduction": "EDP saved"}


@dataclass(frozen=True)
class ShownInput:
    """An input of a group, with its ``path`` in the document."""

    place: int
    path: str
    label: int | None
    prediction: int
    picture: Picture | None


@dataclass(frozen=True)
class Group:
    """Inputs of a kind."""

    title: str
    inputs: Sequence[ShownInput]


@dataclass(frozen=True)
class TargetPart:
    """One target's section: its place in the document, and drawings, derivations and figures."""

    place: int
    document: Document
    report: TargetReport
    components: Any
    component_keys: Sequence[tuple[int, str]]
    each_input: Any
    layers: Any
    derivations: Sequence[tuple[str, Any]]
    figures: Sequence[FigureRow]


def contents(document: Document, inputs: bool) -> list[tuple[str, str]]:
    """Anchors and names of the sections."""
    found = [("verdict", "Verdict")]
    found += [("trade-off", "Accuracy against cost")] if document.get("sweep") else []
    found += [("targets", "Targets"), ("timesteps", "Timesteps")]
    found += [("classes", "Classes")] if document.get("classes") else []
    found += [("inputs", "Inputs")] if inputs else []
    found += [("layers", "Layers")]
    found += [(f"target-{place}", one["target"]) for place, one in enumerate(document["targets"])]
    found += [("compared", "Beside another run")] if document.get("compared") else []
    return [*found, ("made", "Where this comes from")]


def sweep_rows(document: Document) -> list[tuple[str, str, str]]:
    """Some points of the sweep: a name, its path, and the path of its costs on the first target."""
    sweep = document.get("sweep")
    if not sweep:
        return []
    rows = []
    # as in a JSON pointer (RFC 6901)
    first = document["targets"][0]["target"].replace("~", "~0").replace("/", "~1")
    for name, path, every in (
        ("", "sweep/static", sweep["static"]),
        *((rule["rule"], f"sweep/rules/{n}/points", rule["points"]) for n, rule in enumerate(sweep["rules"])),
    ):
        for point in few_points(every, 10 if name else 8):
            place = next(n for n, one in enumerate(every) if one is point)
            text = f"{name}:{point['threshold']:.4g}" if name else f"static, {point['timesteps']}"
            rows.append((text, f"{path}/{place}/", f"{path}/{place}/targets/{first}/"))
    return rows


def step_places(document: Document) -> list[int]:
    """Rows by timestep that are shown."""
    rows = document.get("by_timestep") or ()
    return sorted({int(one) for one in np.linspace(0, len(rows) - 1, min(len(rows), MOST_STEPS)).round()})


def class_places(document: Document) -> list[int]:
    """Classes that are shown: all, or the least accurate, in their order."""
    rows = document.get("classes") or ()
    places = sorted(range(len(rows)), key=lambda n: (rows[n]["accuracy"] is None, rows[n]["accuracy"] or 0.0))
    return sorted(places[:MOST_CLASSES])


def matrix(document: Document) -> list[list[int]] | None:
    """The confusion matrix where a page has room for it."""
    found = document.get("confusion")
    return found if found and len(found) <= LARGEST_MATRIX else None


def confusions(document: Document) -> list[tuple[int, int]]:
    """Labels and wrong answers, the most frequent first."""
    found = document.get("confusion")
    if not found:
        return []
    table = np.array(found)
    np.fill_diagonal(table, 0)
    order = np.argsort(-table, axis=None, kind="stable")[:MOST_CONFUSIONS]
    return [(int(r), int(c)) for r, c in zip(*np.unravel_index(order, table.shape)) if table[r, c]]


def groups(graph: Graph, document: Document, details: RunDetails) -> tuple[str, list[Group]]:
    """How inputs are drawn (empty: they are not), and the groups of inputs."""
    chosen = document.get("chosen_inputs")
    if not chosen:
        return "", []
    places = [one["input"] for rows in chosen.values() for one in rows]
    drawn: list[Picture] = []
    if details.inputs is not None:
        drawn = pictures(np.stack([details.inputs[place] for place in places]), graph.input.shape)
    found, count = [], 0
    for name, title in GROUPS.items():
        if name == "wrong" and not document.get("classes"):
            continue
        shown = []
        for number, one in enumerate(chosen[name]):
            picture = drawn[count] if drawn else None
            path = f"chosen_inputs/{name}/{number}/"
            shown.append(ShownInput(one["input"], path, one["label"], one["prediction"], picture))
            count += 1
        found.append(Group(title, shown))
    return (drawn[0].words if drawn else ""), found


def target_parts(document: Document, reports: Sequence[TargetReport], markupsafe: Any) -> list[TargetPart]:
    """A section a target."""
    found = []
    for place, (target, report) in enumerate(zip(document["targets"], reports)):
        derived = [(title, derivation(report, name)) for name, title in EXPLAINED.items()]
        if report.dynamic.areas:
            derived.append(("Area", derivation(report, "area")))
        found.append(
            TargetPart(
                place=place,
                document=target,
                report=report,
                # SVG text is escaped where it is made
                components=markupsafe.Markup(drawings.component_energy(target)),
                component_keys=[
                    (number % COLOURS, part["component"]) for number, part in enumerate(target["components"])
                ],
                each_input=markupsafe.Markup(drawings.each_input(report)),
                layers=markupsafe.Markup(drawings.layer_energy(target)),
                derivations=[
                    (title, markupsafe.Markup("\n").join(_indented(line) for line in lines))
                    for title, lines in derived
                ],
                figures=figure_rows(report.target),
            )
        )
    return found


def _indented(line: str) -> str:
    """One printable line that keeps its indentation."""
    return " " * (len(line) - len(line.lstrip(" "))) + printable(line, LONGEST_VALUE)


def figure_name(key: str) -> str:
    """A figure of a comparison, in words."""
    return {
        "accuracy": "accuracy",
        "static_accuracy": "accuracy after all timesteps",
        "mean_timesteps": "mean timesteps",
        "mean_energy_j": "energy",
        "mean_latency_s": "latency",
        "mean_edp_js": "E·D",
        "edp_reduction": "EDP saved by exits",
    }[key]
