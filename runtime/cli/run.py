"""``snnrt run``: a model on data, with dynamic timesteps."""

from __future__ import annotations

import argparse
import io
from typing import TYPE_CHECKING, Any, cast

from snnrt.cli.arguments import (
    add_data,
    add_exit_options,
    add_json,
    check_order,
    completed,
    positive,
    subcommand,
)
from snnrt.cli.chip import add_chip_options, check_chip_options, chip_of_name, prepare_chip, write_chip
from snnrt.cli.output import (
    bar_width,
    check_outputs,
    print_facts,
    print_json,
    print_warning,
    progress_bar,
)

if TYPE_CHECKING:
    from snnrt.data.load import Dataset
    from snnrt.ir.exit_choice import Exit
    from snnrt.ir.graph import Neuron
    from snnrt.network import Network
    from snnrt.results.result import Result
    from snnrt.targets.emulator import EmulatedResult

_EXAMPLE = """\
  snnrt run digits.snnrt digits
  snnrt run digits.snnrt digits --exit confidence:0.9 --output results.npz
  snnrt run digits.snnrt digits --device crossbar --crossbar adc_bits=6 --crossbar read_noise=0.01
  snnrt run digits.snnrt digits --device crossbar:dt-snn --calibrate-chip digits --save-chip chip.npz
  snnrt run digits.snnrt digits --device emulator:cortex-m4 --limit 20"""

