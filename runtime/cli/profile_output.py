"""What ``snnrt profile`` prints as text: a table of both runs on each target, and of a sweep."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from snnrt.cli.output import print_facts, print_table, print_text

if TYPE_CHECKING:
    from snnrt.data.load import Dataset
    from snnrt.ir.graph import Graph
    from snnrt.targets import TargetReport
    from snnrt.targets.measured import Measured


def print_measured(measured: list[Measured]) -> None:
    """A board's cycles beside the estimate."""
    from snnrt.targets.quantities import engineering

    for one in measured:
        print_text(
            f"{one.target}: measured {one.cycles:,.0f} cycles an input over {one.inputs}, "
            f"{one.ratio:.2f} times the estimate: {engineering(one.energy_j, 'J')}, "
            f"{engineering(one.latency_s, 's')}"
        )


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


def print_profile(
    args: argparse.Namespace,
    graph: Graph,
    data: Dataset,
    reports: list[TargetReport],
    explained: dict[str, dict[str, list[str]]],
    told: list[tuple[str, object]],
) -> None:
    """The facts (and those ``told`` of the chip), the table, what is saved, warnings, explanations."""
    from snnrt.ir.exit_choice import Exit
    from snnrt.summary import exit_text
    from snnrt.targets.quantities import engineering

    print_facts(
        [
            ("model", f"{args.model}, {graph.numbers}"),
            ("data", f"{args.data}, {len(data)} input{'s' if len(data) != 1 else ''}"),
            ("exit", exit_text(Exit.of(graph.exit), graph.timesteps)),
            *told,
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


def print_sweep(document: dict[str, Any]) -> None:
    """Of a sweep's document: for each target some thresholds of each rule, and the static networks."""
    from snnrt.targets.quantities import engineering
    from snnrt.targets.swept_costs import few_points

    header = ("exit", "accuracy", "as all", "mean T", "energy", "latency", "EDP", "saved")
    for name in document["static"][0]["targets"]:
        rows: list[tuple[str, ...]] = []
        listed = [(f"all {point['timesteps']}", point) for point in few_points(document["static"], 8)]
        for rule in document["rules"]:
            listed += [(_short_exit(point), point) for point in few_points(rule["points"])]
        for shown, point in listed:
            costs = point["targets"][name]
            rows.append(
                (
                    shown,
                    "–" if point["accuracy"] is None else f"{point['accuracy']:.4f}",
                    f"{point['agreement']:.4f}",
                    f"{point['mean_timesteps']:.3f}",
                    engineering(costs["mean_energy_j"], "J"),
                    engineering(costs["mean_latency_s"], "s"),
                    _joule_seconds(costs["mean_edp_js"]),
                    f"{round(costs['edp_reduction'], 3) + 0.0:.1%}",
                )
            )
        print()
        print_text(f"{name}: static networks, then exits from the most careful on")
        print_table(header, rows)
    print_text(
        "as all: the share of inputs that are answered as after all timesteps; saved: EDP; costs are of "
        f"{document['costed_inputs']} inputs; --json has every threshold that differs"
    )


def print_compared(document: dict[str, Any]) -> None:
    """Of a comparison's document: figures of both runs, and what differs."""
    from snnrt.targets.report.numbers import number
    from snnrt.targets.report.sections import figure_name

    rows = []
    for row in document["rows"]:
        mean = row["figure"] == "mean_timesteps"
        form = row["unit"] or ("number2" if mean else "share2")
        both = [row["this"], row["other"]]
        cells = ["–" if value is None else number(value, form) for value in both]
        change = "–"
        if row["ratio"] is not None:
            change = number(row["ratio"], "times")
        elif None not in both and not row["unit"]:
            change = number(row["this"] - row["other"], "signed2" if mean else "points")
        rows.append((row["target"] or "run", figure_name(row["figure"]), *cells, change))
    print()
    print_text(f"beside {document['name']}")
    print_table(("target", "figure", "this", "other", "this / other"), rows, left=(0, 1))
    if document["same_data"] is None:
        print_text("whether both runs saw the same data is not known")
    elif not document["same_data"]:
        print_text("the runs saw different data: their figures differ for that reason too")
    if document["facts"]:
        print_facts(
            [(name.replace("_", " "), f"{this}; other: {other}") for name, this, other in document["facts"]]
        )


def _short_exit(point: dict[str, Any]) -> str:
    """The exit with a threshold of four digits."""
    return f"{point['exit'].partition(':')[0]}:{point['threshold']:.4g}"


def _joule_seconds(value: float) -> str:
    """An EDP in J·s; a prefix would be ambiguous between J and s."""
    return f"{value:.4g} J·s"
