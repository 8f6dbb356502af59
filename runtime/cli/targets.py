"""``snnrt targets``: the hardware that snnrt knows, and where its figures come from."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from typing import TYPE_CHECKING

from snnrt.cli.arguments import add_json, completed, subcommand
from snnrt.cli.output import print_json, print_table, print_text
from snnrt.cli.profile import shipped_names

if TYPE_CHECKING:
    from snnrt.targets import Target

_EXAMPLE = """\
  snnrt targets
  snnrt targets dt-snn"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(commands, "targets", "list the target profiles, or explain one", _EXAMPLE)
    name = parser.add_argument("name", metavar="NAME", nargs="?", help="a target's name, or a .toml profile")
    completed(name, shipped_names()[1:], files=True)
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """List every shipped target, or print one with its figures and charges."""
    from snnrt.targets import explain, list_targets, load_target

    if args.name is not None:
        target = load_target(args.name)
        if args.json:
            print_json(_document(target))
        else:
            print_text(explain(target))
        return 0
    targets = [load_target(name) for name in list_targets()]
    if args.json:
        print_json([{"name": t.name, "kind": t.kind, "title": t.title} for t in targets])
    else:
        print_table(
            ("target", "kind", "what it is"), [(t.name, t.kind, t.title) for t in targets], left=(0, 1, 2)
        )
        print_text("'snnrt targets NAME' explains one; a .toml file of your own works wherever a name does")
    return 0


def _document(target: Target) -> dict[str, object]:
    from snnrt.targets.explanation import formulas

    return {
        "name": target.name,
        "kind": target.kind,
        "title": target.title,
        "description": target.description,
        "choices": target.choices,
        "figures": {name: asdict(figure) for name, figure in target.figures.items()},
        "charges": [asdict(charge) for charge in target.charges],
        "formulas": formulas(target),
    }
