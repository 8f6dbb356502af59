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
  snnrt targets dt-snn
  snnrt targets check chip.toml"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(commands, "targets", "list the target profiles, or explain one", _EXAMPLE)
    name = parser.add_argument(
        "name",
        metavar="NAME",
        nargs="*",
        help="a target's name, or a .toml profile; 'check' before it: what a file of your own describes, "
        "with "
        "every unit and field checked",
    )
    completed(name, ("check", *shipped_names()[1:]), files=True)
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """List every shipped target, or print one with its figures and charges."""
    from snnrt.targets import explain, list_targets, load_target

    checking = args.name[:1] == ["check"]
    if len(args.name) != 1 + checking and args.name:
        args.parser.error(f"argument NAME: expected one target, found {' '.join(args.name)!r}")
    if checking:
        return _check(args, load_target(args.name[1]))
    if args.name:
        target = load_target(args.name[0])
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


def _check(args: argparse.Namespace, target: Target) -> int:
    """Say what a file describes: it was read, so that everything in it is right by itself."""
    from snnrt.cli.output import print_facts
    from snnrt.targets.figures import MARKS
    from snnrt.targets.in_memory_target import InMemory

    figures = [*target.figures.values(), *(charge.figure for charge in target.charges)]
    marks = {mark: sum(figure.mark == mark for figure in figures) for mark in MARKS}
    given = ", ".join(f"{count} {mark}" for mark, count in marks.items() if count)
    facts: list[tuple[str, object]] = [
        ("target", f"{target.name}, {target.kind}: {target.title}"),
        ("figures", f"{len(target.figures)}, and {len(target.charges)} charges: {given}"),
    ]
    if target.fitted or target.reproduces:
        facts.append(("fitted", f"{len(target.fitted)} figures, to {len(target.reproduces)} published ones"))
    document: dict[str, object] = {"target": target.name, "kind": target.kind, "marks": marks, "ok": True}
    if isinstance(target, InMemory):
        chip = target.crossbar
        default = type(chip)().to_dict()
        plain = {name: value for name, value in chip.to_dict().items() if value != default[name]}
        facts.append(
            ("computes", ", ".join(f"{name} = {value}" for name, value in plain.items()) or "ideally")
        )
        facts.append(("converts", f"{target.bits} bits, {target.converters} ADCs an array"))
        document["crossbar"] = chip.to_dict()
    if args.json:
        print_json(document)
    else:
        print_facts(facts)
        print_text("every key, unit and value is right; 'snnrt targets FILE' prints them with their sources")
    return 0


def _document(target: Target) -> dict[str, object]:
    from snnrt.targets.explanation import formulas
    from snnrt.targets.in_memory_target import InMemory

    document: dict[str, object] = {
        "name": target.name,
        "kind": target.kind,
        "title": target.title,
        "description": target.description,
        "choices": target.choices,
        "figures": {name: asdict(figure) for name, figure in target.figures.items()},
        "charges": [asdict(charge) for charge in target.charges],
        "formulas": formulas(target),
        "fitted": list(target.fitted),
        "reproduces": [asdict(published) for published in target.reproduces],
    }
    if isinstance(target, InMemory):
        document |= {
            "crossbar": target.crossbar.to_dict(),
            "crossbar_figures": {name: asdict(figure) for name, figure in target.crossbar_figures.items()},
            "areas": [asdict(area) for area in target.areas],
        }
    return document
