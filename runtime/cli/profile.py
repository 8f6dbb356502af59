"""``snnrt profile``: energy, latency and their product, with dynamic timesteps and at the full T."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snnrt.cli.arguments import (
    add_data,
    add_exit_options,
    add_json,
    battery,
    check_order,
    completed,
    named_targets,
    positive,
    positive_real,
    subcommand,
)
from snnrt.cli.chip import (
    add_chip_options,
    check_chip_options,
    chip_of_name,
    crossbar_settings,
    prepare_chip,
    write_chip,
)
from snnrt.cli.output import (
    check_outputs,
    print_json,
    print_text,
    print_warning,
    progress_bar,
)
from snnrt.cli.profile_output import print_compared, print_measured, print_profile, print_sweep

if TYPE_CHECKING:
    from snnrt.data.load import Dataset
    from snnrt.devices.crossbar.session import CrossbarDevice
    from snnrt.format.model import Model
    from snnrt.ir.graph import Graph
    from snnrt.targets import Target, TargetReport
    from snnrt.targets.measured import Measured
    from snnrt.targets.profiling import Profile
    from snnrt.targets.report.details import RunDetails

_EXAMPLE = """\
  snnrt profile digits.snnrt digits --target dt-snn
  snnrt profile digits.snnrt digits --target dt-snn,stm32l4r5 --report digits.html --per-input digits.csv
  snnrt profile digits.snnrt digits --target all --exit entropy:0.3
  snnrt profile digits.snnrt digits --target dt-snn --device crossbar --crossbar adc_bits=6
  snnrt profile digits.snnrt digits --target neurosim-32nm --device crossbar --calibrate-chip digits
  snnrt profile digits.snnrt digits --target dt-snn --sweep --rule entropy,margin --plot sweep.svg
  snnrt profile digits.snnrt digits --target stm32u575 --every 0.1 --battery 230:3 --explain energy"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(
        commands, "profile", "estimate energy, latency and EDP of each input on targets", _EXAMPLE
    )
    parser.add_argument("model", metavar="MODEL", help="a .snnrt file")
    add_data(parser, "data")
    parser.takes_all = "--target"  # type: ignore[attr-defined]
    target = parser.add_argument(
        "--target",
        nargs="+",
        action="extend",
        required=True,
        metavar="NAME",
        help="targets ('snnrt targets' lists them) or .toml profiles; a comma separates several, 'all' is "
        "every shipped one; may be repeated",
    )
    completed(target, shipped_names(), files=True)
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N inputs")
    add_exit_options(parser, overrides=True)
    parser.add_argument(
        "--device",
        default="cpu",
        metavar="DEVICE",
        help="where it runs: cpu (the default), or crossbar: on the chip of the one in-memory target, with "
        "its errors, so that accuracy, timesteps and energy are of one run; crossbar:CHIP.npz: a saved one",
    )
    add_chip_options(
        parser,
        parameters="another parameter of the in-memory targets' crossbar, in what it computes and costs",
    )
    parser.add_argument(
        "--every",
        type=positive_real,
        metavar="SECONDS",
        help="an input arrives every so many seconds: what the hardware takes in between is added",
    )
    parser.add_argument(
        "--battery",
        type=battery,
        metavar="MAH:V",
        help="how long a battery of so many mAh at so many V lasts; with --every",
    )
    parser.add_argument(
        "--explain",
        action="append",
        metavar="NUMBER",
        help="the formula of a number with values put in, sources and band: energy, latency, edp, "
        "edp-reduction, "
        "area, a layer or a component; may be repeated",
    )
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="also every threshold of the exit's rule, from the one run of all timesteps, beside the static "
        "networks: accuracy, mean timesteps, energy, latency and EDP",
    )
    completed(
        parser.add_argument(
            "--rule",
            metavar="RULES",
            help="with --sweep: of entropy, confidence, margin, patience, budget, with commas "
            "(the exit's own)",
        ),
        ("entropy", "confidence", "margin"),
    )
    parser.add_argument(
        "--plot", metavar="FILE.svg", help="with --sweep: draw accuracy against mean timesteps and EDP"
    )
    parser.add_argument("--per-input", metavar="FILE.csv", help="write a line for each input and target")
    parser.add_argument("--report", metavar="FILE.html", help="write a page with everything, one file")
    parser.add_argument(
        "--compare",
        metavar="OTHER.json",
        help="beside another run: what 'snnrt profile --json' printed of it",
    )
    parser.add_argument(
        "--measured",
        metavar="LOG",
        help="what a board printed that runs the validate.c of 'snnrt export --samples' on the first inputs "
        "of DATA: its cycles beside the estimate, and the energy and latency that they are",
    )
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def shipped_names() -> tuple[str, ...]:
    """Names of the shipped targets, and ``all``; nothing is imported, since a shell waits for it."""
    from importlib.util import find_spec

    spec = find_spec("snnrt.targets")
    folders = (spec.submodule_search_locations or []) if spec is not None else []
    paths = [path for folder in folders for path in Path(folder, "profiles").glob("*.toml")]
    return ("all", *sorted(path.stem for path in paths))


