"""Charts as ``<svg>`` text that takes its colours from the page: lines and points, columns, bars."""

from __future__ import annotations

import html
import importlib.resources
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnrt.targets.quantities import engineering
from snnrt.texts import printable, shortened

WIDTH, HEIGHT = 460, 270
LEFT, RIGHT, TOP, BOTTOM = 58, 16, 16, 44
COLOURS = 9
"""Classes ``c0`` … ``c8`` of the page's style."""


@dataclass(frozen=True, eq=False)
class Series:
    """``x`` and ``y`` (n,) as a line or as points; ``labels``: a word a point, or none; ``colour``: of
    COLOURS, None: ink; ``x_ends``, ``y_ends`` (2, n): low and high ends of intervals, or None."""

    name: str
    x: np.ndarray
    y: np.ndarray
    style: Literal["line", "square", "chosen"] = "line"
    colour: int | None = 0
    labels: Sequence[str] = ()
    x_ends: np.ndarray | None = None
    y_ends: np.ndarray | None = None

    def reach(self, axis: Literal["x", "y"]) -> np.ndarray:
        """All values along an axis, intervals too."""
        ends, values = (self.x_ends, self.x) if axis == "x" else (self.y_ends, self.y)
        return values if ends is None else np.concatenate([values, ends.ravel()])


@dataclass(frozen=True)
class Scale:
    """From values to places, with ticks of round numbers."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    @classmethod
    def over(
        cls, values: np.ndarray, start: float, end: float, *, zero: bool = False, pad: float = 0.05
    ) -> Scale:
        """That has room for ``values``; ``zero``: from 0 on."""
        low, high = float(np.min(values)), float(np.max(values))
        room = (high - low or abs(high) or 1.0) * pad
        return cls(0.0 if zero else low - room, high + room, start, end)

    @classmethod
    def of_ratios(cls, values: np.ndarray, start: float, end: float) -> Scale:
        """By factors, for values above 0."""
        low, high = float(np.min(values)), float(np.max(values))
        room = (high / low) ** 0.05 if high > low else 1.2
        return cls(low / room, high * room, start, end, True)

    def at(self, value: float) -> float:
        """The place of a value."""
        if self.logarithmic:
            share = math.log(value / self.low) / math.log(self.high / self.low)
            return self.start + (self.end - self.start) * share
        span = self.high - self.low or 1.0
        return self.start + (self.end - self.start) * (value - self.low) / span

    def ticks(self, most: int = 5) -> list[float]:
        """Round values, at most ``most`` and one."""
        if self.logarithmic:
            return self._ratio_ticks(most)
        span = self.high - self.low
        if not span > 0 or not math.isfinite(span):
            return [self.low]
        rough = span / most
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(place * step, 12 - math.floor(math.log10(step))) for place in range(first, last + 1)]

    def _ratio_ticks(self, most: int) -> list[float]:
        """The finest of some series that is not too fine."""
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for series in ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
            found = [one * 10.0**power for power in powers for one in series]
            found = [float(f"{one:.12g}") for one in found if self.low <= one <= self.high]
            if len(found) <= most + 1:
                break
        return found[:: -(-len(found) // (most + 1))] if found else [self.low]


def prefixed(largest: float, unit: str) -> tuple[float, str]:
    """A factor and a unit that put ``largest`` between 1 and 1000."""
    if not largest > 0:
        return 1.0, unit
    number, name = engineering(largest, unit).split(" ", 1)
    return float(number) / largest, name


def svg(body: Sequence[str], label: str, height: float = HEIGHT) -> str:
    """An ``<svg>`` that says in ``label`` what it shows."""
    said = _text(label, 300)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{said}"><title>{said}</title>'
        + "".join(body)
        + "</svg>"
    )


Key = tuple[str, str]
"""A colour's class and what it stands for."""


def standalone(panels: Sequence[tuple[str, Sequence[Key]]]) -> str:
    """Drawings with their keys as one ``<svg>`` for a file, two a row, in the colours of the page."""
    columns, lines = min(len(panels), 2), [_lines_of_keys(keys) for _, keys in panels]
    room = HEIGHT + 12 + 18 * max(1, *(len(one) for one in lines))
    width, height = columns * WIDTH, -(-len(panels) // columns) * room
    body = [f"<style>{_style()}</style>", f'<rect width="{width}" height="{height}" fill="var(--paper)"/>']
    for place, (drawing, _) in enumerate(panels):
        x, y = place % columns * WIDTH, place // columns * room
        body.append(drawing.replace("<svg ", f'<svg x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" ', 1))
        for line, keys in enumerate(lines[place]):
            at, top = float(x + LEFT), y + HEIGHT + 6 + 18 * line
            for kind, name in keys:
                body.append(f'<rect class="fill {kind}" x="{at:.1f}" y="{top}" width="11" height="11"/>')
                body.append(_label(at + 16, top + 10, name, "start"))
                at += _key_width(name)
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(body)}</svg>\n'


