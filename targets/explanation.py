"""A target in words: every figure with its source and operating point."""

from __future__ import annotations

from dataclasses import dataclass

from snnrt.targets import in_memory, microcontroller, neuromorphic
from snnrt.targets.figures import Figure
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.target import Target

_FORMULAS = {
    "microcontroller": microcontroller.FORMULAS,
    "imc": in_memory.FORMULAS,
    "neuromorphic": neuromorphic.FORMULAS,
}


@dataclass(frozen=True)
class FigureRow:
    """One line of a target's table, all text."""

    name: str
    figure: str
    mark: str
    source: str
    operating_point: str


def figure_rows(target: Target) -> tuple[FigureRow, ...]:
    """Every figure and charge of ``target`` in the order of its file's kinds: figures, then charges."""
    rows = [_row(name.replace("_", " "), str(figure), figure) for name, figure in target.figures.items()]
    if isinstance(target, InMemory):
        crossbar = target.crossbar_figures.items()
        rows += [_row(f"crossbar {name.replace('_', ' ')}", str(figure), figure) for name, figure in crossbar]
    areas = target.areas if isinstance(target, InMemory) else ()
    for charge in (*target.charges, *areas):
        numbers = "" if charge.numbers is None else f" ({charge.numbers})"
        name = f"{charge.event.replace('_', ' ')}{numbers} → {charge.component}"
        laws = f", by {', '.join(charge.laws)}" if charge.laws else ""
        rows.append(_row(name, f"{charge}{laws}", charge.figure))
    return tuple(rows)


def _row(name: str, text: str, figure: Figure) -> FigureRow:
    return FigureRow(name, text, figure.mark, figure.source, figure.operating_point)


def formulas(target: Target) -> tuple[str, ...]:
    """The formulas that turn counts into costs on this kind of target."""
    return _FORMULAS[target.kind]


def explain(target: Target) -> str:
    """Several lines: what the target is, its choices, each figure with its source, the formulas."""
    lines = [f"{target.name}: {target.title}", f"kind: {target.kind}", "", target.description, ""]
    if target.choices:
        lines += ["Choices"] + [f"  {name}: {value}" for name, value in target.choices.items()] + [""]
    if isinstance(target, InMemory):
        parameters = target.crossbar.to_dict().items()
        lines += ["Crossbar", "  " + ", ".join(f"{name} {value}" for name, value in parameters), ""]
    lines.append(
        "Figures (source: read there; derived: computed from such; assumption; fitted: to published totals)"
    )
    for row in figure_rows(target):
        lines.append(f"  {row.name}: {row.figure}  [{row.mark}]")
        lines.append(f"      {row.source}; {row.operating_point}")
    if target.fitted or target.reproduces:
        lines += [
            "",
            f"Held against {len(target.reproduces)} published figures; {len(target.fitted)} figures fitted",
        ]
        lines += [f"  {one.what}: {one.figure}" for one in target.reproduces]
        lines += [f"  fitted: {name}" for name in target.fitted]
    lines += ["", "Formulas"] + [f"  {formula}" for formula in formulas(target)]
    return "\n".join(lines)
