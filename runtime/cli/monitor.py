"""``snnrt monitor``: give a model a drift monitor, or replay it on the host."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from snnrt.cli.arguments import add_data, add_json, finite, fraction, positive, subcommand
from snnrt.cli.output import check_outputs, print_facts, print_json, print_text, progress_bar

if TYPE_CHECKING:
    from snnrt.calibration.monitor import Drift
    from snnrt.network import Network

_EXAMPLE = """\
  snnrt monitor digits.snnrt digits -o watched.snnrt --mean-run 1000 --confidence 0.9
  snnrt monitor watched.snnrt field.npz --replay"""


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(
        commands,
        "monitor",
        "give a model a drift monitor with a bound on false alarms, or replay it",
        _EXAMPLE,
    )
    parser.add_argument("model", metavar="MODEL", help="a .snnrt file")
    add_data(parser, "data")
    parser.add_argument(
        "-o", "--output", metavar="OUT.snnrt",
        help="the model with a monitor, made from DATA: inputs as they should be, not trained on",
    )  # fmt: skip
    parser.add_argument(
        "--replay", action="store_true",
        help="instead: run DATA in turn, and say what a device's monitor says; exit code 1 on an alarm",
    )  # fmt: skip
    parser.add_argument(
        "--mean-run", type=finite, metavar="N",
        help="inferences to a false alarm, on average at least (1000)",
    )  # fmt: skip
    parser.add_argument(
        "--confidence", type=fraction, metavar="SHARE",
        help="how sure that is, over the draw of these inputs (0.9)",
    )  # fmt: skip
    parser.add_argument(
        "--level",
        type=positive,
        metavar="M",
        help="with --replay: the device's level before, as snnrt_network_monitor gave it (0)",
    )
    parser.add_argument("--device", default="cpu", metavar="DEVICE", help="where the inputs run (cpu)")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N inputs")
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Make a monitor and write the model, or replay; 1 where the replay ends in an alarm."""
    _check_arguments(args)
    check_outputs([args.output], [args.model, args.data])

    import snnrt
    from snnrt.data.load import load_for_model

    network = snnrt.load(args.model)
    data = load_for_model(args.data, network.graph, limit=args.limit)
    with progress_bar("running") as progress:
        if args.replay:
            found = network.drift(data, level=args.level or 0, device=args.device, progress=progress)
        else:
            chosen = {
                name: value
                for name, value in (("mean_run", args.mean_run), ("confidence", args.confidence))
                if value is not None
            }
            watched = network.with_monitor(data, device=args.device, progress=progress, **chosen)
    if args.replay:
        return _print_replay(args, found)
    watched.save(args.output)
    _print(args, watched)
    return 0


def _check_arguments(args: argparse.Namespace) -> None:
    if args.replay == (args.output is not None):
        args.parser.error("expected either -o OUT.snnrt, to make a monitor, or --replay, to run one")
    if args.replay:
        for name in ("mean_run", "confidence"):
            if getattr(args, name) is not None:
                option = name.replace("_", "-")
                args.parser.error(f"--{option} has no meaning with --replay: the model has its own")
    elif args.level is not None:
        args.parser.error("--level has no meaning with -o: a monitor begins at 0; add --replay")


def _print_replay(args: argparse.Namespace, found: Drift) -> int:
    last, first = float(found.levels[-1]), found.first_alarm
    if args.json:
        print_json(
            {
                "model": args.model, "data": args.data, "inputs": len(found.levels_q), "first_alarm": first,
                "alarm": found.alarm, "level": last, "levels_q": found.levels_q, "alarm_q": found.alarm_q,
            }
        )  # fmt: skip
        return int(first is not None)
    print_facts(
        [
            ("replayed", f"{args.data}, {len(found.levels_q)} inputs in turn"),
            ("level", f"{last:.3f} bits at the end, {found.levels.max():.3f} at most"),
            ("alarm from", f"{found.alarm:.3f} bits on"),
        ]
    )
    print_text(
        "no alarm" if first is None else f"ALARM at input {first} (counted from 0): inputs have drifted"
    )
    return int(first is not None)


def _print(args: argparse.Namespace, watched: Network) -> None:
    from snnrt.calibration.monitor import MonitorPromise, monitor_of

    promise, table = MonitorPromise.of(watched.graph), monitor_of(watched.graph)
    assert promise is not None
    if args.json:
        print_json({"model": args.model, "output": args.output, "promise": promise.to_dict()})
        return
    facts: list[tuple[str, object]] = [("exit", watched.exit)]
    facts += [(("monitor", "of")[place], line) for place, line in enumerate(promise.sentences())]
    facts += [
        ("fastest alarm", f"after {-(-table.alarm // max(int(table.bets.max()), 1))} inferences"),
        ("written", args.output),
    ]
    print_facts(facts)