def run(args: argparse.Namespace) -> int:
    """Run twice (the model's exit rule, never), cost both on each target, print and write."""
    names = named_targets(args.target)
    if not names:
        args.parser.error(
            "argument --target: expected the name of a target, found none; 'snnrt targets' lists them"
        )
    if args.battery is not None and args.every is None:
        args.parser.error("--battery has no meaning without a rate of inputs: add --every SECONDS")
    check_chip_options(args, parameters_alone=True)
    drawn = args.sweep or args.report is not None
    for option, given, useful in (("--rule", args.rule, drawn), ("--plot", args.plot, args.sweep)):
        if given is not None and not useful:
            args.parser.error(f"{option} has no meaning without thresholds to go through: add --sweep")
    check_order(args.model, args.data)
    outputs = [args.per_input, args.report, args.plot, args.save_chip]
    check_outputs(outputs, [args.model, args.data, args.compare, args.conductances, *names])

    import snnrt
    from snnrt.data.load import load_for_model
    from snnrt.targets.derivation import derivation
    from snnrt.targets.profiling import ALL, profile, targets_of
    from snnrt.targets.report.document import report_document
    from snnrt.targets.report.other_run import compared, read_other

    if ALL in names:
        shipped = snnrt.targets.list_targets()
        names = [*shipped, *(name for name in names if name not in (ALL, *shipped))]
    targets = with_parameters(targets_of(names), args.crossbar or [])
    network = snnrt.load(args.model)
    data = load_for_model(args.data, network.graph, limit=args.limit, timesteps=args.timesteps)
    other = None if args.compare is None else read_other(args.compare)
    chip = _chip(args, targets)
    calibrated = None if chip is None else prepare_chip(args, chip, network, data)
    profiled = profile(
        network.model,
        data,
        None,
        targets,
        timesteps=args.timesteps,
        exit=args.exit,
        progress_bar=progress_bar,
        device=chip or args.device,
        period_s=args.every,
        every_step=args.sweep or args.json or args.report is not None,
    )
    request, reports = profiled.request, profiled.reports
    graph = network.graph.with_exit(request.exit).with_(timesteps=request.timesteps)
    explained = {
        report.target.name: {name: derivation(report, name) for name in args.explain or ()}
        for report in reports
    }
    details = _details(args, network.model, profiled)
    document = _document(args, report_document(graph, reports, details), reports, explained)
    if other is not None:
        document["compared"] = compared(document, other)
    measured = [] if args.measured is None else _measured(args, network.model, reports)
    if measured:
        document["measured"] = [asdict(one) | {"ratio": one.ratio} for one in measured]
    if calibrated is not None:
        document["calibration"] = calibrated.document(args, reports[0].accuracy)
    _write(args, graph, profiled, data, details, document)
    if chip is not None:
        write_chip(args, chip)
    if args.json:
        print_json(document)
        return 0
    told = [] if calibrated is None else calibrated.facts(args, reports[0].accuracy)
    print_profile(args, graph, data, reports, explained, told)
    print_measured(measured)
    if args.sweep:
        print_sweep(document["sweep"])
    if other is not None:
        print_compared(document["compared"])
    for path in (args.per_input, args.report, args.plot, args.save_chip):
        if path is not None:
            print_text(f"written: {path}")
    return 0


