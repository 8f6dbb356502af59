"""Arguments that several commands share, and the checks that argparse makes of them."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snnrt.ir.graph import Exit

DATA_HELP = "an .npz with x (and y), an .npy, or a built-in name: digits, yin-yang (digits:train is a split)"
EXIT_RULES = ("entropy", "confidence", "never")
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
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON document instead of text")


def add_exit_options(parser: argparse.ArgumentParser, *, overrides: bool) -> None:
    """``--exit``, ``--threshold``, ``--timesteps``; ``overrides``: of a model that has its own."""
    stands_for = " (otherwise the model's)" if overrides else ""
    parser.add_argument(
        "--exit",
        choices=EXIT_RULES,
        metavar="RULE",
        help=f"stop early by the rule entropy, confidence or never{stands_for}",
    )
    parser.add_argument(
        "--threshold",
        type=fraction,
        metavar="θ",
        help="entropy: stop where the normalised entropy is below θ; "
        "confidence: where the largest probability is above θ; 0 … 1",
    )
    parser.add_argument(
        "--timesteps", type=timesteps, metavar="T", help=f"run at most T timesteps{stands_for}"
    )


def check_exit_options(
    args: argparse.Namespace, parser: argparse.ArgumentParser, exit_node: Exit | None
) -> None:
    """Refuse a threshold without a rule and a rule without a threshold; ``exit_node``: the model's own."""
    rule = args.exit or (exit_node.rule if exit_node else "never")
    if rule == "never" and args.threshold is not None:
        parser.error(
            "--threshold has no meaning for the exit rule never: add --exit entropy or --exit confidence"
        )
    without = args.exit in ("entropy", "confidence") and args.threshold is None
    if without and (exit_node is None or exit_node.rule != args.exit):
        parser.error(f"--exit {args.exit} needs a threshold: add --threshold with a number from 0 to 1")


def exit_overrides(args: argparse.Namespace) -> dict[str, Any]:
    """The exit options that were given, as :meth:`snnrt.Network.run` takes them."""
    overrides: dict[str, Any] = {}
    if args.timesteps is not None:
        overrides["steps"] = args.timesteps
    if args.exit is not None:
        overrides["exit_rule"] = args.exit
    if args.exit == "never":
        overrides["threshold"] = 0.0
    elif args.threshold is not None:
        overrides["threshold"] = args.threshold
    return overrides


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


def positive_real(text: str) -> float:
    """A finite number above 0."""
    value = _real(text, 0.0, math.inf)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a number above 0, found {text!r}")
    return value


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
