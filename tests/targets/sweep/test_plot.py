"""The plot of a sweep: panels, lines, and names that a file chose."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from snnrt.targets.sweep.plot import MOST_LINES, axis_across, lines_across, sweep_svg

pytest.importorskip("matplotlib")


@pytest.fixture(scope="module")
def found(case):
    network, x, y = case
    vary = ["mapping=offset,differential", "adc.bits=3:5"]
    return network.sweep(x, y, target="dt-snn", vary=vary, chips=2, workers=1)


def texts(svg):
    return [element.text for element in ET.fromstring(svg).iter() if element.text and element.text.strip()]


def test_both_are_drawn_against_the_field_of_most_values(found):
    assert axis_across(found) == "adc.bits"
    lines = lines_across(found, "adc.bits")
    assert list(lines) == [(("mapping", "offset"),), (("mapping", "differential"),)]
    assert all([dict(one.point)["adc.bits"] for one in line] == [3, 4, 5] for line in lines.values())
    shown = texts(sweep_svg(found))
    assert shown.count("adc.bits") == 2 and "Pareto front" in shown
    assert {"mapping=offset", "mapping=differential", "accuracy (%)"} <= set(shown)


def test_words_are_ticks(case):
    network, x, y = case
    svg = network.sweep(x, y, target="dt-snn", vary=["mapping=offset,differential"], workers=1).to_svg()
    assert {"offset", "differential"} <= set(texts(svg))


def test_one_point_has_one_panel(case):
    network, x, y = case
    found = network.sweep(x, y, target="dt-snn", workers=1)
    assert axis_across(found) is None and "as described" in texts(sweep_svg(found))


def test_costs_far_apart_and_many_lines(found):
    many = []
    for number in range(30):
        edp = replace(found.points[0].edp_js, mean=1e-13 * 3**number, interval=(0.0, 1e-13 * 4**number))
        many.append(replace(found.points[0], point=(("a", 1), ("_b", number)), edp_js=edp))
        many.append(replace(found.points[0], point=(("a", 2), ("_b", number)), edp_js=edp))
    wide = replace(found, points=tuple(many), fields=("a", "_b"))
    assert axis_across(wide) == "_b"
    assert len(lines_across(wide, "a")) == MOST_LINES
    shown = texts(sweep_svg(wide))
    assert not any("$" in text for text in shown)
