"""The tables of exit_worth.py: made of ``exit_worth.json``, they stand in docs/exit_rules.md."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from snnrt.atomic_write import write_atomically
from snnrt.errors import SnnrtError

PAGE = Path(__file__).resolve().parents[1] / "docs" / "exit_rules.md"
RESULTS = Path(__file__).with_name("exit_worth.json")
MARKS = r"(?s)(<!-- written by benchmarks/exit_worth\.py -->\n).*?(<!-- end -->)"
Worth = dict[str, Any]
"""What exit_worth.py measured of one network: see there."""


def pair(found: list[float | None], form: str) -> str:
    """Of an image applied once, and at every timestep; one figure where both are the same."""
    words = ["–" if one is None else format(one, form) for one in found]
    return words[0] if words[0] == words[1] else " / ".join(words)


def rows_table(worth: Worth) -> str:
    """A line a way to run."""
    targets = list(worth["rows"][0]["edp_js"])
    lines = [
        f"| | accuracy | mean T | synaptic operations | instructions, {worth['core']} | "
        + " | ".join(f"J, `{name}` | J·s, `{name}`" for name in targets)
        + " |",
        "|---|" + "---:|" * (4 + 2 * len(targets)),
    ]
    for row in worth["rows"]:
        cells = [
            f"{100 * row['accuracy']:.2f} %",
            f"{row['mean_timesteps']:.3f}",
            pair(row["synaptic_operations"], ",.0f"),
            pair(row["instructions"], ",.0f"),
        ]
        for name in targets:
            cells += [pair(row["energy_j"][name], ".2e"), pair(row["edp_js"][name], ".2e")]
        lines.append(f"| {row['name']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def share(found: float) -> str:
    """A break-even rate in words."""
    return "never" if found <= 0 else "always" if found >= 1 else f"{100 * found:.1f} %"


def even_table(worth: Worth) -> str:
    """A line a T."""
    lines = [
        "| T | break-even, image once | image at every timestep | b/(8T) |",
        "|---|---:|---:|---:|",
    ]
    for line in worth["break_even"]:
        steps = f"{line['timesteps']:.2f}, exits" if line["exits"] else f"{line['timesteps']:.0f}"
        arithmetic = 100 * worth["bits"] / (8 * line["timesteps"])
        lines.append(f"| {steps} | {share(line['once'])} | {share(line['again'])} | {arithmetic:.1f} % |")
    return "\n".join(lines)


def text_of(name: str, worth: Worth) -> str:
    """One network's tables, and the formula with its numbers."""
    fit = worth["fit"]
    told = (
        f"`{name}`: int8, {worth['images']:,} test images, as `{worth['command']}` measured; where an image "
        f"applied once and at every timestep differ, both stand there. The twin has "
        f"{worth['dense_products']:,} products, zeros counted."
    )
    formula = (
        f"Instructions on {worth['core']}: I = {fit['once']:,.0f} + T · ({fit['step']:,.0f} + "
        f"{fit['operation']:.2f} · s · {fit['synapses']:,}), {fit['rule']:,.0f} more a timestep with exits "
        f"and {fit['front']:,.0f} more a timestep after the first where the image is applied at every one "
        f"(mean error of a timestep {100 * fit['error']:.1f} %). The twin takes {worth['rival']:,.0f}. "
        f"The network's s is {100 * worth['share']:.1f} % over the timesteps of its exits."
    )
    return "\n\n".join((told, rows_table(worth), formula, even_table(worth)))


def read_results(path: Path = RESULTS) -> dict[str, Worth]:
    """By network; empty where nothing was measured yet. Raises SnnrtError for a file of something else."""
    try:
        found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    except ValueError as error:
        raise SnnrtError(f"{path}: expected what exit_worth.py --write wrote, found {error}") from None
    if not isinstance(found, dict):
        raise SnnrtError(f"{path}: expected an object, found {type(found).__name__}")
    return found


def with_tables(page: str, results: dict[str, Worth]) -> str:
    """The page with all tables between its marks. Raises SnnrtError where they are not there once."""
    text = "\n\n".join(text_of(name, worth) for name, worth in results.items())
    found, places = re.subn(MARKS, lambda match: f"{match[1]}{text}\n{match[2]}", page)
    if places != 1:
        raise SnnrtError(f"{PAGE.name}: expected its marks once, found {places}")
    return found


def write(name: str, worth: Worth) -> None:
    """Put what was measured of a network into exit_worth.json and the page."""
    results = {**read_results(), name: worth}
    write_atomically(PAGE, with_tables(PAGE.read_text("utf-8"), results).encode())
    write_atomically(RESULTS, (json.dumps(results, indent=1) + "\n").encode())
