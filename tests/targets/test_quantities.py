"""Numbers as people read them: three digits, the right prefix."""

from __future__ import annotations

import math

import pytest

from snnrt.targets.quantities import change, engineering, percent


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.234e-5, "12.3 µJ"), (1.0, "1.00 J"), (999.4, "999 J"), (999.6, "1.00 kJ"), (0.0009996, "1.00 mJ"),
        (1234567.0, "1.23 MJ"), (-2.5e-9, "-2.50 nJ"), (0.0, "0 J"), (1e-24, "1.00 yJ"),
        (1e-27, ""), (3e27, ""), (math.inf, "inf J"), (math.nan, "nan J"),
    ],
)  # fmt: skip
def test_engineering(value: float, text: str) -> None:
    found = engineering(value, "J")
    if abs(value) in (1e-27, 3e27):
        # past the prefixes: the last one, and the number still right
        assert float(found.split()[0]) == pytest.approx(value / (1e24 if value > 1 else 1e-24), rel=0.01)
    else:
        assert found == text


@pytest.mark.parametrize("power", range(-24, 24))
def test_a_prefix_for_every_power(power: int) -> None:
    prefixes = ["y", "z", "a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z"]
    number, unit = engineering(4.56 * 10.0**power, "s").split(" ")
    place = (power + 24) // 3
    assert unit == prefixes[place] + "s"
    assert float(number) == pytest.approx(4.56 * 10.0 ** (power % 3), rel=0.005)


def test_shares() -> None:
    assert [percent(share) for share in (0.8123, 0.0, 1.0)] == ["81.2 %", "0.0 %", "100.0 %"]
    assert [change(share) for share in (0.8, -0.25, 0.0)] == ["−80.0 %", "+25.0 %", "±0.0 %"]
