"""How numbers are written."""

from __future__ import annotations

import pytest

from snnrt.targets.report.numbers import FORMS, number, tone


@pytest.mark.parametrize(
    "value, form, text",
    [
        (1.234e-5, "J", "12.3 µJ"), (0.002, "s", "2.00 ms"), (8e-13, "J·s", "8.00e-13 J·s"),
        (12345, "byte", "12,345 bytes"), (1e6, "count", "1,000,000"), (7, "plain", "7"),
        (26712.25, "mean", "26,712.2"), (1.0627, "number2", "1.06"), (0.97239, "share2", "97.24 %"),
        (0.123, "share", "12.3 %"), (0.0001, "share", "< 0.1 %"), (0.0, "share", "0.0 %"),
        (0.0013, "points", "+0.13 points"), (-0.0038, "points", "−0.38 points"),
        (-0.00001, "points", "±0.00 points"), (0.0, "points", "±0.00 points"),
        (0.734, "change", "−73.4 %"), (-0.5, "change", "+50.0 %"), (-1e-6, "change", "±0.0 %"),
        (1.5, "times", "× 1.500"), (-0.25, "signed2", "−0.25"), (8436.2, "rate", "8,436"),
        (24.21, "rate", "24.2"),
    ],
)  # fmt: skip
def test_forms(value: float, form: str, text: str) -> None:
    assert number(value, form) == text


def test_every_form_takes_large_and_small_numbers() -> None:
    for form in FORMS:
        for value in (0.0, 1e-30, 1.0, 1e12):
            assert number(value, form)


def test_tone() -> None:
    assert [tone(value) for value in (0.1, -0.1, 0.0)] == ["good", "bad", ""]
