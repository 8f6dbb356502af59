"""One self-contained HTML page: what the network costs, where it goes, and how that was computed."""

from __future__ import annotations

import importlib.resources
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnrt.atomic_write import write_atomically
from snnrt.errors import DataError, SnnrtError
from snnrt.ir.graph import Graph
from snnrt.targets import plots
from snnrt.targets.costs import Costs
from snnrt.targets.estimation import TargetReport
from snnrt.targets.explanation import FigureRow, figure_rows
from snnrt.targets.quantities import change, engineering, percent
from snnrt.texts import LONGEST_VALUE, printable


@dataclass(frozen=True)
class _LayerRow:
    name: str
    energy: str
    share: float
    latency: str
    static_energy: str


@dataclass(frozen=True)
class _Section:
    """One target's part of the page."""

    report: TargetReport
    layers: tuple[_LayerRow, ...]
    figures: tuple[FigureRow, ...]
    components_plot: Any
    layers_plot: Any
    products_plot: Any


def render_report(graph: Graph, reports: Sequence[TargetReport], title: str | None = None) -> str:
    """The page as text. ``graph`` is the network with the exit rule that the dynamic runs used.

    Raises :class:`DataError` without a target, :class:`SnnrtError` where jinja2 or matplotlib is missing.
    """
    if not reports:
        raise DataError("the report needs at least one target; name one")
    jinja2, markupsafe = _jinja2()
    source = (importlib.resources.files("snnrt.targets") / "templates" / "report.html").read_text("utf-8")
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        finalize=lambda value: _shown(value, markupsafe.Markup),
    )
    environment.lstrip_blocks = True
    environment.filters |= {"engineering": engineering, "percent": percent, "change": change}
    # Plot text is escaped where the SVG is written, so it may enter the page as it is.
    svg = markupsafe.Markup
    timesteps = reports[0].dynamic.timesteps
    most = max(graph.timesteps, int(timesteps.max()))
    return environment.from_string(source).render(
        title=title or graph.metadata.get("name") or "Network",
        graph=graph,
        inputs=len(timesteps),
        mean_timesteps=float(timesteps.mean()),
        reports=reports,
        sections=[_section(report, svg) for report in reports],
        histogram=svg(plots.timestep_histogram(timesteps, most)),
    )


def write_report(
    path: str | os.PathLike[str], graph: Graph, reports: Sequence[TargetReport], title: str | None = None
) -> None:
    """Write :func:`render_report` to ``path``, whole or not at all; OutputError where it cannot."""
    write_atomically(path, render_report(graph, reports, title))


def _section(report: TargetReport, svg: Any) -> _Section:
    return _Section(
        report=report,
        layers=_layer_rows(report.dynamic, report.static),
        figures=figure_rows(report.target),
        components_plot=svg(plots.component_energy(report)),
        layers_plot=svg(plots.layer_energy(report)),
        products_plot=svg(plots.energy_delay(report)),
    )


def _layer_rows(dynamic: Costs, static: Costs) -> tuple[_LayerRow, ...]:
    total = float(dynamic.energy_j.mean())
    rows = []
    for name in dict.fromkeys([*dynamic.layers, *static.layers]):
        energy = _mean(dynamic, dynamic.layer_energy_j, name)
        rows.append(
            _LayerRow(
                name=name,
                energy=engineering(energy, "J"),
                share=energy / total if total > 0 else 0.0,
                latency=engineering(_mean(dynamic, dynamic.layer_latency_s, name), "s"),
                static_energy=engineering(_mean(static, static.layer_energy_j, name), "J"),
            )
        )
    return tuple(rows)


def _mean(costs: Costs, by_layer: np.ndarray, name: str) -> float:
    return float(by_layer[:, costs.layers.index(name)].mean()) if name in costs.layers else 0.0


def _shown(value: Any, markup: type) -> Any:
    """What enters the page: plots as they are, every text on one printable line."""
    return value if isinstance(value, markup) else printable(value, LONGEST_VALUE)


def _jinja2() -> tuple[Any, Any]:
    try:
        import jinja2
        import markupsafe
    except ImportError as error:
        raise SnnrtError(
            "the report needs jinja2, which is not installed; run: pip install 'snnrt[report]'"
        ) from error
    return jinja2, markupsafe
