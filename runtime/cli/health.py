"""``snnrt health``: what a device has counted, and whether its inputs have drifted."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from snnrt.cli.arguments import DATA_HELP, add_data, add_exit_options, add_json, positive, subcommand
from snnrt.cli.output import (
    bar_width,
    check_outputs,
    print_facts,
    print_json,
    print_table,
    print_text,
    progress_bar,
)
from snnrt.errors import DataError, DataFileError
from snnrt.texts import printable

if TYPE_CHECKING:
    from snnrt.health.histograms import Difference
    from snnrt.health.record import HealthRecord
    from snnrt.ir.exit_choice import Exit
    from snnrt.network import Network

_EXAMPLE = """\
  snnrt health --record digits --model digits.snnrt -o baseline.health
  snnrt health dump.bin --model digits.snnrt --against baseline.health"""

LARGEST_DUMP = 1 << 28
BAR_WIDTH = 32
MOST_LISTED = 8


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(
        commands,
        "health",
        "read a device's record of exit timesteps and scores, or make a baseline",
        _EXAMPLE,
    )
    parser.add_argument(
        "dump",
        metavar="DUMP",
        nargs="?",
        help="a file with the record's bytes, or a copy of memory that holds it",
    )
    parser.add_argument("--model", metavar="MODEL", help="the .snnrt file that the device runs")
    parser.add_argument(
        "--against",
        metavar="BASELINE",
        help="compare with a record of normal inputs, or with inputs to run on the host (add --model): "
        + DATA_HELP,
    )
    parser.add_argument(
        "--offset",
        type=_offset,
        metavar="N",
        help="where the record is in DUMP, in bytes (it is searched for)",
    )
    add_data(parser, "--record", help="instead of DUMP: run inputs on the host and make their record")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the record")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N inputs")
    add_exit_options(parser, overrides=True)
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def _offset(text: str) -> int:
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if not 0 <= value < LARGEST_DUMP:
        raise argparse.ArgumentTypeError(f"expected a number of bytes, as 64 or 0x40, found {text!r}")
    return value


def run(args: argparse.Namespace) -> int:
    """Print the record; 1 where it is another model's, its model was damaged, or the inputs have drifted."""
    _check_arguments(args)
    check_outputs([args.output], [args.dump, args.model, args.against, args.record])

    import snnrt
    from snnrt.atomic_write import write_atomically

    network = snnrt.load(args.model) if args.model else None
    if args.record is not None:
        assert network is not None
        offset, record = None, _record(args, network, args.record, args.exit, args.timesteps)
    else:
        offset, record = _find(args.dump, args.offset, network)
    difference = None
    if args.against is not None:
        difference = record.difference(_baseline(args, network, record))
    if args.output is not None:
        write_atomically(args.output, record.to_bytes())
    if args.json:
        print_json(_document(args, network, offset, record, difference))
    else:
        _print(args, network, offset, record, difference)
    disagrees = network is not None and not record.is_of(network)
    return int(disagrees or bool(record.faults) or (difference is not None and difference.drifted))


def _check_arguments(args: argparse.Namespace) -> None:
    parser = args.parser
    if (args.dump is None) == (args.record is None):
        parser.error("expected either DUMP, the record of a device, or --record DATA, to make one")
    if args.record is not None and args.model is None:
        parser.error("--record runs a model: add --model MODEL")
    if args.record is not None and args.offset is not None:
        parser.error("--offset has no meaning with --record: there is no dump")
    if args.record is None:
        for name in ("exit", "timesteps"):
            if getattr(args, name) is not None:
                parser.error(f"--{name} has no meaning for a dump, which has its own rule: leave it out")


def _record(
    args: argparse.Namespace, network: Network, data: str, exit: Exit | None, timesteps: int | None
) -> HealthRecord:
    from snnrt.data.load import load_for_model
    from snnrt.health.record import HealthRecord

    inputs = load_for_model(data, network.graph, limit=args.limit, timesteps=timesteps)
    with progress_bar("running") as progress:
        return HealthRecord.of(network, inputs, exit=exit, timesteps=timesteps, progress=progress)


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            raw = file.read(LARGEST_DUMP + 1)
    except OSError as error:
        raise DataFileError(f"{path}: cannot be read ({error.strerror or error}); check the path") from None
    except ValueError as error:
        raise DataFileError(f"{path!r}: cannot be read ({error}); check the path") from None
    if len(raw) > LARGEST_DUMP:
        raise DataError(
            f"{path}: expected at most {LARGEST_DUMP} bytes, found more; cut out the record's memory"
        )
    return raw


