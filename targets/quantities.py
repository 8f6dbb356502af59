"""Numbers with units as people read them."""

from __future__ import annotations

import math

_PREFIXES = {8: "Y", 7: "Z", 6: "E", 5: "P", 4: "T", 3: "G", 2: "M", 1: "k", 0: "",
             -1: "m", -2: "µ", -3: "n", -4: "p", -5: "f", -6: "a", -7: "z", -8: "y"}  # fmt: skip


def engineering(value: float, unit: str) -> str:
    """Three significant digits with a metric prefix: ``engineering(1.234e-5, "J")`` is ``12.3 µJ``."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}"
    mantissa, power = f"{value:.2e}".split("e")
    group = max(-8, min(8, int(power) // 3))
    shift = int(power) - 3 * group
    return f"{float(mantissa) * 10.0**shift:.{max(0, 2 - shift)}f} {_PREFIXES[group]}{unit}"


def percent(fraction: float) -> str:
    """``percent(0.8123)`` is ``81.2 %``."""
    return f"{100 * fraction:.1f} %"


def change(reduction: float) -> str:
    """A reduction as a signed change: ``change(0.8)`` is ``−80.0 %``."""
    sign = "−" if reduction > 0 else "+" if reduction < 0 else "±"
    return f"{sign}{100 * abs(reduction):.1f} %"


def points(difference: float) -> str:
    """A difference of shares in points: ``points(0.0038)`` is ``0.38 points``."""
    return f"{100 * difference:.2f} points"
