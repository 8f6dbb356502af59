"""How the page writes a number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from snnrt.targets.quantities import change, engineering


def _signed(value: float, text: str) -> str:
    """With its sign; ± where nothing of it is left to read."""
    sign = "±" if not any(digit in "123456789" for digit in text) else "+" if value > 0 else "−"
    return sign + text


FORMS: dict[str, Callable[[Any], str]] = {
    "J": lambda value: engineering(value, "J"),
    "s": lambda value: engineering(value, "s"),
    "J·s": lambda value: f"{value:.2e} J·s",
    "byte": lambda value: f"{value:,.0f} bytes",
    "count": lambda value: f"{value:,.0f}",
    "plain": str,
    "mean": lambda value: f"{value:,.1f}" if value < 1e6 else f"{value:,.4g}",
    "number2": lambda value: f"{value:.2f}",
    "signed2": lambda value: _signed(value, f"{abs(value):.2f}"),
    "share": lambda value: "< 0.1 %" if 0 < value < 0.0005 else f"{100 * value:.1f} %",
    "share2": lambda value: f"{100 * value:.2f} %",
    "points": lambda value: _signed(value, f"{100 * abs(value):.2f} points"),
    "change": lambda value: change(0.0 if abs(value) < 0.0005 else value),
    "times": lambda value: f"× {value:.3f}",
    "rate": lambda value: f"{value:,.3g}" if value < 1000 else f"{value:,.0f}",
}
"""By name: a unit, a share, a change of a reduction."""


def number(value: float, form: str) -> str:
    """``value`` in one of FORMS."""
    return FORMS[form](value)


def tone(value: float) -> str:
    """The style's class of something gained, lost, or neither."""
    return "good" if value > 0 else "bad" if value < 0 else ""