def _find(path: str, offset: int | None, network: Network | None) -> tuple[int, HealthRecord]:
    """The record of a file: at ``offset``, or the only one (of the model, where one is given)."""
    from snnrt.health.record import BYTES, MAGIC, HealthRecord

    raw = _read(path)
    try:
        if offset is not None:
            return offset, HealthRecord.from_bytes(raw[offset : offset + BYTES])
        found = _some_records(raw, network)
        if not found:
            # says what is wrong with the bytes that look most like one
            start = max(raw.find(MAGIC), 0)
            return start, HealthRecord.from_bytes(raw[start : start + BYTES])
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    if len(found) > 1:
        places = ", ".join(str(place) for place, _ in found)
        least = "at least " if len(found) == MOST_LISTED else ""
        raise DataError(
            f"{path}: expected one health record, found {least}{len(found)} at the bytes {places}; "
            "choose one with --offset"
        )
    return found[0]


def _some_records(raw: bytes, network: Network | None) -> list[tuple[int, HealthRecord]]:
    """The first records of the model in a dump, the first of any where the model has none or is not known."""
    from snnrt.health.record import iterate_records

    of_model: list[tuple[int, HealthRecord]] = []
    of_any: list[tuple[int, HealthRecord]] = []
    for place, record in iterate_records(raw):
        if len(of_any) < MOST_LISTED:
            of_any.append((place, record))
        if network is not None and record.is_of(network):
            of_model.append((place, record))
        if len(of_any if network is None else of_model) == MOST_LISTED:
            break
    return of_model or of_any


def _baseline(args: argparse.Namespace, network: Network | None, record: HealthRecord) -> HealthRecord:
    from snnrt.data.builtin import BUILT_IN
    from snnrt.health.record import MAGIC, iterate_records

    if args.against.partition(":")[0] not in BUILT_IN:
        raw = _read(args.against)
        if raw.startswith(MAGIC) or next(iterate_records(raw), None) is not None:
            return _find(args.against, None, network)[1]
    if network is None:
        raise DataError(f"{args.against}: expected a health record; to run it as inputs, add --model MODEL")
    if not record.is_of(network):
        raise DataError(f"{args.dump or args.record}: {_other_model(args, record, network)}")
    return _record(args, network, args.against, _exact_exit(record, network), record.maximum_timesteps)


def _exact_exit(record: HealthRecord, network: Network) -> Exit:
    """The exit whose integer is the record's, to the last bit."""
    from snnrt.exits import fixed_point
    from snnrt.ir.exit_choice import Exit

    if network.exit.rule == record.rule and network.graph.exit.integer_threshold == record.threshold_q:
        return network.exit
    classes = network.graph.readout.shape[0]
    return Exit(record.rule, fixed_point.threshold_from_q(record.rule, record.threshold_q, classes))


def _other_model(args: argparse.Namespace, record: HealthRecord, network: Network) -> str:
    from snnrt.health.record import model_crc

    return (
        f"expected the record of {args.model} (CRC {model_crc(network):08x}), "
        f"found one of a model with CRC {record.model_crc:08x}"
    )


def _document(
    args: argparse.Namespace,
    network: Network | None,
    offset: int | None,
    record: HealthRecord,
    difference: Difference | None,
) -> dict[str, object]:
    document: dict[str, object] = {
        "dump": args.dump,
        "offset": offset,
        "model": args.model,
        "of_this_model": None if network is None else record.is_of(network),
        "model_crc": record.model_crc,
        "exit": _exit_text(record),
        "threshold_q": record.threshold_q,
        "timesteps": record.maximum_timesteps,
        "inferences": record.inferences,
        "exits": record.exits,
        "exit_share": record.exit_share,
        "mean_timesteps": record.mean_timesteps,
        "checks": record.checks,
        "faults": record.faults,
        "timestep_edges": record.timestep_edges,
        "timestep_histogram": record.timesteps,
        "score_edges": record.score_edges,
        "score_histogram": record.scores,
        "against": args.against,
    }
    if difference is not None:
        document["drift"] = {
            "verdict": difference.verdict,
            "drifted": difference.drifted,
            "p_value": difference.p_value,
            "stability_index": difference.stability_index,
            "shifts": {name: vars(shift) for name, shift in difference.shifts.items()},
        }
    return document