BAR_WIDTH = 40
CORES = ("cortex-m0", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55", "rv32")


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(
        commands, "run", "run a model on data in the C core, in emulated firmware or on a crossbar", _EXAMPLE
    )
    parser.add_argument("model", metavar="MODEL", help="a .snnrt file")
    add_data(parser, "data")
    device = parser.add_argument(
        "--device",
        default="cpu",
        metavar="DEVICE",
        help=f"where it runs: cpu (the default), cpu:KERNELS, reference, crossbar, crossbar:FILE.toml, "
        "crossbar:TARGET, the chip of an in-memory target such as dt-snn, crossbar:CHIP.npz, a saved chip, "
        f"or emulator:NAME, the firmware on an emulated core: {', '.join(CORES)}",
    )
    completed(device, ("cpu", "reference", "crossbar", *(f"emulator:{core}" for core in CORES)))
    add_chip_options(
        parser, parameters="a parameter of the crossbar, or a .toml file of them; may be repeated"
    )
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N inputs")
    add_exit_options(parser, overrides=True)
    parser.add_argument(
        "--output",
        metavar="FILE",
        help="write logits, predictions, timesteps, scores, labels (if any) and the counts of each node as "
        ".npz, or without the counts as .csv, a line an input",
    )
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Run and print accuracy, timesteps and events."""
    check_chip_options(args)
    check_order(args.model, args.data)
    check_outputs([args.output, args.save_chip], [args.model, args.data, args.conductances])
    if args.output is not None and not args.output.lower().endswith((".npz", ".csv")):
        args.parser.error(f"--output: expected a name that ends in .npz or .csv, found {args.output}")

    import snnrt
    from snnrt.data.load import load_for_model
    from snnrt.devices.registry import find_device
    from snnrt.exits.reach import reach_of
    from snnrt.silence import silence_text

    family = args.device.partition(":")[0]
    chip = None
    if family == "crossbar" and args.device != "crossbar:":
        chip = chip_of_name(args.device, args.crossbar or [])
    device = chip or find_device(args.device)
    network = snnrt.load(args.model)
    data = load_for_model(args.data, network.graph, limit=args.limit, timesteps=args.timesteps)
    calibrated = None if chip is None else prepare_chip(args, chip, network, data)
    with progress_bar("running") as progress:
        result = network.run(data, device=device, timesteps=args.timesteps, exit=args.exit, progress=progress)
    if args.output is not None:
        _save(args.output, result, data)
    if chip is not None:
        write_chip(args, chip)
    if result.silent_layers:
        print_warning(silence_text(result.silent_layers, len(result)))
    exit, steps = args.exit or network.exit, args.timesteps or network.timesteps
    unreached = reach_of(network.graph.with_(timesteps=steps)).warning(exit)
    if unreached is not None:
        print_warning(unreached)
    summary = summarise(result, data, steps) | {"capped_updates": _capped(result, network)}
    accuracy = cast("float | None", summary["accuracy"])
    if family == "emulator":
        summary["emulator"] = _emulated(cast("EmulatedResult", result))
    if args.json:
        given = {
            "model": args.model,
            "data": args.data,
            "device": args.device,
            "timesteps": steps,
            "exit": str(exit),
        }
        if chip is not None:
            given["crossbar"] = chip.crossbar.config.to_dict()
        if calibrated is not None:
            given["calibration"] = calibrated.document(args, accuracy)
        print_json(given | summary)
    else:
        more = [] if calibrated is None else calibrated.facts(args, accuracy)
        _print(args, network, exit, steps, summary, more)
    return 0


def summarise(result: Result, data: Dataset, steps: int) -> dict[str, object]:
    """The figures that ``snnrt run --json`` prints; the accuracy is None without labels."""
    inputs = len(result)
    histogram = {str(step): int((result.timesteps == step).sum()) for step in range(1, steps + 1)}
    return {
        "inputs": inputs,
        "accuracy": None if data.y is None else result.accuracy(data.y),
        "mean_timesteps": float(result.timesteps.mean()),
        "timestep_histogram": histogram,
        "silent_layers": result.silent_layers,
        "spikes_per_input": float(result.counts.spikes.sum()) / inputs,
        "synaptic_operations_per_input": float(result.counts.synaptic_operations.sum()) / inputs,
    }


def _capped(result: Result, network: Network) -> list[dict[str, Any]]:
    """The neurons that ``max_spikes`` held back, and how often."""
    return [
        {
            "node": name,
            "max_spikes": cast("Neuron", network.graph[name]).max_spikes,
            "capped": held,
            "updates": updates,
        }
        for name, (held, updates) in result.counts.capped().items()
    ]


def _emulated(result: EmulatedResult) -> dict[str, object]:
    """What ``--json`` says of an emulated run: instructions, not cycles; bytes."""
    steps = result.step_instructions[result.step_instructions > 0]
    return {
        "instructions_per_inference": float(result.instructions.mean()),
        "max_instructions_per_inference": int(result.instructions.max()),
        "instructions_per_timestep": float(steps.mean()),
        "max_instructions_per_timestep": int(steps.max()),
        "init_instructions": result.init_instructions,
        "arena_bytes": result.arena_bytes,
        "stack_bytes": result.stack_bytes,
        "init_stack_bytes": result.init_stack_bytes,
        "code_bytes": result.sizes.code,
        "model_bytes": result.sizes.model,
        "compiler": result.compiler,
    }


def _emulator_facts(emulated: dict[str, Any]) -> list[tuple[str, object]]:
    return [
        (
            "instructions",
            f"{emulated['instructions_per_inference']:,.0f} an inference on average, "
            f"{emulated['max_instructions_per_inference']:,} at most",
        ),
        (
            "",
            f"{emulated['instructions_per_timestep']:,.0f} a timestep on average, "
            f"{emulated['max_instructions_per_timestep']:,} at most",
        ),
        ("", f"{emulated['init_instructions']:,} to initialise and check the model, once"),
        (
            "memory",
            f"arena {emulated['arena_bytes']} bytes, stack {emulated['stack_bytes']} "
            f"({emulated['init_stack_bytes']} to initialise)",
        ),
        ("built with", emulated["compiler"]),
    ]


def _save(path: str, result: Result, data: Dataset) -> None:
    import numpy as np

    from snnrt.atomic_write import write_atomically

    if path.lower().endswith(".csv"):
        write_atomically(path, _table(result, data).encode())
        return
    arrays = {
        "logits": result.logits,
        "predictions": result.predictions,
        "timesteps": result.timesteps,
        "scores": result.scores,
        "nodes": np.array(result.counts.nodes),
        **{name: getattr(result.counts, name) for name in result.counts.FIELDS},
    }
    if data.y is not None:
        arrays["labels"] = data.y
    for name in ("instructions", "step_instructions"):
        if hasattr(result, name):
            arrays[name] = getattr(result, name)
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    write_atomically(path, file.getvalue())


def _table(result: Result, data: Dataset) -> str:
    """A header and a line an input, with commas; a float in the digits that give it back."""
    names = ["input", "prediction", "timesteps", "score", *([] if data.y is None else ["label"])]
    names += [f"logit_{place}" for place in range(result.logits.shape[1])]
    lines = [",".join(names)]
    for place in range(len(result)):
        row: list[object] = [place, result.predictions[place], result.timesteps[place], result.scores[place]]
        row += ([] if data.y is None else [data.y[place]]) + list(result.logits[place])
        lines.append(",".join(map(str, row)))
    return "\n".join(lines) + "\n"


def _print(
    args: argparse.Namespace,
    network: Network,
    exit: Exit,
    steps: int,
    summary: dict[str, Any],
    more: list[tuple[str, object]],
) -> None:
    from snnrt.summary import exit_text

    inputs, accuracy = summary["inputs"], summary["accuracy"]
    facts: list[tuple[str, object]] = [
        ("model", f"{args.model}, {network.graph.numbers}, on {args.device}"),
        ("data", f"{args.data}, {inputs} input{'s' if inputs != 1 else ''}"),
        ("exit", exit_text(exit, steps)),
        (
            "accuracy",
            "no labels" if accuracy is None else f"{accuracy:.4f} ({round(accuracy * inputs)} of {inputs})",
        ),
        *more,
        ("timesteps", f"{summary['mean_timesteps']:.3f} of {steps} on average"),
    ]
    counts = {step: count for step, count in summary["timestep_histogram"].items() if count}
    most = max(counts.values())
    width = len(str(steps))
    # the longest name of a fact, the step, the count, and what is between them
    longest = bar_width(BAR_WIDTH, 19 + 2 + width + 2 + len(str(most)))
    for step, count in counts.items():
        bar = "█" * max(1, round(longest * count / most))
        facts.append(("", f"{step.rjust(width)} {bar} {count}"))
    facts += [
        ("spikes", f"{summary['spikes_per_input']:.1f} an input"),
        ("synaptic operations", f"{summary['synaptic_operations_per_input']:.1f} an input"),
    ]
    if "emulator" in summary:
        facts += _emulator_facts(summary["emulator"])
    facts += [("written", path) for path in (args.output, args.save_chip) if path is not None]
    for row in summary["capped_updates"]:
        limit = f"max_spikes = {row['max_spikes']} held it back"
        facts.append(("warning", f"{row['node']}: {limit} in {row['capped']} of {row['updates']} updates"))
    print_facts(facts)