def _key_width(name: str) -> float:
    return 34 + 6.5 * len(name)


def _lines_of_keys(keys: Sequence[Key]) -> list[list[Key]]:
    """As many on a line as fit beside each other."""
    lines: list[list[Key]] = [[]]
    taken = 0.0
    for key in keys:
        wide = _key_width(key[1])
        if lines[-1] and taken + wide > WIDTH - LEFT:
            lines.append([])
            taken = 0.0
        lines[-1].append(key)
        taken += wide
    return lines


def _style() -> str:
    """What the page's style says of drawings: the colours, light and dark, and rules of svg."""
    text = (importlib.resources.files("snnrt.targets.report") / "templates" / "style.css").read_text("utf-8")
    colours = text[: text.index("* {")]
    return colours + "\n".join(line for line in text.splitlines() if line.startswith("svg "))


def line_chart(
    series: Sequence[Series], across: str, up: str, label: str, *, zero: bool = False, ratios: bool = False
) -> str:
    """Lines, squares and one chosen point; ``across`` and ``up`` name the axes; ``zero``: both from 0;
    ``ratios``: the lower axis by factors, where all is above 0."""
    every = np.concatenate([one.reach("x") for one in series])
    if ratios and every.min() > 0:
        xs = Scale.of_ratios(every, LEFT, WIDTH - RIGHT)
    else:
        xs = Scale.over(every, LEFT, WIDTH - RIGHT, zero=zero)
    ys = Scale.over(
        np.concatenate([one.reach("y") for one in series]), HEIGHT - BOTTOM, TOP, zero=zero, pad=0.12
    )
    body = _axes(xs, ys, across, up)
    for one in series:
        kind = "ink" if one.colour is None else f"c{one.colour % COLOURS}"
        places = [(xs.at(float(x)), ys.at(float(y))) for x, y in zip(one.x, one.y)]
        body += _intervals(one, places, kind, xs, ys)
        body += _line(one, places, kind) if one.style == "line" else _points(one, places, kind)
    return svg(body, label)


def _intervals(
    one: Series, places: Sequence[tuple[float, float]], kind: str, xs: Scale, ys: Scale
) -> list[str]:
    drawn = []
    for place, (x, y) in enumerate(places):
        if one.x_ends is not None:
            low, high = (xs.at(float(end)) for end in one.x_ends[:, place])
            drawn.append((low, high, y, y))
        if one.y_ends is not None:
            low, high = (ys.at(float(end)) for end in one.y_ends[:, place])
            drawn.append((x, x, low, high))
    thin = 'style="stroke-width:0.8;stroke-dasharray:none"'
    return [
        f'<line class="line {kind}" {thin} x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'
        for x1, x2, y1, y2 in drawn
    ]


def _line(one: Series, places: Sequence[tuple[float, float]], kind: str) -> list[str]:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    title = f"<title>{_text(one.name)}</title>"
    dots = [f'<circle class="fill {kind}" cx="{x:.1f}" cy="{y:.1f}" r="2.6"/>' for x, y in places]
    return [
        f'<polyline class="line {kind}" points="{path}">{title}</polyline>',
        *(dots if len(dots) <= 12 else ()),
    ]


def _points(one: Series, places: Sequence[tuple[float, float]], kind: str) -> list[str]:
    body = []
    for place, (x, y) in enumerate(places):
        said = one.labels[place] if place < len(one.labels) else ""
        value = f"{float(one.x[place]):.4g}, {float(one.y[place]):.4g}"
        told = f"<title>{_text(one.name)} {_text(said)}: {value}</title>"
        if one.style == "chosen":
            body.append(f'<circle class="chosen {kind}" cx="{x:.1f}" cy="{y:.1f}" r="7">{told}</circle>')
        else:
            where = f'x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8"'
            body.append(f'<rect class="fill {kind}" {where}>{told}</rect>')
        if said:
            far = x > WIDTH - 90
            shift, drop = (-6 if far else 6), (-13 if one.style == "chosen" else -8)
            body.append(_label(x + shift, y + drop, said, "end" if far else "start"))
    return body


