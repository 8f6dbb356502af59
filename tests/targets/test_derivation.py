"""Every number of a report is derived: its terms add up to it, and say where they come from."""

from __future__ import annotations

import numpy as np
import pytest
from published_networks import Builder, counts_at

from snnrt.errors import TargetError
from snnrt.targets import compare, list_targets
from snnrt.targets.derivation import NUMBERS, derivation, names_of
from snnrt.targets.quantities import engineering


@pytest.fixture(scope="module")
def graph():
    builder = Builder((1, 8, 8), timesteps=4).conv(4).neuron().pool().flatten().dense(10).neuron()
    return builder.graph("entropy", 0.5)


def report_of(graph, name: str, **options):
    return compare(graph, counts_at(graph, 0.2, [1, 3]), counts_at(graph, 0.2, [4, 4]), name, **options)


@pytest.mark.parametrize("name", list_targets())
def test_terms_add_up_to_every_number(graph, name):
    report = report_of(graph, name, period_s=0.5)
    costs = report.dynamic
    for quantity, total in (("energy", costs.energy_j), ("latency", costs.latency_s)):
        terms = [term.value for term in costs.terms if term.quantity == quantity]
        np.testing.assert_allclose(np.sum(terms, axis=0), total, rtol=1e-12)
    for number in names_of(report):
        lines = derivation(report, number)
        assert lines and all(line.strip() for line in lines)
    first = derivation(report, "energy")[0]
    assert engineering(float(costs.energy_j.mean()), "J") in first


def test_a_term_shows_its_values_source_and_band(graph):
    lines = "\n".join(derivation(report_of(graph, "dt-snn"), "crossbar and ADC"))
    assert "conv1, crossbar and ADC: conversion" in lines
    assert "34.49 (17.2 … 69) fJ [derived] NeuroSim's SAR ADC at 32 nm" in lines
    assert " × 3.449e-14 = " in lines
    lines = "\n".join(derivation(report_of(graph, "dt-snn"), "neurons"))
    assert "× 0.492308 (node) = " in lines


def test_an_area_shows_its_values_source_and_band(graph):
    report = report_of(graph, "spikesim-65nm")
    costs, lines = report.dynamic, derivation(report, "area")
    assert sum(term.value for term in costs.area_terms) / 1e6 == pytest.approx(costs.area_mm2)
    assert set(costs.areas) == {term.component for term in costs.area_terms}
    for term in costs.area_terms:
        place = next(i for i, line in enumerate(lines) if f"{term.component}: {term.piece}" in line)
        assert lines[place + 1].endswith(f"= {term.value:.4g} µm²")
        assert f"[{term.figure.mark}] {term.figure.source}" in lines[place + 2]
    low, high = (float(end) for end in lines[-1].split("band ")[1].split(" mm²")[0].split(" … "))
    assert low <= float(f"{costs.area_mm2:.5g}") <= high
    assert derivation(report_of(graph, "loihi"), "area") == ["area: the profile gives none"]


def test_the_band_says_what_moves_it_most(graph):
    lines = "\n".join(derivation(report_of(graph, "dt-snn"), "energy"))
    assert "variants of figures and choices" in lines and "every figure" in lines


def test_reductions_with_either_choice(graph):
    report = report_of(graph, "dt-snn")
    lines = "\n".join(derivation(report, "edp-reduction"))
    assert "static_layers = once" in lines and "static_layers = every_timestep" in lines
    assert set(report.edp_reduction_by_choice) == {"once", "every_timestep"}
    low, high = report.edp_reduction_band
    assert low <= min(report.edp_reduction_by_choice.values()) and high >= report.edp_reduction


def test_unknown_numbers_are_refused(graph):
    with pytest.raises(TargetError, match="did you mean energy"):
        derivation(report_of(graph, "hermes"), "enrgy")
    assert set(NUMBERS) <= set(names_of(report_of(graph, "hermes")))
