"""Stated rules that carry a figure from the operating point where it holds to the chip's own.

Every rule is a ratio: 1 where both points agree. docs/cost_models.md says where each comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from snnrt.errors import TargetError
from snnrt.targets.figures import Charge
from snnrt.targets.in_memory_target import InMemory

Factor = tuple[str, float]

POINTS: dict[str, tuple[float, float]] = {
    "bits": (1, 16),
    "rows": (1, 1e6),
    "columns": (1, 1e6),
    "node": (1e-3, 1000),
    "voltage": (1e-3, 100),
    "read_voltage": (1e-6, 100),
    "on_resistance": (1e-3, 1e12),
    "on_off_ratio": (1, 1e12),
}
"""What an operating point may state, in bit, count, nm, V, V, ohm, 1; its least and most."""

# NeuroSim's SAR ADC, 32 nm: power ∝ 1.0157 · bits + 7.6286 µW
_SAR_IDLE_BITS = 7.6286 / 1.0157


def converter_energy(kind: str, bits: float, at: float) -> float:
    """Energy a conversion at ``bits`` over that at ``at`` bits.

    ``sar``: (b + 7.51)·(b + 1), power and cycles of NeuroSim's SAR ADC; ``flash``: 2^b − 1 comparators;
    ``ramp``: 2^b steps; ``fixed``: the converter is what it is.
    """
    if kind == "sar":
        return (bits + _SAR_IDLE_BITS) * (bits + 1) / ((at + _SAR_IDLE_BITS) * (at + 1))
    if kind == "flash":
        return (2**bits - 1) / (2**at - 1)
    return 2.0 ** (bits - at) if kind == "ramp" else 1.0


def converter_time(kind: str, bits: float, at: float) -> float:
    """Time a conversion at ``bits`` over that at ``at`` bits: ``sar`` b + 1 cycles, ``ramp`` 2^b, else 1."""
    if kind == "sar":
        return (bits + 1) / (at + 1)
    return 2.0 ** (bits - at) if kind == "ramp" else 1.0


def _mean_conductance(ratio: float, on_resistance: float) -> float:
    return (1.0 + 1.0 / ratio) / (2.0 * on_resistance)


def _chip(target: InMemory, name: str) -> float:
    figure = getattr(target, name)
    if figure is None:
        raise TargetError(f"{target.path}: figures.{name} is missing: a charge's law needs it; add it")
    return float(figure.si)


LAWS: dict[str, tuple[tuple[str, ...], Callable[[InMemory, Mapping[str, float]], float]]] = {
    "converter_bits": (
        ("bits",),
        lambda target, at: converter_energy(target.converter, target.bits, at["bits"]),
    ),
    "conversion_time": (
        ("bits",),
        lambda target, at: converter_time(target.converter, target.bits, at["bits"]),
    ),
    "rows": (("rows",), lambda target, at: target.crossbar.rows / at["rows"]),
    "columns": (("columns",), lambda target, at: target.crossbar.columns / at["columns"]),
    "cells": (
        ("rows", "columns"),
        lambda target, at: target.crossbar.rows * target.crossbar.columns / (at["rows"] * at["columns"]),
    ),
    "node": (("node",), lambda target, at: _chip(target, "node") / at["node"]),
    "node_squared": (("node",), lambda target, at: (_chip(target, "node") / at["node"]) ** 2),
    "voltage": (("voltage",), lambda target, at: (_chip(target, "supply_voltage") / at["voltage"]) ** 2),
    "read_voltage": (
        ("read_voltage",),
        lambda target, at: (_chip(target, "read_voltage") / at["read_voltage"]) ** 2,
    ),
    "conductance": (
        ("on_resistance", "on_off_ratio"),
        lambda target, at: (
            _mean_conductance(target.crossbar.on_off_ratio, target.crossbar.on_resistance)
            / _mean_conductance(at["on_off_ratio"], at["on_resistance"])
        ),
    ),
}
"""Each law: what its operating point states, and its ratio. Energy of wires and gates ∝ node · V²
(capacitance ∝ length), area ∝ node², cells ∝ V_read² · mean conductance · time; array parts ∝ rows,
columns or both."""


def factors(charge: Charge, target: InMemory) -> tuple[Factor, ...]:
    """The ratios of a charge's laws on this chip, by name."""
    return tuple((law, LAWS[law][1](target, charge.at)) for law in charge.laws)
