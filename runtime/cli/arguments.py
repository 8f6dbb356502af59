"""Arguments that several commands share, and the checks that argparse makes of them."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from typing import Any

from snnrt.cli.help_text import Formatter
from snnrt.errors import DataError
from snnrt.ir.exit_choice import Exit

DATA_NAMES = ("digits", "yin-yang")
DATA_HELP = (
    "an .npz with x (and y), an .npy, IDX, CSV, an image, a WAV file, a recording of events, a folder of "
    "these, or a built-in name: digits, yin-yang (digits:train is a split)"
)
MOST_TIMESTEPS = 65535


def subcommand(
    commands: argparse._SubParsersAction, name: str, summary: str, example: str
) -> argparse.ArgumentParser:
    """A subparser with ``summary`` and an example below its options."""
    return commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"example:\n{example}",
        formatter_class=Formatter,
        allow_abbrev=False,
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")


def completed(action: argparse.Action, words: Sequence[str], *, files: bool = False) -> None:
    """What a shell offers for an argument: ``words``, and files where there are any."""

    def complete(prefix: str, **_: object) -> list[str]:
        found = list(words)
        if files:
            from argcomplete.completers import FilesCompleter

            found += FilesCompleter()(prefix)
        return [word for word in found if word.startswith(prefix)]

    action.completer = complete  # type: ignore[attr-defined]


def add_data(parser: argparse.ArgumentParser, *names: str, **options: Any) -> None:
    """An argument that takes DATA; ``names`` and ``options`` as for ``add_argument``."""
    completed(
        parser.add_argument(*names, **{"metavar": "DATA", "help": DATA_HELP} | options),
        DATA_NAMES,
        files=True,
    )


def check_order(model: str, data: str) -> None:
    """Raises DataError where the data are a model or a network, and the model is none: they were swapped."""
    is_network = data.lower().endswith((".nir", ".onnx")) and not os.path.exists(model)
    if (is_model(data) or is_network) and not is_model(model):
        what = "a model" if not is_network else "a network, which snnrt convert makes a model of"
        raise DataError(f"{data} is {what}: the model comes first, then the data; found {model} first")


def is_model(path: str) -> bool:
    """Whether a file begins as a .snnrt file does."""
    from snnrt.ir.spec import MAGIC

    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def add_exit_options(parser: argparse.ArgumentParser, *, overrides: bool) -> None:
    """``--exit`` and ``--timesteps``; ``overrides``: of a model that has its own."""
    stands_for = " (otherwise the model's)" if overrides else ""
    completed(
        parser.add_argument(
            "--exit",
            type=exit_choice,
            metavar="EXIT",
            help="when an input may stop: entropy:0.2, where the normalised entropy is below 0.2; "
            "confidence:0.9, where the largest probability is above 0.9; margin:2, patience:3, budget:6; "
            f"several joined by and / or; entropy:0.1,0.2 has a threshold a timestep; never{stands_for}",
        ),
        ("entropy:", "confidence:", "margin:", "patience:", "budget:", "never"),
    )
    longer = "; more than the model's go on with the same values, spikes need as many" if overrides else ""
    parser.add_argument(
        "--timesteps", type=timesteps, metavar="T", help=f"run at most T timesteps{stands_for}{longer}"
    )


def exit_choice(text: str) -> Exit:
    """``entropy:0.2``, ``confidence:0.9`` or ``never``."""
    try:
        return Exit.of(text)
    except DataError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("exit: ")) from None


def named_targets(words: Sequence[str]) -> list[str]:
    """Names and paths of targets, each once: a comma separates them, unless a file is called so."""
    names: list[str] = []
    for word in words:
        several = [word] if os.path.exists(word) else word.split(",")
        names += [name.strip() for name in several if name.strip()]
    return list(dict.fromkeys(names))


def positive(text: str) -> int:
    """A whole number of at least 1."""
    return _whole(text, 1, 2**31 - 1)


def timesteps(text: str) -> int:
    """A number of timesteps."""
    return _whole(text, 1, MOST_TIMESTEPS)


def _whole(text: str, least: int, most: int) -> int:
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"expected a whole number from {least} to {most}, found {text!r}")
    return value


def fraction(text: str) -> float:
    """A number from 0 to 1."""
    return _real(text, 0.0, 1.0)


def share(text: str) -> float:
    """A number between 0 and 1, neither of them."""
    value = _real(text, 0.0, 1.0)
    if value in (0.0, 1.0):
        raise argparse.ArgumentTypeError(f"expected a number between 0 and 1, found {text!r}")
    return value


def positive_real(text: str) -> float:
    """A finite number above 0."""
    value = _real(text, 0.0, math.inf)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, found {text!r}")
    return value


def battery(text: str) -> float:
    """``230:3``, mAh and V, in J."""
    capacity, colon, volts = text.partition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"expected mAh and V as in 230:3, found {text!r}")
    return positive_real(capacity) * 3.6 * positive_real(volts)


def finite(text: str) -> float:
    """A finite number."""
    return _real(text, -sys.float_info.max, sys.float_info.max)


def _real(text: str, least: float, most: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        between = f"a number from {least:g} to {most:g}" if most - least <= 1 else "a finite number"
        raise argparse.ArgumentTypeError(f"expected {between}, found {text!r}")
    return value