def columns(values: Sequence[int], across: str, up: str, label: str, mean: float | None = None) -> str:
    """A column for each of 1 … n; of more than 60, neighbours share one; ``mean`` is drawn as a line."""
    width = -(-len(values) // 60)
    padded = np.pad(np.asarray(values), (0, -len(values) % width))
    sums = padded.reshape(-1, width).sum(axis=1)
    xs = Scale(0.5, len(sums) * width + 0.5, LEFT, WIDTH - RIGHT)
    ys = Scale.over(np.array([0, sums.max()]), HEIGHT - BOTTOM, TOP, zero=True, pad=0.12)
    body = _axes(xs, ys, across, up, whole=True)
    for place, value in enumerate(sums):
        start, end = place * width + 0.5, (place + 1) * width + 0.5
        x, right, y = xs.at(start), xs.at(end), ys.at(float(value))
        gap = min(4.0, (right - x) * 0.12)
        steps = f"{place + 1}" if width == 1 else f"{place * width + 1} … {(place + 1) * width}"
        body.append(
            f'<rect class="fill c0" x="{x + gap:.1f}" y="{y:.1f}" width="{right - x - 2 * gap:.1f}" '
            f'height="{ys.at(0) - y:.1f}"><title>{steps}: {value}</title></rect>'
        )
        if len(sums) <= 12 and value:
            body.append(_label((x + right) / 2, y - 5, f"{value}", "middle"))
    if mean is not None:
        x = xs.at(mean)
        body.append(f'<line class="mean" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
    return svg(body, label)


def bars(names: Sequence[str], values: np.ndarray, series: Sequence[str], unit: str, label: str) -> str:
    """Bars to the right, a group a name: ``values`` (series, names), the first series in colour."""
    factor, shown = prefixed(float(values.max()), unit) if unit else (1.0, "")
    thick, room = 9, 9 * len(series) + 8
    height = TOP + room * len(names) + 40
    left = 128
    xs = Scale.over(np.array([0, values.max() * factor]), left, WIDTH - RIGHT, zero=True)
    body = []
    for tick in xs.ticks(4):
        x = xs.at(tick)
        body.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - 40}"/>')
        body.append(_label(x, height - 26, f"{tick:g}", "middle", "tick"))
    body.append(_label((left + WIDTH - RIGHT) / 2, height - 8, shown or "", "middle", "axis"))
    for place, name in enumerate(names):
        top = TOP + place * room
        body.append(_label(left - 8, top + room / 2, shortened(printable(name), 19), "end", "tick"))
        for number, what in enumerate(series):
            value = float(values[number, place])
            wide = max(xs.at(value * factor) - left, 0.0)
            told = f"{_text(name)}, {_text(what)}: {engineering(value, unit) if unit else f'{value:,.4g}'}"
            where = f'x="{left}" y="{top + number * thick:.1f}" width="{wide:.1f}" height="{thick - 1}"'
            kind = "c0" if number == 0 else "pale"
            body.append(f'<rect class="fill {kind}" {where}><title>{told}</title></rect>')
    return svg(body, label, height)


def stacked(rows: Sequence[str], parts: Sequence[str], values: np.ndarray, unit: str, label: str) -> str:
    """A bar a row, made of ``parts`` in the colours of their places: ``values`` (rows, parts)."""
    factor, shown = prefixed(float(values.sum(axis=1).max()), unit)
    height = TOP + 46 * len(rows) + 36
    left = 92
    xs = Scale.over(np.array([0, values.sum(axis=1).max() * factor]), left, WIDTH - RIGHT, zero=True)
    body = []
    for tick in xs.ticks(4):
        x = xs.at(tick)
        body.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - 38}"/>')
        body.append(_label(x, height - 24, f"{tick:g}", "middle", "tick"))
    body.append(_label((left + WIDTH - RIGHT) / 2, height - 6, f"{shown} an input", "middle", "axis"))
    for row, name in enumerate(rows):
        top, x = TOP + 46 * row + 4, float(left)
        body.append(_label(left - 8, top + 21, name, "end", "tick"))
        for place, part in enumerate(parts):
            value = float(values[row, place])
            wide = max(xs.at(value * factor) - left, 0.0)
            told = f"{_text(name)}, {_text(part)}: {engineering(value, unit)}"
            where = f'x="{x:.1f}" y="{top}" width="{wide:.1f}" height="32"'
            body.append(f'<rect class="fill c{place % COLOURS} edge" {where}><title>{told}</title></rect>')
            x += wide
    return svg(body, label, height)


def _axes(xs: Scale, ys: Scale, across: str, up: str, whole: bool = False) -> list[str]:
    bottom = HEIGHT - BOTTOM
    body = []
    for tick in ys.ticks():
        y = ys.at(tick)
        body.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        body.append(_label(LEFT - 7, y + 4, f"{tick:g}", "end", "tick"))
    for tick in xs.ticks(6):
        if whole and tick != int(tick):
            continue
        body.append(_label(xs.at(tick), bottom + 16, f"{tick:g}", "middle", "tick"))
    body.append(f'<line class="frame" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>')
    body.append(_label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, across, "middle", "axis"))
    middle = (TOP + bottom) / 2
    turned = f'text-anchor="middle" transform="translate(14 {middle:g}) rotate(-90)"'
    body.append(f'<text class="axis" {turned}>{_text(up)}</text>')
    return body


def _label(x: float, y: float, text: str, anchor: str, kind: str = "label") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{_text(text)}</text>'


def _text(text: str, longest: int = 120) -> str:
    """Fit for a page: printable, escaped."""
    return html.escape(printable(text, longest))
