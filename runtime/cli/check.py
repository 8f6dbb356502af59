"""``snnrt check``: what becomes of each node of a trained network, before anything is converted."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from snnrt.cli.arguments import add_json, subcommand
from snnrt.cli.import_options import add_import_options, import_options
from snnrt.cli.output import print_facts, print_json, print_text

if TYPE_CHECKING:
    from snnrt.converters.check import SourceCheck

REFUSED = 1

_EXAMPLE = """\
  snnrt check digits_conv.nir --framework snntorch
  snnrt check digits_conv.nir --framework snntorch --faithful --json

each node with the rule that will be used and its verdict: faithful (what the framework
computes, up to the order in which float32 is summed), approximate (why, how much),
unsupported (what to do), or unknown (it lies behind one that is unsupported). Exit code
1 where something is unsupported or the source can't be read, else 0."""


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    from snnrt.converters.importers import readable_sources

    parser = subcommand(
        commands, "check", "say of each node of a trained network how it will be converted", _EXAMPLE
    )
    parser.add_argument("source", metavar="SOURCE", help=readable_sources())
    add_import_options(parser)
    parser.add_argument(
        "--faithful", action="store_true", help="exit code 1 also where a node is only approximate"
    )
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Check, print every node, and return 1 where one is unsupported."""
    import snnrt

    check = snnrt.check(args.source, **import_options(args))
    if args.json:
        print_json(_document(check))
    else:
        _print(check)
    return 0 if (check.faithful if args.faithful else check.supported) else REFUSED


def _document(check: SourceCheck) -> dict[str, object]:
    return {
        "source": check.source,
        "framework": check.framework,
        "supported": check.supported,
        "faithful": check.faithful,
        "nodes": check.rows(),
        "problems": check.problems,
        "assumptions": check.assumptions,
    }


def _print(check: SourceCheck) -> None:
    facts: list[tuple[str, object]] = [("source", check.source)]
    if check.framework is not None:
        facts.append(("framework", check.framework))
    facts += [("assumed" if index == 0 else "", text) for index, text in enumerate(check.assumptions)]
    print_facts(facts)
    print()
    lines: list[tuple[str, object]] = []
    for node in check.nodes:
        parts = [part for part in (node.rule, node.reason) if part]
        lines.append((node.name, f"{node.kind}, {node.verdict}: {parts[0]}"))
        lines += [("", part) for part in parts[1:]]
    print_facts(lines)
    print()
    for problem in check.problems:
        print_text(f"problem: {problem}")
    print_text(check.verdict())
