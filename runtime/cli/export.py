"""``snnrt export``: a model and the C core as a firmware project."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from snnrt.cli.arguments import DATA_HELP, add_data, add_json, positive, subcommand
from snnrt.cli.output import print_facts, print_json

if TYPE_CHECKING:
    import numpy as np

    from snnrt.ir.graph import Graph

_EXAMPLE = """\
  snnrt export digits.snnrt -o firmware
  snnrt export digits.snnrt -o firmware --project cmake --sample digits
  snnrt export digits.snnrt -o firmware --sample digits --samples 10
  snnrt export digits.snnrt wake_word.snnrt -o firmware --model incbin"""

# as snnrt.targets.export has them, which is not imported before it is needed
_LAYOUTS = ("amalgamation", "sources")
_FORMS = ("array", "incbin", "section", "storage")
_PROJECTS = ("plain", "cmake", "zephyr", "arduino", "platformio", "esp-idf")
_PARTS = ("health", "monitor", "adaptation", "strings", "counters", "trace", "model-check")


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(commands, "export", "write a model and the C core as sources for firmware", _EXAMPLE)
    parser.add_argument(
        "models", nargs="+", metavar="MODEL", help="a .snnrt file; more of them share the core with the first"
    )
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the folder to write")
    parser.add_argument(
        "--layout", choices=_LAYOUTS, default="amalgamation",
        help="the core as one snnrt.c and one snnrt.h, or as its own files (amalgamation)",
    )  # fmt: skip
    parser.add_argument(
        "--model", choices=_FORMS, default="array", dest="form",
        help="the model as a constant array, a file included by the assembler, an array in a section that "
        "the linker places, or a file that the firmware reads from a storage (array)",
    )  # fmt: skip
    parser.add_argument(
        "--project",
        choices=_PROJECTS,
        default="plain",
        metavar="PROJECT",
        help=f"whose manifest and folders: {', '.join(_PROJECTS)} (plain: none)",
    )
    parser.add_argument("--name", metavar="NAME", help="what the names in C begin with (the file's name)")
    add_data(parser, "--sample", help=f"the first input of DATA becomes the example's; DATA: {DATA_HELP}")
    parser.add_argument(
        "--samples", type=positive, metavar="N",
        help="also write validate.c, which runs the first N inputs of --sample on a board and prints what "
        "'snnrt validate --against LOG' and 'snnrt profile --measured LOG' read",
    )  # fmt: skip
    for option, verb in (("--with", "add"), ("--without", "leave out")):
        parser.add_argument(
            option, choices=_PARTS, action="append", default=[], metavar="PART", dest=f"{option[2:]}_parts",
            help=f"{verb} a part of the core that no model needs: {', '.join(_PARTS)}; may be repeated",
        )  # fmt: skip
    parser.add_argument(
        "--force", action="store_true", help="write into a folder that is not empty; other files there stay"
    )
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Write the project and say what is in it."""
    both = sorted(set(args.with_parts) & set(args.without_parts))
    if both:
        args.parser.error(f"--with {both[0]} and --without {both[0]} exclude each other: give one of them")

    if args.samples is not None and args.sample is None:
        args.parser.error("--samples says how many inputs of --sample a board runs: add --sample DATA")

    import snnrt
    from snnrt.targets.export.project import Export, build_project, write_project

    networks = {path: snnrt.load(path) for path in args.models}
    first, *others = networks
    network = networks[first]
    inputs = None if args.sample is None else _first_inputs(args.sample, network.graph, args.samples or 1)
    wanted = Export(
        layout=args.layout,
        form=args.form,
        project=args.project,
        name=args.name,
        with_parts=args.with_parts,
        without_parts=args.without_parts,
        sample=None if inputs is None else inputs[0],
        samples=None if args.samples is None else inputs,
    )
    project = build_project(network, first, wanted, {path: networks[path] for path in others})
    write_project(project.files, args.output, force=args.force)
    infos = [each.file_info() for each in networks.values()]
    if args.json:
        print_json(
            {
                "directory": args.output,
                "name": project.name,
                "layout": args.layout,
                "form": args.form,
                "project": args.project,
                "models": [
                    {
                        "file": path,
                        "model_bytes": info.file_bytes,
                        "arena_bytes": info.arena_bytes,
                    }
                    for path, info in zip(networks, infos, strict=True)
                ],
                "options": project.options,
                "files": list(project.files),
            }
        )
        return 0
    from snnrt.summary import byte_count

    print_facts(
        [
            ("written", f"{args.output}: {len(project.files)} files; README.md says how to use them"),
            ("names", f"{project.name}_… in {project.name}_model.h"),
            ("flash", f"{byte_count(sum(info.file_bytes for info in infos))} of model, and the code"),
            ("RAM", f"{byte_count(sum(info.arena_bytes for info in infos))} of arena"),
        ]
    )
    return 0


def _first_inputs(data: str, graph: Graph, count: int) -> np.ndarray:
    """The first inputs of DATA, (N, ...), checked against what the model reads."""
    from snnrt.data.load import load_for_model

    return load_for_model(data, graph, limit=count).x