def _measured(args: argparse.Namespace, model: Model, reports: list[TargetReport]) -> list[Measured]:
    from snnrt.results.board_log import read_board_log
    from snnrt.targets.measured import measured_on

    return measured_on(reports, read_board_log(args.measured, model.graph.readout.shape[0]).cycles)


def _chip(args: argparse.Namespace, targets: list[Target]) -> CrossbarDevice | None:
    """The crossbar that the network runs on: that of the one in-memory target, or one of a name."""
    from dataclasses import replace

    from snnrt.devices.crossbar.session import CrossbarDevice
    from snnrt.targets import InMemory
    from snnrt.targets.profiling import chip_of

    family, _, name = args.device.partition(":")
    if family != "crossbar" or args.device == "crossbar:":
        return None
    if not name:
        return CrossbarDevice(chip_of(targets))
    chip = chip_of_name(args.device, [])
    config = chip.crossbar.config
    for target in targets:
        if isinstance(target, InMemory) and replace(target.crossbar, seed=config.seed) != config:
            print_warning(f"{target.name} costs a chip of other parameters than {args.device} computes with")
    return chip


def with_parameters(targets: list[Target], settings: list[str]) -> list[Target]:
    """The targets, in-memory ones with other parameters of their crossbar. Raises TargetError."""
    from snnrt.errors import TargetError
    from snnrt.targets import InMemory

    if not settings:
        return targets
    if not any(isinstance(target, InMemory) for target in targets):
        raise TargetError("--crossbar: expected a target of kind imc, found none; name one")
    values = crossbar_settings(settings)
    return [target.with_parameters(values) if isinstance(target, InMemory) else target for target in targets]


def _details(args: argparse.Namespace, model: Model, profiled: Profile) -> RunDetails:
    """What is known of the run beyond costs, with a sweep where one is asked for or drawn."""
    from snnrt.reporting.run_details import whole_details

    rules = [rule.strip() for rule in (args.rule or "").split(",") if rule.strip()]
    return whole_details(
        model, profiled, device=args.device, rules=rules, swept=args.sweep or args.report is not None,
        needed=args.sweep, model_name=args.model, data_name=args.data, command=args.typed,
        period_s=args.every,
    )  # fmt: skip


def _document(
    args: argparse.Namespace, document: dict[str, Any], reports: list[TargetReport],
    explained: dict[str, dict[str, list[str]]],
) -> dict[str, Any]:  # fmt: skip
    """The report's document with what only the command knows."""
    from snnrt.targets.waiting import battery_life_s, duty

    for target, report in zip(document["targets"], reports):
        if args.every is not None:
            target |= {"period_s": args.every, "duty": duty(report.dynamic, args.every)}
        if args.battery is not None:
            target["battery_life_s"] = battery_life_s(report.dynamic, args.every, args.battery)
        if args.explain:
            target["explained"] = explained[report.target.name]
    return {"model": args.model, "data": args.data, "device": args.device} | document


def _write(
    args: argparse.Namespace, graph: Graph, profiled: Profile, data: Dataset, details: RunDetails,
    document: dict[str, Any],
) -> None:  # fmt: skip
    from snnrt.atomic_write import write_atomically
    from snnrt.targets.per_input import per_input_csv
    from snnrt.targets.report.page import render_report
    from snnrt.targets.swept_costs import sweep_panels
    from snnrt.targets.trade_off import trade_off_svg

    # all texts exist before the first file is touched
    texts = {}
    if args.per_input is not None:
        texts[args.per_input] = per_input_csv(profiled.dynamic.predictions, data.y, profiled.reports)
    if args.report is not None:
        texts[args.report] = render_report(
            graph, profiled.reports, title=args.model, details=details, document=document
        )
    if args.plot is not None:
        texts[args.plot] = trade_off_svg(sweep_panels(document["sweep"]))
    for path, text in texts.items():
        write_atomically(path, text)
