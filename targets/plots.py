"""The report's plots, each as the text of one self-contained ``<svg>`` element."""

from __future__ import annotations

import io
import re
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from snnrt.errors import SnnrtError
from snnrt.targets.quantities import engineering
from snnrt.texts import printable

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

    from snnrt.targets.costs import Costs
    from snnrt.targets.estimation import TargetReport

DYNAMIC, STATIC, INK, GRID = "#1f6feb", "#c9d1d9", "#24292f", "#eaeef2"
PALETTE = ("#1f6feb", "#e16f24", "#2da44e", "#8250df", "#bf8700", "#cf222e", "#1b7c83", "#6e7781", "#bf3989")
MOST_LAYERS = 24

_STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "snnrt",
    "text.parse_math": False,
    "axes.unicode_minus": True,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#8c959f",
    "xtick.color": "#57606a",
    "ytick.color": "#57606a",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


def _matplotlib() -> Any:
    try:
        import matplotlib
        import matplotlib.figure
    except ImportError as error:
        raise SnnrtError(
            "the report needs matplotlib, which is not installed; run: pip install 'snnrt[report]'"
        ) from error
    return matplotlib


def timestep_histogram(timesteps: np.ndarray, most: int) -> str:
    """Inputs by the timesteps that they took, 1 … ``most``."""
    matplotlib = _matplotlib()
    with matplotlib.rc_context(_STYLE):
        canvas = matplotlib.figure.Figure(figsize=(4.6, 2.6), layout="constrained")
        axes = canvas.add_subplot()
        counts = np.bincount(timesteps, minlength=most + 1)[1 : most + 1]
        steps = np.arange(1, most + 1)
        bars = axes.bar(steps, counts, color=DYNAMIC, width=0.75)
        if most <= 12:
            axes.set_xticks(steps)
            axes.bar_label(
                bars, labels=[str(count) if count else "" for count in counts], padding=2, fontsize=8
            )
        mean = float(timesteps.mean())
        axes.axvline(mean, color=INK, linewidth=1, linestyle=(0, (4, 3)))
        axes.set_title(f"mean {mean:.2f}", fontsize=9, color=INK, loc="right")
        axes.set_xlabel("timesteps used")
        axes.set_ylabel("inputs")
        axes.grid(False, axis="x")
        axes.margins(y=0.15)
        return _svg(canvas, "Inputs by the timesteps they used")


def energy_delay(report: TargetReport) -> str:
    """Energy-delay product of every input, sorted, beside its mean at full T."""
    matplotlib = _matplotlib()
    with matplotlib.rc_context(_STYLE):
        canvas = matplotlib.figure.Figure(figsize=(4.6, 2.6), layout="constrained")
        axes = canvas.add_subplot()
        dynamic, static = _thinned(report.dynamic.edp_js), _thinned(report.static.edp_js)
        factor, unit = _prefix(float(max(dynamic.max(), static.max())), "J·s")
        share = np.linspace(0, 100, dynamic.size) if dynamic.size > 1 else np.array([50.0])
        marker = "o" if dynamic.size < 3 else None
        axes.plot(share, static * factor, color="#8c959f", linewidth=1.5, label="full T", marker=marker)
        axes.fill_between(share, dynamic * factor, color=DYNAMIC, alpha=0.15, linewidth=0)
        axes.plot(share, dynamic * factor, color=DYNAMIC, linewidth=1.8, label="dynamic", marker=marker)
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, 100)
        axes.set_xlabel("inputs, cheapest first (%)")
        axes.set_ylabel(f"E·D ({unit})")
        axes.legend(loc="best", fontsize=8)
        return _svg(canvas, "Energy-delay product of every input")


def layer_energy(report: TargetReport) -> str:
    """Mean energy of each layer, dynamic beside full T."""
    matplotlib = _matplotlib()
    with matplotlib.rc_context(_STYLE):
        names, dynamic, static = _layers(report.dynamic, report.static)
        canvas = matplotlib.figure.Figure(figsize=(4.6, 0.9 + 0.3 * len(names)), layout="constrained")
        axes = canvas.add_subplot()
        factor, unit = _prefix(float(max(dynamic.max(), static.max())), "J")
        places = np.arange(len(names))
        axes.barh(places + 0.2, static * factor, height=0.36, color=STATIC, label="full T")
        axes.barh(places - 0.2, dynamic * factor, height=0.36, color=DYNAMIC, label="dynamic")
        axes.set_yticks(places, names)
        axes.invert_yaxis()
        axes.set_xlabel(f"mean energy an input ({unit})")
        axes.grid(False, axis="y")
        canvas.legend(loc="outside upper right", ncols=2, fontsize=8)
        return _svg(canvas, "Mean energy of each layer")


