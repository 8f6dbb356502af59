"""The ordinary networks that a spiking one must beat: its twin, and the cheapest that is as accurate."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from ordinary_layers import ORDINARY, Counts, instructions

from snnrt.errors import SnnrtError

HERE = Path(__file__).parent
LOG = HERE / "ordinary.json"
ACCURACIES = ("int8_accuracy", "float32_accuracy")


@dataclass(frozen=True)
class Trained:
    """An ordinary network as ``train.py`` made it: accuracies (fractions of the test images) and recipe."""

    name: str
    recipe: str
    int8_accuracy: float
    float32_accuracy: float


def read_trained(path: Path = LOG) -> list[Trained]:
    """Raises SnnrtError where the log is missing, or of something else."""
    try:
        lines = json.loads(path.read_text("utf-8"))
        found = [
            Trained(str(one["name"]), str(one["recipe"]), *(float(one[of]) for of in ACCURACIES))
            for one in lines
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SnnrtError(f"{path}: expected a log of train.py --ordinary, found {error}") from None
    unknown = sorted({one.name for one in found} - {*ORDINARY})
    if unknown:
        raise SnnrtError(f"{path}: expected networks of ordinary_layers.py, found {unknown[0]!r}")
    return found


def twin_of(name: str, recipe: str, trained: list[Trained]) -> Trained:
    """The ordinary network of the same layers and recipe. Raises SnnrtError where it was not trained."""
    for one in trained:
        if (one.name, one.recipe) == (name, recipe):
            return one
    raise SnnrtError(
        f"{LOG.name}: expected {name} by recipe {recipe}, found none; "
        f"train.py FOLDER --ordinary {name} --recipe {recipe} trains it"
    )


def cheapest(
    accuracy: float, recipe: str, trained: list[Trained], counts: Counts, core: str
) -> tuple[Trained, int] | None:
    """The int8 network of ``recipe`` with the fewest instructions on ``core`` among those of at least
    ``accuracy``, and its instructions; None where none is so good."""
    able = [
        (instructions(counts, core, one.name), one)
        for one in trained
        if one.recipe == recipe and one.int8_accuracy >= accuracy
    ]
    if not able:
        return None
    taken, best = min(able, key=lambda pair: pair[0])
    return best, taken
