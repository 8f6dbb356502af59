"""``snnrt calibrate``: choose the exit with a promise, on held-out inputs, and keep both in the file."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from snnrt.cli.arguments import add_data, add_json, check_order, completed, positive, subcommand
from snnrt.cli.chip import chip_of_name
from snnrt.cli.output import (
    check_outputs,
    print_facts,
    print_json,
    print_table,
    print_text,
    print_warning,
    progress_bar,
)

if TYPE_CHECKING:
    from snnrt.calibration.calibrate import Calibration
    from snnrt.data.load import Dataset
    from snnrt.devices.base import Device
    from snnrt.network import Network

_RULES = "entropy, confidence, margin, patience, budget"
_EXAMPLE = """\
  snnrt calibrate digits.snnrt digits -o certain.snnrt --max-drop 1 --confidence 0.9
  snnrt calibrate digits.snnrt digits -o certain.snnrt --rule entropy,margin --minimize edp --target dt-snn
  snnrt calibrate digits.snnrt digits -o certain.snnrt --device crossbar --chips 40"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(
        commands, "calibrate", "choose when inputs may stop, with a promise of what that loses", _EXAMPLE
    )
    parser.add_argument("model", metavar="MODEL", help="a .snnrt file")
    add_data(parser, "data")
    parser.add_argument(
        "-o", "--output", metavar="OUT.snnrt", help="the model with the exit and the promise in it"
    )
    parser.add_argument(
        "--max-drop", type=_number, default=0.5, metavar="PERCENT",
        help="the share of new inputs that may be lost, in percent (0.5)",
    )  # fmt: skip
    parser.add_argument(
        "--confidence", type=_number, default=0.95, metavar="SHARE",
        help="how sure the promise is to hold, over the draw of these inputs (0.95)",
    )  # fmt: skip
    completed(
        parser.add_argument(
            "--rule", default="entropy", metavar="RULES",
            help=f"of {_RULES}; several with commas share the "
            "confidence, and the best is taken (entropy)",
        ),
        ("entropy", "confidence", "margin"),
    )  # fmt: skip
    parser.add_argument(
        "--loss", choices=("dropped", "changed"),
        help="what is lost: dropped, wrong where all timesteps are right (the default where there are "
        "labels), or changed, another answer than all timesteps give",
    )  # fmt: skip
    parser.add_argument(
        "--mode", choices=("certain", "expected", "sets"), default="certain",
        help="certain: with that confidence (the default); expected: on average; sets: margins, so that the "
        "classes within them hold the label",
    )  # fmt: skip
    parser.add_argument(
        "--minimize", choices=("timesteps", "edp", "energy", "latency"), default="timesteps",
        help="which of the exits that hold is the best (timesteps)",
    )  # fmt: skip
    parser.add_argument("--target", metavar="NAME", help="where EDP, energy and latency are estimated")
    parser.add_argument(
        "--logit-scale", type=_scale, metavar="SCALE",
        help="exit rules see the logits times this number, or fit: what every fifth input says, and the "
        "promise is of the others (as the model has it)",
    )  # fmt: skip
    parser.add_argument("--timesteps", type=positive, metavar="T", help="at most T (the model's)")
    parser.add_argument("--device", default="cpu", metavar="DEVICE", help="where it will run (cpu)")
    parser.add_argument(
        "--crossbar", action="append", metavar="KEY=VALUE",
        help="a parameter of the crossbar, or a .toml file of them; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--chips", type=positive, default=1, metavar="C", help="so many crossbars, each of another seed (1)"
    )
    parser.add_argument(
        "--chip-share", type=_number, default=0.9, metavar="SHARE",
        help="with --chips: the share of all such chips on which it holds (0.9)",
    )  # fmt: skip
    parser.add_argument(
        "--monitor", action="store_true",
        help="add a drift monitor made from the same inputs (snnrt monitor has more to choose)",
    )  # fmt: skip
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N inputs")
    parser.add_argument("--plot", metavar="FILE.svg", help="draw accuracy against mean timesteps and EDP")
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, found {text!r}") from None


def _scale(text: str) -> float | str:
    if text == "fit":
        return text
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number or fit, found {text!r}") from None


