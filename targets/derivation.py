"""How a number of a report comes about: its formula with values put in, its figures' sources, its band."""

from __future__ import annotations

import difflib

import numpy as np

from snnrt.errors import TargetError
from snnrt.targets.costs import Costs, Quantity, Term
from snnrt.targets.estimation import TargetReport
from snnrt.targets.figures import Corner
from snnrt.targets.quantities import engineering, percent

NUMBERS = ("energy", "latency", "edp", "edp-reduction", "area")
"""What can be asked for beside the name of a layer or of a component."""

_ENDS: tuple[Corner, Corner] = ("low", "high")
_UNITS: dict[Quantity, str] = {"energy": "J", "latency": "s"}


def names_of(report: TargetReport) -> tuple[str, ...]:
    """Everything that :func:`derivation` explains of a report."""
    costs = report.dynamic
    return tuple(dict.fromkeys([*NUMBERS, *costs.layers, *costs.components]))


def derivation(report: TargetReport, name: str) -> list[str]:
    """Lines that derive the number ``name`` of the dynamic run: means over its inputs.

    ``energy``, ``latency``, ``edp``, ``edp-reduction``, ``area``, a layer or a component. Raises
    TargetError for another name.
    """
    costs = report.dynamic
    known = names_of(report)
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
        raise TargetError(f"{report.target.name}: nothing called {name!r} to explain; {hint}")
    if name == "edp":
        return _product(costs)
    if name == "edp-reduction":
        return _reduction(report)
    if name == "area":
        return _area(costs)
    if name in _UNITS:
        return _sum(costs, name, [term for term in costs.terms if term.quantity == name])  # type: ignore[arg-type]
    lines = []
    for quantity in _UNITS:
        terms = [
            term for term in costs.terms if term.quantity == quantity and name in (term.layer, term.component)
        ]
        if terms:
            lines += _sum(costs, quantity, terms)
    return lines


def _sum(costs: Costs, quantity: Quantity, terms: list[Term]) -> list[str]:
    unit = _UNITS[quantity]
    total = float(sum(term.value.mean() for term in terms))
    lines = [
        f"{quantity} = {engineering(total, unit)}, the mean of {len(costs.timesteps)} inputs, the sum of"
    ]
    for term in terms:
        mean = float(term.value.mean())
        share = percent(mean / total) if total else "–"
        lines.append(f"  {engineering(mean, unit)} ({share})  {term.layer}, {term.component}: {term.counted}")
        lines.append(f"      {_in_values(term)}")
        if term.figure is not None:
            figure = term.figure
            lines.append(f"      {figure} [{figure.mark}] {figure.source}; {figure.operating_point}")
    whole = terms and len(terms) == sum(term.quantity == quantity for term in costs.terms)
    if whole:
        band = costs.energy_band_j if quantity == "energy" else costs.latency_band_s
        low, high = (engineering(float(end), unit) for end in band.mean(axis=1))
        lines.append(f"  band {low} … {high}, over {len(costs.variants)} variants of figures and choices")
        lines += _widest(costs, quantity)
    return lines


def _in_values(term: Term) -> str:
    mean = float(term.count.mean())
    parts = [f"{mean:,.6g}", f"{term.each:.6g}", *(f"{value:.6g} ({name})" for name, value in term.factors)]
    return " × ".join(parts) + f" = {float(term.value.mean()):.4g} {_UNITS[term.quantity]}"


def _widest(costs: Costs, quantity: Quantity, shown: int = 3) -> list[str]:
    """The variants that move a number most."""
    place = 0 if quantity == "energy" else 1
    nominal = float((costs.energy_j, costs.latency_s)[place].mean())
    if not nominal or not costs.variants:
        return []
    moves = {name: float(np.mean(totals[place])) / nominal for name, totals in costs.variants.items()}
    farthest = sorted(moves.items(), key=lambda item: -abs(np.log(max(item[1], 1e-300))))[:shown]
    return [f"      {name}: × {factor:.3g}" for name, factor in farthest if factor != 1.0]


def _product(costs: Costs) -> list[str]:
    summary = costs.summary()
    return [
        f"EDP = {summary.mean_edp_js:.4g} J·s, the mean over inputs of energy × latency of each",
        f"  mean energy × mean latency = {engineering(summary.mean_energy_j, 'J')} × "
        f"{engineering(summary.mean_latency_s, 's')} = {summary.product_of_means_edp_js:.4g} J·s",
    ]


def _reduction(report: TargetReport) -> list[str]:
    dynamic, static = report.dynamic.summary().mean_edp_js, report.static.summary().mean_edp_js
    low, high = report.edp_reduction_band
    lines = [
        f"EDP saved = 1 − {dynamic:.4g} J·s / {static:.4g} J·s = {percent(report.edp_reduction)}",
        f"  band {percent(low)} … {percent(high)}, over {len(report.dynamic.variants)} variants of "
        f"figures and choices",
    ]
    for choice, value in report.edp_reduction_by_choice.items():
        lines.append(f"  static_layers = {choice}: {percent(value)}")
    return lines


def _area(costs: Costs) -> list[str]:
    if not costs.area_terms:
        return ["area: the profile gives none"]
    lines = [f"area = {costs.area_mm2:.5g} mm², the sum of"]
    for term in costs.area_terms:
        share = percent(term.value / 1e6 / costs.area_mm2) if costs.area_mm2 else "–"
        lines.append(f"  {term.value / 1e6:.5g} mm² ({share})  {term.component}: {term.piece}")
        parts = [f"{term.count:,.6g}", f"{term.each:.6g}"]
        parts += [f"{factor:.6g} ({name})" for name, factor in term.factors]
        lines.append(f"      {' × '.join(parts)} = {term.value:.4g} µm²")
        figure = term.figure
        lines.append(f"      {figure} [{figure.mark}] {figure.source}; {figure.operating_point}")
    low, high = (sum(term.at(end) for term in costs.area_terms) / 1e6 for end in _ENDS)
    return [*lines, f"  band {low:.5g} … {high:.5g} mm², all figures at one end"]