def component_energy(report: TargetReport) -> str:
    """Mean energy by component, one stacked bar for dynamic and one for full T."""
    matplotlib = _matplotlib()
    with matplotlib.rc_context(_STYLE):
        dynamic, static = report.dynamic, report.static
        names = tuple(dict.fromkeys([*static.components, *dynamic.components]))
        rows = -(-len(names) // 3)
        canvas = matplotlib.figure.Figure(figsize=(4.6, 1.7 + 0.2 * rows), layout="constrained")
        axes = canvas.add_subplot()
        factor, unit = _prefix(float(static.energy_j.mean()), "J")
        left = np.zeros(2)
        for number, name in enumerate(names):
            widths = np.array([_component(static, name), _component(dynamic, name)]) * factor
            color = PALETTE[number % len(PALETTE)]
            axes.barh([0, 1], widths, left=left, height=0.62, color=color, label=_short(name, 30))
            left += widths
        axes.set_yticks([0, 1], ["full T", "dynamic"])
        axes.invert_yaxis()
        axes.set_xlabel(f"mean energy an input ({unit})")
        axes.grid(False, axis="y")
        canvas.legend(loc="outside lower center", ncols=3, fontsize=7.5, handlelength=1, columnspacing=1.2)
        return _svg(canvas, "Mean energy by component")


def _component(costs: Costs, name: str) -> float:
    if name not in costs.components:
        return 0.0
    return float(costs.component_energy_j[:, costs.components.index(name)].mean())


def _layers(dynamic: Costs, static: Costs) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Layers with their mean energies; the smallest beyond MOST_LAYERS become one line."""
    names = list(dict.fromkeys([*dynamic.layers, *static.layers]))
    values = np.zeros((2, len(names)))
    for row, costs in enumerate((dynamic, static)):
        for column, name in enumerate(costs.layers):
            values[row, names.index(name)] = costs.layer_energy_j[:, column].mean()
    if len(names) > MOST_LAYERS:
        kept = sorted(np.argsort(values[1])[::-1][: MOST_LAYERS - 1])
        rest = values.sum(axis=1) - values[:, kept].sum(axis=1)
        names = [names[place] for place in kept] + [f"{len(names) - len(kept)} others"]
        values = np.column_stack([values[:, kept], rest])
    return [_short(name, 22) for name in names], values[0], values[1]


def _thinned(values: np.ndarray) -> np.ndarray:
    """Sorted, at most 400 of them at even ranks: a curve needs no more."""
    ordered = np.sort(values)
    return (
        ordered if ordered.size <= 400 else ordered[np.linspace(0, ordered.size - 1, 400).round().astype(int)]
    )


def _prefix(largest: float, unit: str) -> tuple[float, str]:
    """Factor and unit that put ``largest`` between 1 and 1000."""
    if largest <= 0:
        return 1.0, unit
    number, prefixed = engineering(largest, unit).split(" ", 1)
    return float(number) / largest, prefixed


def _short(text: str, length: int) -> str:
    line = printable(text)
    # matplotlib leaves a label that begins with _ out of the legend
    line = f" {line}" if line.startswith("_") else line
    return line if len(line) <= length else line[: length - 1] + "…"


def _svg(canvas: Canvas, title: str) -> str:
    """The canvas as ``<svg>`` text: no prolog, no metadata, nothing that points outside."""
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # a name in a script that the measuring font lacks: the reader's browser draws it with its own
        warnings.filterwarnings("ignore", message="Glyph ", category=UserWarning)
        canvas.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Title": title})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", f"<title>{title}</title>", text, count=1, flags=re.DOTALL)
    # Group names repeat from plot to plot, and nothing refers to them.
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    # The size follows the page; the viewBox keeps the proportions.
    return re.sub(
        r'(<svg[^>]*?) height="[^"]*"([^>]*?) width="[^"]*"', r"\1\2", text, count=1, flags=re.DOTALL
    )
