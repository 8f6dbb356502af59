"""Units as files of figures write them, and the base unit that each is a multiple of."""

from __future__ import annotations

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
    "mV": ("V", 1e-3),
    "V": ("V", 1.0),
    "ohm": ("ohm", 1.0),
    "kohm": ("ohm", 1e3),
    "Mohm": ("ohm", 1e6),
    "K": ("K", 1.0),
    "1/K": ("1/K", 1.0),
    "eV": ("eV", 1.0),
    "nm": ("nm", 1.0),
    "um2": ("um2", 1.0),
    "mm2": ("um2", 1e6),
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


def in_base(value: float, unit: str) -> float:
    """``value`` in the base unit of ``unit``."""
    factor = UNITS[unit][1]
    # 397 * 1e-12 is off by one rounding; dividing by the exact power of ten is not.
    return value / round(1.0 / factor) if factor < 1.0 else value * factor


def units_of(base: str) -> tuple[str, ...]:
    """Every way to write a unit of the dimension ``base``."""
    return tuple(unit for unit, (its_base, _) in UNITS.items() if its_base == base)
