"""A figure: a number that says its unit, its source, its operating point and how sure it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

Mark = Literal["source", "derived", "assumption"]
Corner = Literal["low", "value", "high"]

MARKS: tuple[str, ...] = ("source", "derived", "assumption")

_PREFIXES = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0}

# Unit as written -> (base unit, factor).
UNITS: dict[str, tuple[str, float]] = {
    **{f"{prefix}J": ("J", factor) for prefix, factor in _PREFIXES.items()},
    **{f"{prefix}J/cycle": ("J/cycle", factor) for prefix, factor in _PREFIXES.items()},
    **{f"{prefix}s": ("s", factor) for prefix, factor in _PREFIXES.items()},
    **{f"{prefix}W": ("W", factor) for prefix, factor in _PREFIXES.items()},
    "Hz": ("Hz", 1.0),
    "kHz": ("Hz", 1e3),
    "MHz": ("Hz", 1e6),
    "GHz": ("Hz", 1e9),
    "byte": ("byte", 1.0),
    "KiB": ("byte", 1024.0),
    "MiB": ("byte", 1024.0**2),
    "instruction": ("instruction", 1.0),
    "cycle/instruction": ("cycle/instruction", 1.0),
    "timestep": ("timestep", 1.0),
    "bit": ("bit", 1.0),
    "count": ("count", 1.0),
    "1": ("1", 1.0),
}

WHOLE_UNITS = frozenset({"byte", "bit", "count"})


def units_of(base: str) -> tuple[str, ...]:
    """Every way to write a unit of the dimension ``base``."""
    return tuple(unit for unit, (its_base, _) in UNITS.items() if its_base == base)


@dataclass(frozen=True)
class Figure:
    """``value`` between ``low`` and ``high``, all in ``unit`` as the profile writes it.

    ``mark``: ``source`` (read in the source), ``derived`` (computed from such figures) or
    ``assumption``. Where the source gives no spread, low = value = high.
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
        factor = UNITS[self.unit][1]
        # 397 * 1e-12 is off by one rounding; dividing by the exact power of ten is not.
        return self.value / round(1.0 / factor) if factor < 1.0 else self.value * factor

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
    """

    event: str
    component: str
    figure: Figure
    times: int = 1
    numbers: Literal["int8", "float32"] | None = None

    @property
    def si(self) -> float:
        """Cost of one event in J or instructions."""
        return self.figure.si * self.times

    def at(self, corner: Corner) -> Charge:
        """The same charge with its figure at one end of its band."""
        return replace(self, figure=self.figure.at(corner))

    def __str__(self) -> str:
        return f"{self.times} × {self.figure}" if self.times != 1 else str(self.figure)


def is_finite_number(value: object) -> bool:
    """Whether a TOML value is a finite number (true and false are not)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False
