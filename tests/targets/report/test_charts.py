"""Charts: well formed, in their frames, with round ticks."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from snnrt.targets.report.charts import (
    HEIGHT,
    WIDTH,
    Scale,
    Series,
    bars,
    columns,
    line_chart,
    prefixed,
    stacked,
)


def texts(svg: str) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(svg).iter("text")]


@pytest.mark.parametrize("low, high", [(0, 1), (96.6, 97.4), (0, 7e-12), (-3, 5), (0, 812), (1, 1)])
def test_ticks_are_round_and_inside(low: float, high: float) -> None:
    scale = Scale.over(np.array([low, high], float), 0, 100)
    ticks = scale.ticks()
    assert 1 <= len(ticks) <= 7 and all(scale.low <= tick <= scale.high for tick in ticks)
    assert all(-1e-9 <= scale.at(tick) <= 100 + 1e-9 for tick in ticks)
    if low < high:
        assert len(ticks) >= 3
        assert all(len(f"{tick:g}") <= 8 for tick in ticks)


@pytest.mark.parametrize("low, high", [(1, 4), (1, 77), (0.09, 1.4), (3e-13, 2e-3), (5, 5)])
def test_ticks_by_factors(low: float, high: float) -> None:
    scale = Scale.of_ratios(np.array([low, high]), 10, 90)
    ticks = scale.ticks(6)
    assert 1 <= len(ticks) <= 7 and all(scale.low <= tick <= scale.high for tick in ticks)
    assert scale.at(scale.low) == pytest.approx(10) and scale.at(scale.high) == pytest.approx(90)
    middle = (scale.low * scale.high) ** 0.5
    assert scale.at(middle) == pytest.approx(50)


def test_lines_squares_and_the_chosen_point() -> None:
    x = np.array([1.0, 2.0, 4.0])
    svg = line_chart(
        [
            Series("entropy", x, x * 2),
            Series("static", x, x, "square", None, ["T = 1", "", "T = 4"]),
            Series("run", x[:1], x[:1], "chosen", 0, ["this run"]),
        ],
        "mean <timesteps>", "accuracy, %", "a & b", ratios=True,
    )  # fmt: skip
    root = ElementTree.fromstring(svg)
    assert root.get("aria-label") == "a & b" and root.find("title").text == "a & b"
    assert {"T = 1", "T = 4", "this run", "mean <timesteps>", "accuracy, %"} <= set(texts(svg))
    points = root.find("polyline").get("points").split()
    across = [float(point.split(",")[0]) for point in points]
    # by factors: from 1 to 2 as far as from 2 to 4
    assert across[1] - across[0] == pytest.approx(across[2] - across[1], abs=0.11)
    assert len([one for one in root.iter("rect") if one.get("width") == "8"]) == 3
    for value in re.findall(r'(?:x|cx|x1|x2)="([\d.]+)"', svg):
        assert 0 <= float(value) <= WIDTH
    for value in re.findall(r'(?:cy|y1|y2)="([\d.]+)"', svg):
        assert 0 <= float(value) <= HEIGHT


def test_columns_are_as_high_as_their_counts() -> None:
    svg = columns([30, 0, 10], "timesteps", "inputs", "label", mean=1.5)
    rects = [one for one in ElementTree.fromstring(svg).iter("rect")]
    heights = [float(one.get("height")) for one in rects]
    assert heights[0] == pytest.approx(3 * heights[2], abs=0.2) and heights[1] == 0
    assert [one.find("title").text for one in rects] == ["1: 30", "2: 0", "3: 10"]
    many = [one for one in ElementTree.fromstring(columns([1] * 130, "t", "n", "l")).iter("rect")]
    assert len(many) == 44 and many[-1].find("title").text == "130 … 132: 1"


def test_bars_and_stacks_say_their_values() -> None:
    svg = bars(["a<b", "c"], np.array([[1e-6, 2e-6], [3e-6, 4e-6]]), ["now", "before"], "J", "label")
    titles = [one.find("title").text for one in ElementTree.fromstring(svg).iter("rect")]
    assert titles == ["a<b, now: 1.00 µJ", "a<b, before: 3.00 µJ", "c, now: 2.00 µJ", "c, before: 4.00 µJ"]
    svg = stacked(["x", "y"], ["p", "q"], np.array([[1e-9, 3e-9], [1e-9, 0]]), "J", "label")
    rects = [one for one in ElementTree.fromstring(svg).iter("rect")]
    widths = [float(one.get("width")) for one in rects]
    assert widths[1] == pytest.approx(3 * widths[0], abs=0.2) and widths[3] == 0
    # one behind the other
    assert float(rects[1].get("x")) == pytest.approx(float(rects[0].get("x")) + widths[0], abs=0.11)
    assert "q: 3.00 nJ" in rects[1].find("title").text


def test_values_without_any_size() -> None:
    assert prefixed(0.0, "J") == (1.0, "J")
    factor, unit = prefixed(2.5e-7, "J·s")
    assert (round(2.5e-7 * factor), unit) == (250, "nJ·s")
    for svg in (
        bars(["a"], np.zeros((2, 1)), ["n", "b"], "J", "l"),
        stacked(["a"], ["p"], np.zeros((1, 1)), "J", "l"),
        columns([0], "a", "b", "c"),
        line_chart([Series("a", np.array([0.0]), np.array([0.0]))], "x", "y", "l", ratios=True),
    ):
        assert "nan" not in svg and "inf" not in svg
        ElementTree.fromstring(svg)
