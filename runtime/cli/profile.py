"""``snnrt profile``: energy, latency and their product, with dynamic timesteps and at the full T."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

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
from snnrt.cli.output import (
    check_outputs,
    print_facts,
    print_json,
    print_table,
    print_text,
    progress_bar,
)

if TYPE_CHECKING:
    from snnrt.data.load import Dataset
    from snnrt.ir.graph import Graph
    from snnrt.results.result import Result
    from snnrt.targets import Target, TargetReport

_EXAMPLE = """\
  snnrt profile digits.snnrt digits --target dt-snn
  snnrt profile digits.snnrt digits --target dt-snn,stm32l4r5 --report digits.html --per-input digits.csv
  snnrt profile digits.snnrt digits --target all --exit entropy:0.3
  snnrt profile digits.snnrt digits --target dt-snn --device crossbar --crossbar adc_bits=6
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
        help="where it runs: cpu (the default), or crossbar: on the chip of the one in-memory target, "
        "with its "
        "errors, so that accuracy, timesteps and energy are of the same run",
    )
    parser.add_argument(
        "--crossbar",
        action="append",
        metavar="KEY=VALUE",
        help="another parameter of the in-memory targets' crossbar, in what it computes and what it costs",
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
    parser.add_argument("--per-input", metavar="FILE.csv", help="write a line for each input and target")
    parser.add_argument("--report", metavar="FILE.html", help="write a report with plots, one file")
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
    check_order(args.model, args.data)
    check_outputs([args.per_input, args.report], [args.model, args.data, *names])

    import snnrt
    from snnrt.data.load import load_for_model
    from snnrt.targets.derivation import derivation
    from snnrt.targets.profiling import ALL, profile, targets_of

    if ALL in names:
        shipped = snnrt.targets.list_targets()
        names = [*shipped, *(name for name in names if name not in (ALL, *shipped))]
    targets = with_parameters(targets_of(names), args.crossbar or [])
    network = snnrt.load(args.model)
    data = load_for_model(args.data, network.graph, limit=args.limit, timesteps=args.timesteps)
    profiled = profile(
        network.model,
        data,
        None,
        targets,
        timesteps=args.timesteps,
        exit=args.exit,
        progress_bar=progress_bar,
        device=args.device,
        period_s=args.every,
    )
    request, dynamic, reports = profiled.request, profiled.dynamic, profiled.reports
    graph = network.graph.with_exit(request.exit).with_(timesteps=request.timesteps)
    explained = {
        report.target.name: {name: derivation(report, name) for name in args.explain or ()}
        for report in reports
    }
    _write(args, graph, dynamic, data, reports)
    if args.json:
        print_json(
            {
                "model": args.model,
                "data": args.data,
                "inputs": len(data),
                "timesteps": graph.timesteps,
                "exit": str(request.exit),
                "device": args.device,
                "targets": [_document(args, report, explained) for report in reports],
            }
        )
    else:
        _print(args, graph, data, reports, explained)
    return 0


def with_parameters(targets: list[Target], settings: list[str]) -> list[Target]:
    """The targets, in-memory ones with other parameters of their crossbar. Raises TargetError."""
    from snnrt.cli.run import crossbar_settings
    from snnrt.errors import TargetError
    from snnrt.targets import InMemory

    if not settings:
        return targets
    if not any(isinstance(target, InMemory) for target in targets):
        raise TargetError("--crossbar: expected a target of kind imc, found none; name one")
    values = crossbar_settings(settings)
    return [target.with_parameters(values) if isinstance(target, InMemory) else target for target in targets]


def _document(
    args: argparse.Namespace, report: TargetReport, explained: dict[str, dict[str, list[str]]]
) -> dict[str, object]:
    from snnrt.targets.waiting import battery_life_s, duty

    document = report.to_dict()
    if args.every is not None:
        document |= {"period_s": args.every, "duty": duty(report.dynamic, args.every)}
    if args.battery is not None:
        document["battery_life_s"] = battery_life_s(report.dynamic, args.every, args.battery)
    if args.explain:
        document["explained"] = explained[report.target.name]
    return document


def _print_rate(args: argparse.Namespace, report: TargetReport) -> None:
    from snnrt.targets.quantities import engineering
    from snnrt.targets.waiting import battery_life_s, duty

    name, share = report.target.name, duty(report.dynamic, args.every)
    behind = ": it falls behind" if share > 1 else ""
    power = float(report.dynamic.energy_j.mean()) / max(args.every, float(report.dynamic.latency_s.mean()))
    print_text(
        f"{name}: an input every {args.every:g} s: {engineering(power, 'W')}, {share:.2%} at work{behind}"
    )
    if args.battery is not None:
        days = battery_life_s(report.dynamic, args.every, args.battery) / 86400
        print_text(f"{name}: the battery lasts {days:,.1f} days, sensors and self-discharge not counted")


def _print_saved(report: TargetReport, timesteps: int) -> None:
    """The reduction, its band, and both ways to apply constant inputs beside each other."""
    name, saved = report.target.name, report.edp_reduction
    low, high = report.edp_reduction_band
    band = f" (band {low:.1%} … {high:.1%})" if high - low > 5e-4 else ""
    than = f"{'less' if saved >= 0 else 'more'} EDP than with all {timesteps} timesteps{band}"
    print_text(f"{name}: {abs(saved):.1%} {than}")
    ways = report.edp_reduction_by_choice
    if ways and abs(ways["once"] - ways["every_timestep"]) > 5e-4:
        print_text(
            f"{name}: constant inputs applied at every timestep: {ways['every_timestep']:.1%}, "
            f"once an input: {ways['once']:.1%}"
        )


def _write(
    args: argparse.Namespace, graph: Graph, dynamic: Result, data: Dataset, reports: list[TargetReport]
) -> None:
    from snnrt.atomic_write import write_atomically
    from snnrt.targets.per_input import per_input_csv
    from snnrt.targets.report import render_report

    # both texts exist before the first file is touched
    texts = {}
    if args.per_input is not None:
        texts[args.per_input] = per_input_csv(dynamic.predictions, data.y, reports)
    if args.report is not None:
        texts[args.report] = render_report(graph, reports, title=args.model)
    for path, text in texts.items():
        write_atomically(path, text)


def _print(
    args: argparse.Namespace,
    graph: Graph,
    data: Dataset,
    reports: list[TargetReport],
    explained: dict[str, dict[str, list[str]]],
) -> None:
    from snnrt.ir.exit_choice import Exit
    from snnrt.summary import exit_text
    from snnrt.targets.quantities import engineering

    print_facts(
        [
            ("model", f"{args.model}, {graph.numbers}"),
            ("data", f"{args.data}, {len(data)} input{'s' if len(data) != 1 else ''}"),
            ("exit", exit_text(Exit.of(graph.exit), graph.timesteps)),
        ]
    )
    print()
    header = ("target", "timesteps", "accuracy", "mean T", "energy", "latency", "EDP", "mean E × mean D")
    rows = []
    for report in reports:
        for name, costs, accuracy in (
            ("dynamic", report.dynamic, report.accuracy),
            (f"all {graph.timesteps}", report.static, report.static_accuracy),
        ):
            summary = costs.summary()
            rows.append(
                (
                    report.target.name if name == "dynamic" else "",
                    name,
                    "–" if accuracy is None else f"{accuracy:.4f}",
                    f"{costs.timesteps.mean():.3f}",
                    engineering(summary.mean_energy_j, "J"),
                    engineering(summary.mean_latency_s, "s"),
                    _joule_seconds(summary.mean_edp_js),
                    _joule_seconds(summary.product_of_means_edp_js),
                )
            )
    print_table(header, rows, left=(0, 1))
    print_text("energy and latency: means over inputs; EDP: the mean of energy times delay of each input")
    print()
    for report in reports:
        _print_saved(report, graph.timesteps)
        if args.every is not None:
            _print_rate(args, report)
        if not report.fits:
            print_text(
                f"{report.target.name}: refused: the network does not fit, no such chip has these figures"
            )
        for warning in report.dynamic.warnings:
            print_text(f"{report.target.name}: warning: {warning}")
    for target, numbers in explained.items():
        for lines in numbers.values():
            print()
            print_text(f"{target}:")
            for line in lines:
                print_text(line)
    for path in (args.per_input, args.report):
        if path is not None:
            print_text(f"written: {path}")


def _joule_seconds(value: float) -> str:
    """An EDP in J·s; a prefix would be ambiguous between J and s."""
    return f"{value:.4g} J·s"
