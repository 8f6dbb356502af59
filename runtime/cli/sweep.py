"""``snnrt sweep``: many chips of a description, at each point of a design space."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from snnrt.cli.arguments import (
    add_data,
    add_exit_options,
    add_json,
    check_order,
    completed,
    positive,
    share,
    subcommand,
)
from snnrt.cli.chip import (
    add_calibration_options,
    calibration_data,
    check_calibration_options,
    choice_of,
)
from snnrt.cli.output import (
    check_outputs,
    print_facts,
    print_json,
    print_table,
    print_text,
    print_warning,
    progress_bar,
)
from snnrt.cli.profile import shipped_names, with_parameters

if TYPE_CHECKING:
    from snnrt.targets.sweep import Estimate, Sweep, SweepPoint
    from snnrt.targets.sweep.folder import SweepFolder
    from snnrt.targets.sweep.tasks import Work

_EXAMPLE = """\
  snnrt sweep digits.snnrt digits --target dt-snn --chips 20 --vary adc.bits=3:8
  snnrt sweep digits.snnrt digits --target chip.toml --chips 100 --vary adc.bits=3:8 --vary programming_error=0:0.3:0.05 --plot sweep.svg --csv sweep.csv
  snnrt sweep digits.snnrt digits --target dt-snn --vary rows=32,64,128 --scheduler tcp://cluster:8786"""  # noqa: E501


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(
        commands, "sweep", "accuracy and cost of many in-memory chips, and of many designs of one", _EXAMPLE
    )
    parser.add_argument("model", metavar="MODEL", help="a .snnrt file in int8")
    add_data(parser, "data")
    completed(
        parser.add_argument(
            "--target",
            required=True,
            metavar="NAME",
            help="an in-memory target, or a .toml description of one",
        ),
        shipped_names()[1:],
        files=True,
    )
    parser.add_argument(
        "--chips", type=positive, default=1, metavar="C",
        help="so many chips at each point, each with errors of its own; the same ones at every point (1)",
    )  # fmt: skip
    parser.add_argument(
        "--vary", action="append", default=[], metavar="FIELD=VALUES",
        help="a field of the description: adc.bits=3:8 (each whole number), programming_error=0:0.3:0.05 "
        "(with a step), rows=32,64,128; may be repeated: every combination is a point",
    )  # fmt: skip
    parser.add_argument(
        "--crossbar", action="append", metavar="KEY=VALUE",
        help="another parameter of the target's crossbar, the same at every point",
    )  # fmt: skip
    add_calibration_options(parser)
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N inputs")
    add_exit_options(parser, overrides=True)
    parser.add_argument(
        "--confidence", type=share, default=0.95, metavar="SHARE", help="of the intervals (0.95)"
    )
    parser.add_argument(
        "--folder", metavar="FOLDER",
        help="keep the result of every run there; the same command, or one with more chips or values, goes "
        "on from it (otherwise the user's cache, until the sweep is done)",
    )  # fmt: skip
    parser.add_argument("--workers", type=positive, metavar="N", help="so many processes (one a core)")
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="run on the workers of a Dask cluster: tcp://host:8786"
    )
    parser.add_argument(
        "--plot", metavar="FILE.svg", help="draw accuracy against EDP and against the fields, with intervals"
    )
    parser.add_argument("--csv", metavar="FILE.csv", help="write a line for each point")
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Run every chip at every point, and print what was found."""
    if args.scheduler is not None and args.workers is not None:
        args.parser.error("--workers has no meaning with --scheduler, whose workers are its own")
    check_calibration_options(args)
    check_order(args.model, args.data)
    check_outputs([args.plot, args.csv], [args.model, args.data, args.target])

    import snnrt
    from snnrt.atomic_write import write_atomically
    from snnrt.data.load import load_for_model
    from snnrt.targets.profiling import targets_of
    from snnrt.targets.sweep.experiment import plan_of, swept, work_of

    (target, *_) = with_parameters(targets_of(args.target), args.crossbar or [])
    network = snnrt.load(args.model)
    data = load_for_model(args.data, network.graph, limit=args.limit, timesteps=args.timesteps)
    calibration = None if args.calibrate_chip is None else calibration_data(args, network)
    work = work_of(
        network.model, data, None, target=target, timesteps=args.timesteps, exit=args.exit,
        calibration=calibration, choice=choice_of(args),
    )  # fmt: skip
    plan = plan_of(work, args.vary, args.chips)
    if not args.json:
        _print_before(args, work, len(plan.points))
    folder = _folder(args, work)
    done = [0, 0]
    with progress_bar("chips") as bar:

        def progress(count: int, total: int) -> None:
            done[:] = count, total
            if bar is not None:
                bar(count, total)

        try:
            found = swept(
                work, plan, confidence=args.confidence, folder=folder, workers=args.workers,
                scheduler=args.scheduler, progress=progress,
            )  # fmt: skip
        except KeyboardInterrupt:
            if folder is not None and done[0]:
                print_warning(f"{done[0]} of {done[1]} runs are kept: the same command goes on from there")
            raise
    texts = {}
    if args.plot is not None:
        texts[args.plot] = found.to_svg()
    if args.csv is not None:
        texts[args.csv] = found.to_csv()
    for path, text in texts.items():
        write_atomically(path, text)
    if args.folder is None and folder is not None:
        folder.remove()
    if args.json:
        print_json({"model": args.model, "data": args.data} | found.to_dict())
    else:
        _print(args, found)
    return 0


def _folder(args: argparse.Namespace, work: Work) -> SweepFolder | None:
    """Where results are kept; None where the user named no folder and has no cache."""
    from snnrt.errors import OutputError
    from snnrt.targets.sweep.folder import SweepFolder

    if args.folder is not None:
        return SweepFolder(args.folder, work)
    try:
        return SweepFolder.cached(work)
    except OutputError as error:
        print_warning(f"after an interrupt the sweep begins anew: {error}; --folder names another place")
        return None


def _print_before(args: argparse.Namespace, work: Work, points: int) -> None:
    from snnrt.summary import exit_text

    calibrated = (
        [] if args.calibrate_chip is None else [("calibrated", f"each chip, from {args.calibrate_chip}")]
    )
    print_facts(
        [
            ("model", f"{args.model}, {work.opened.graph.numbers}"),
            ("data", f"{args.data}, {_several(len(work.inputs), 'input')}"),
            ("target", f"{work.target.name}: {work.target.title}"),
            ("exit", exit_text(work.exit, work.timesteps)),
            *calibrated,
            ("runs", f"{_several(points, 'point')}, each on {_several(args.chips, 'chip')}"),
        ]
    )
    print(flush=True)


def _several(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def _print(args: argparse.Namespace, found: Sweep) -> None:
    from snnrt.targets.quantities import engineering

    def estimate(value: Estimate, unit: str) -> str:
        low, high = (engineering(end, unit) for end in value.interval)
        return f"{engineering(value.mean, unit)} ({low} … {high})"

    def plain(value: Estimate, digits: int) -> str:
        low, high = value.interval
        return f"{value.mean:.{digits}f} ({low:.{digits}f} … {high:.{digits}f})"

    def edp(value: Estimate) -> str:
        return f"{value.mean:.3g} J·s ({value.interval[0]:.2g} … {value.interval[1]:.2g})"

    def row(point: SweepPoint) -> list[object]:
        return [
            point.label,
            "front" if point.pareto and len(found.points) > 1 else "",
            plain(point.accuracy, 4),
            plain(point.timesteps, 2),
            estimate(point.energy_j, "J"),
            estimate(point.latency_s, "s"),
            edp(point.edp_js),
        ]

    header = ("point", "Pareto", "accuracy", "mean T", "energy", "latency", "EDP")
    print_table(header, [row(point) for point in found.points], left=(0, 1))
    print_text(
        f"means of an input, with {100 * found.confidence:.4g} % confidence intervals over chips and inputs; "
        "EDP: the mean of energy times delay of each input"
    )
    if found.chips > 1:
        worst = min(found.points, key=lambda point: point.accuracy.least)
        print_text(f"the worst chip: accuracy {worst.accuracy.least:.4f} at {worst.label}")
    if len(found.points) > 1:
        print_text("Pareto front, accuracy against EDP: " + "; ".join(point.label for point in found.pareto))
    for path in (args.plot, args.csv, args.folder):
        if path is not None:
            print_text(f"written: {path}")
