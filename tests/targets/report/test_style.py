"""The page's colours: text can be read in light and dark, and what is drawn can be told from the paper."""

from __future__ import annotations

import re
from importlib import resources

import pytest

STYLE = (resources.files("snnrt.targets.report") / "templates" / "style.css").read_text("utf-8")


def scheme(dark: bool) -> dict[str, str]:
    blocks = re.findall(r":root \{(.*?)\}", STYLE, flags=re.DOTALL)
    names = [dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", block)) for block in blocks]
    assert len(names) == 2 and names[0].keys() == names[1].keys()
    return names[1] if dark else names[0]


def channels(colour: str) -> list[float]:
    return [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]


def luminance(rgb: list[float]) -> float:
    """WCAG 2.2, relative luminance."""
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: list[float], second: list[float]) -> float:
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_contrast(dark: bool) -> None:
    colours = {name: channels(value) for name, value in scheme(dark).items()}
    for paper in ("--paper", "--pale"):
        for ink in ("--ink", "--soft", "--accent", "--good", "--bad"):
            assert contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)
    assert contrast(colours["--ink"], colours["--warn-paper"]) >= 4.5
    # cells of the confusion matrix are mixed with at most 45 % of the accent
    assert "var(--share) * 45%" in STYLE
    mixed = [0.45 * a + 0.55 * p for a, p in zip(colours["--accent"], colours["--paper"])]
    assert contrast(colours["--ink"], mixed) >= 4.5
    for name in (*(f"--c{number}" for number in range(9)), "--bar-pale"):
        assert contrast(colours[name], colours["--paper"]) >= 3, name


def test_every_colour_is_a_variable_but_for_pictures() -> None:
    rules = STYLE[STYLE.index("* { box-sizing") :]
    assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b", rules)) <= {"#fff"}
    assert re.search(r"@media screen and \(prefers-color-scheme: dark\)", STYLE)
