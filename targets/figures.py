"""A figure: a number that says its unit, its source, its operating point and how sure it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from snnrt.units import UNITS, WHOLE_UNITS, in_base, units_of

__all__ = [
    "MARKS",
    "UNITS",
    "WHOLE_UNITS",
    "Area",
    "Charge",
    "Corner",
    "Figure",
    "is_finite_number",
    "units_of",
]

Mark = Literal["source", "derived", "assumption", "fitted"]
Corner = Literal["low", "value", "high"]

MARKS: tuple[str, ...] = ("source", "derived", "assumption", "fitted")


@dataclass(frozen=True)
class Figure:
    """``value`` between ``low`` and ``high``, all in ``unit`` as the profile writes it.

    ``mark``: ``source`` (read in the source), ``derived`` (computed from such figures), ``assumption``, or
    ``fitted`` (chosen so that a published total comes out). Where the source gives no spread, low = value
    = high.
    """

    value: float
    low: float
    high: float
    unit: str
    source: str
    operating_point: str
    mark: Mark

    @property
    def base_unit(self) -> str:
        """The unit of :attr:`si`."""
        return UNITS[self.unit][0]

    @property
    def si(self) -> float:
        """The value in its base unit (J, J/cycle, s, W, Hz, byte, instruction, …)."""
        return in_base(self.value, self.unit)

    @property
    def has_band(self) -> bool:
        """Whether the profile gives a spread."""
        return self.low != self.high

    def at(self, corner: Corner) -> Figure:
        """The same figure with its value at one end of its band."""
        return replace(self, value=getattr(self, corner))

    def __str__(self) -> str:
        unit = "" if self.unit == "1" else f" {self.unit}"
        band = f" ({self.low:.10g} … {self.high:.10g})" if self.has_band else ""
        return f"{self.value:.10g}{band}{unit}"


@dataclass(frozen=True)
class Charge:
    """What one ``event`` costs, booked under ``component``.

    The figure is an energy, or (microcontrollers) a number of instructions; ``times`` is how many of it
    one event takes. ``numbers`` limits the charge to ``int8`` or ``float32`` networks; None: both.
    ``laws`` carry the figure from the operating point ``at`` to the chip's own (targets/scaling.py).
    """

    event: str
    component: str
    figure: Figure
    times: int = 1
    numbers: Literal["int8", "float32"] | None = None
    laws: tuple[str, ...] = ()
    at: Mapping[str, float] = field(default_factory=dict)

    @property
    def si(self) -> float:
        """Cost of one event in J or instructions, at the figure's own operating point."""
        return self.figure.si * self.times

    def at_corner(self, corner: Corner) -> Charge:
        """The same charge with its figure at one end of its band."""
        return replace(self, figure=self.figure.at(corner))

    def __str__(self) -> str:
        return f"{self.times} × {self.figure}" if self.times != 1 else str(self.figure)


@dataclass(frozen=True)
class Area(Charge):
    """What one piece of a chip takes (``event`` names the piece), µm²; fields as of :class:`Charge`."""


def is_finite_number(value: object) -> bool:
    """Whether a TOML value is a finite number (true and false are not)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