def _print(
    args: argparse.Namespace,
    network: Network | None,
    offset: int | None,
    record: HealthRecord,
    difference: Difference | None,
) -> None:
    from snnrt.summary import exit_text

    where = f"{args.dump}, at byte {offset}" if args.record is None else f"of {args.record}, on the host"
    facts: list[tuple[str, object]] = [("record", where), ("model", _model_text(args, network, record))]
    facts += [
        ("exit", _exit_text(record, exit_text)),
        ("inferences", _inferences_text(record)),
        ("model checks", f"{record.checks}, {_faults_text(record)}"),
    ]
    if args.output is not None:
        facts.append(("written", args.output))
    print_facts(facts)
    if record.inferences:
        print()
        _print_histograms(record)
    if difference is not None:
        print()
        _print_difference(args, difference)


def _model_text(args: argparse.Namespace, network: Network | None, record: HealthRecord) -> str:
    if network is None:
        return f"CRC {record.model_crc:08x}"
    if record.is_of(network):
        return f"{args.model} (CRC {record.model_crc:08x})"
    return f"not {args.model}: {_other_model(args, record, network)}"


def _inferences_text(record: HealthRecord) -> str:
    if not record.inferences:
        return "0"
    return (
        f"{record.inferences}, {100 * record.exit_share:.1f} % ended early, "
        f"{record.mean_timesteps:.3f} timesteps on average"
    )


def _faults_text(record: HealthRecord) -> str:
    if not record.faults:
        return "none failed"
    return f"{record.faults} FAILED: the model in the device's memory was damaged; write it again"


def _exit_text(record: HealthRecord, text: Callable[[Exit, int], str] | None = None) -> str:
    if record.rule == "combined":
        return f"combined: the model's own, of {record.threshold_q} terms"
    return str(record.exit) if text is None else text(record.exit, record.maximum_timesteps)


def _print_histograms(record: HealthRecord) -> None:
    shown = []
    for (first, last), count in zip(record.timestep_edges.tolist(), record.timesteps.tolist(), strict=True):
        if first <= last or count:
            shown.append((str(first) if first >= last else f"{first} … {last}", count))
    _print_bars("timesteps", shown)
    print()
    edges = record.score_edges
    kinds = {"entropy": "entropy", "never": "entropy", "confidence": "probability"}
    kind = kinds.get(record.rule, "score, as a share of its largest")
    scores = [
        (f"{low:.4f} … {high:.4f}", int(count)) for low, high, count in zip(edges, edges[1:], record.scores)
    ]
    _print_bars(kind, scores)


def _print_bars(title: str, counts: list[tuple[str, int]]) -> None:
    total, most = sum(count for _, count in counts) or 1, max(count for _, count in counts) or 1
    longest = bar_width(BAR_WIDTH, 40)
    rows = []
    for label, count in counts:
        bar = "█" * max(1, round(longest * count / most)) if count else ""
        rows.append((label, count, f"{100 * count / total:.1f} %", bar))
    print_table((title, "inferences", "share", ""), rows, left=(0, 3))


def _print_difference(args: argparse.Namespace, difference: Difference) -> None:
    rows = [
        (name, f"{shift.stability_index:.4f}", f"{100 * shift.distance:.1f} %", f"{shift.p_value:.3g}")
        for name, shift in difference.shifts.items()
    ]
    print_table((f"against {printable(args.against)}", "stability index", "moved", "p (χ²)"), rows)
    print_text(f"{_VERDICTS[difference.verdict]} (p = {difference.p_value:.3g} over both)")


_VERDICTS = {
    "same": "no drift: the difference is within chance",
    "small": "small drift: more than chance, but a stability index below 0.1",
    "moderate": "drift: moderate, a stability index from 0.1 to 0.25",
    "large": "drift: large, a stability index of 0.25 or more",
}
