"""The plot of a sweep: panels, lines, intervals, and fields that are no numbers."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from snnrt.targets.report.charts import COLOURS
from snnrt.targets.sweep.plot import axis_across, lines_across, sweep_svg


@pytest.fixture(scope="module")
def found(case):
    network, x, y = case
    vary = ["mapping=offset,differential", "adc.bits=3:5"]
    return network.sweep(x, y, target="dt-snn", vary=vary, chips=2, workers=1)


def texts(svg):
    elements = ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")
    return [element.text for element in elements if element.text]


def test_both_are_drawn_against_the_field_of_most_values(found):
    assert axis_across(found) == "adc.bits"
    lines = lines_across(found, "adc.bits")
    assert list(lines) == [(("mapping", "offset"),), (("mapping", "differential"),)]
    assert all([dict(one.point)["adc.bits"] for one in line] == [3, 4, 5] for line in lines.values())
    svg = sweep_svg(found)
    shown = texts(svg)
    assert shown.count("adc.bits") == 2 and "Pareto front" in shown
    assert shown.count("mapping=offset") == shown.count("mapping=differential") == 2
    assert any(text.startswith("mean EDP an input on dt-snn, ") for text in shown)
    # an interval across and one up for each point, and one up in each of the two other panels
    assert svg.count("stroke-width:0.8") == 4 * 6


def test_intervals_are_where_they_are(found):
    """The ends of the drawn lines, in the proportion of the values."""
    point = replace(found.points[0], pareto=True)
    wide = replace(point.accuracy, mean=0.5, interval=(0.25, 1.0))
    svg = sweep_svg(replace(found, points=(replace(point, accuracy=wide),), fields=()))
    ups = [
        (float(low), float(high))
        for x1, x2, low, high in re.findall(
            r'dasharray:none" x1="([\d.]+)" x2="([\d.]+)" y1="([\d.]+)" y2="([\d.]+)"',
            svg,
        )
        if x1 == x2
    ]
    ((low, high),) = ups
    (middle,) = (
        float(y) + 4 for y in re.findall(r'<rect class="fill c0" x="[\d.]+" y="([\d.]+)" width="8"', svg)
    )
    assert (middle - high) / (low - middle) == pytest.approx(2.0, rel=0.02)


def test_words_have_no_axis(case):
    network, x, y = case
    found = network.sweep(x, y, target="dt-snn", vary=["mapping=offset,differential"], workers=1)
    assert axis_across(found) is None
    shown = texts(found.to_svg())
    assert any("mapping=" in text for text in shown)


def test_one_point_has_one_panel(case):
    network, x, y = case
    found = network.sweep(x, y, target="dt-snn", workers=1)
    assert axis_across(found) is None and "as described" in texts(sweep_svg(found))


def test_costs_far_apart_and_many_lines(found):
    many = []
    for number in range(30):
        edp = replace(
            found.points[0].edp_js, mean=1e-13 * 3**number, interval=(9e-14 * 3**number, 2e-13 * 3**number)
        )
        many += [
            replace(found.points[0], point=(("a", value), ("<b>", number)), edp_js=edp) for value in (1, 2)
        ]
    wide = replace(found, points=tuple(many), fields=("a", "<b>"))
    assert axis_across(wide) == "<b>"
    assert len(lines_across(wide, "a")) == COLOURS
    shown = texts(sweep_svg(wide))
    assert "<b>" in shown and {"a=1", "a=2"} <= set(shown)
    assert axis_across(replace(wide, fields=("a",))) == "a"