def run(args: argparse.Namespace) -> int:
    """Run all timesteps once, choose, and write."""
    family = args.device.partition(":")[0]
    if args.crossbar and family != "crossbar":
        args.parser.error(f"--crossbar has no meaning on {args.device}: add --device crossbar")
    fits = args.logit_scale == "fit"
    if args.monitor and (family == "crossbar" or args.timesteps is not None or args.mode == "sets" or fits):
        args.parser.error(
            "--monitor goes with one exit of a sequence, a logit scale that is not fitted, the model's own "
            "timesteps and a device without noise: use snnrt monitor with other inputs"
        )
    if args.chips > 1 and (family != "crossbar" or args.device.endswith(".npz")):
        args.parser.error(f"--chips has no meaning on {args.device}: add --device crossbar")
    if args.minimize != "timesteps" and args.target is None:
        args.parser.error(f"--minimize {args.minimize} is estimated on a target: add --target dt-snn")
    if args.plot is not None and not args.plot.lower().endswith(".svg"):
        args.parser.error(f"--plot: expected a name that ends in .svg, found {args.plot}")
    if not args.rule.replace(",", "").strip():
        args.parser.error(f"--rule: expected some of {_RULES}, found none")
    check_order(args.model, args.data)
    check_outputs([args.output, args.plot], [args.model, args.data])

    import snnrt
    from snnrt.calibration.calibrate import reported
    from snnrt.data.load import load_for_model
    from snnrt.errors import DataError

    network = snnrt.load(args.model)
    data = load_for_model(args.data, network.graph, limit=args.limit, timesteps=args.timesteps)
    rules = list(dict.fromkeys(rule.strip() for rule in args.rule.split(",") if rule.strip()))
    if args.plot is not None and data.y is None:
        raise DataError(f"{args.data}: --plot draws accuracies: expected data with labels, found none")
    if not args.json:
        _print_before(args, len(data), len(rules), network.graph.numbers)
    with progress_bar("all timesteps") as progress:
        found = network.calibrate(
            data, max_drop=args.max_drop, confidence=args.confidence, rules=rules, loss=args.loss,
            mode=args.mode, minimize=args.minimize, target=args.target, device=_devices(args),
            chip_share=args.chip_share, timesteps=args.timesteps, logit_scale=args.logit_scale,
            progress=progress,
        )  # fmt: skip
    for warning in found.warnings:
        print_warning(warning)
    if args.plot is not None:
        _plot(args, network, data, found)
    chosen = snnrt.Network(found.model)
    if args.monitor:
        tried = sum(max(len(one.thresholds), 1) for one in found.candidates)
        chosen = chosen.with_monitor(data, tried=tried)
    if args.output is not None:
        chosen.save(args.output)
    if args.json:
        print_json({"model": args.model, "data": args.data, "output": args.output} | reported(found))
    else:
        _print(args, found)
    return 0


def _devices(args: argparse.Namespace) -> str | Sequence[Device]:
    if args.device.partition(":")[0] != "crossbar":
        return str(args.device)
    from dataclasses import replace

    from snnrt.devices.crossbar.device import Crossbar
    from snnrt.devices.crossbar.session import CrossbarDevice

    named = chip_of_name(args.device, args.crossbar or [])
    if named.saved:
        # one chip, as it is
        return [named]
    config = named.crossbar.config
    return [CrossbarDevice(Crossbar(replace(config, seed=config.seed + chip))) for chip in range(args.chips)]


def _print_before(args: argparse.Namespace, inputs: int, rules: int, numbers: str) -> None:
    from snnrt.exits import guarantee

    facts = [
        ("model", f"{args.model}, {numbers}, on {args.device}"),
        ("data", f"{args.data}, {inputs} input{'s' * (inputs != 1)}: not those that it was trained on"),
    ]
    if 0 < args.max_drop < 100 and 0 < args.confidence < 1 and args.mode == "certain":
        delta = (1 - args.confidence) / rules
        if args.chips > 1 and 0 < args.chip_share < 1:
            fewest = guarantee.least_samples(1 - args.chip_share, delta / 2)
            facts.append(
                ("chips", f"{args.chips}; {fewest} are the fewest that certify {args.chip_share:g} of all")
            )
            delta /= 2 * args.chips
        least = [guarantee.least_samples(args.max_drop / 100, delta, losses) for losses in range(3)]
        facts.append(
            ("needed", f"{least[0]} inputs with no loss among them, {least[1]} with one, {least[2]} with two")
        )
    print_facts(facts)
    print()


def _print(args: argparse.Namespace, found: Calibration) -> None:
    rows = []
    for one in found.candidates:
        place = max(one.place, 0)
        if not len(one.mean_timesteps):
            continue
        rows.append(
            (
                one.rule,
                "none holds" if one.place < 0 else str(one.exit if args.mode != "sets" else found.exit),
                int(one.losses[place]),
                f"{one.mean_timesteps[place]:.3f}",
                "–" if one.accuracy is None else f"{one.accuracy[place]:.4f}",
            )
        )
    print_table(("rule", "exit", "lost", "mean T", "accuracy"), rows, left=(0, 1))
    if found.static_accuracy is not None:
        static = ", ".join(f"{accuracy:.4f}" for accuracy in found.static_accuracy)
        print_text(f"accuracy after timesteps 1 … {len(found.static_accuracy)}: {static}")
    print()
    if found.promise.exit == "never":
        print_text(
            f"no exit holds: at least {found.needed} inputs are needed, {found.promise.samples} are there; "
            "give more, or a larger --max-drop"
            if found.allowed < 0
            else "no exit holds but never: the first of the sequence loses too much already"
        )
    facts: list[tuple[str, object]] = [("exit", found.promise.exit)]
    if found.logit_scale != 1:
        fitted = f", fitted on {found.fitted} of the inputs" if found.fitted else ""
        facts.append(("logit scale", f"{found.logit_scale:g}{fitted}"))
    for place, line in enumerate(found.promise.sentences()):
        facts.append((("promise", "measured", "of")[place], line))
    if args.monitor:
        facts.append(("monitor", "added; snnrt inspect says what it promises"))
    facts += [("written", path) for path in (args.output, args.plot) if path is not None]
    print_facts(facts)


def _plot(args: argparse.Namespace, network: Network, data: Dataset, found: Calibration) -> None:
    from snnrt.atomic_write import write_atomically
    from snnrt.calibration.step_counts import step_counts
    from snnrt.targets.loading import load_target
    from snnrt.targets.trade_off import panels_of, step_costs, trade_off_svg

    assert found.static_accuracy is not None
    costs = {}
    if args.target is not None:
        counts, target = step_counts(network.model, data, args.timesteps), load_target(args.target)
        rules = [None, *(one.rule for one in found.candidates)]
        costs = {rule: step_costs(network.model, counts, target, rule) for rule in rules}
    write_atomically(args.plot, trade_off_svg(panels_of(found.candidates, found.static_accuracy, costs)))
