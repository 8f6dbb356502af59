"""``snnrt validate``: a model in the C core against the network it came from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from snnrt.cli.arguments import add_data, add_json, fraction, positive, subcommand
from snnrt.cli.import_options import add_import_options, import_options
from snnrt.cli.output import (
    print_facts,
    print_json,
    print_table,
    print_text,
    print_warning,
    progress_bar,
)

if TYPE_CHECKING:
    from snnrt.comparison import Comparison
    from snnrt.ir.graph import Graph

FAILED = 1
_LIMITS = ("min_spike_agreement", "min_class_agreement", "max_accuracy_loss", "max_logits_difference")

_EXAMPLE = """\
  snnrt validate digits.snnrt --against digits_conv.nir --framework snntorch --data digits
  snnrt validate digits.snnrt --against recorded.npz --data digits.npz
  snnrt validate digits.snnrt --against board.log --data digits

the source runs in float32 with the NumPy reference, the model in the C core, both for all
timesteps; or the model is compared with what its framework gave for the same inputs:
an .npz with outputs (N, T, classes) at each timestep, or logits (N, classes) or
(N, T, classes), and spikes/LAYER (N, T, ...) of layers of the model, each optional:
  with torch.no_grad(): record = [net(x) for _ in range(T)]  # (output, spikes of lif1)
  out, lif1 = (torch.stack(each, 1).numpy() for each in zip(*record))
  np.savez("recorded.npz", outputs=out, **{"spikes/lif1": lif1})
LOG is what a board printed that runs the validate.c of 'snnrt export --samples': its classes,
timesteps and accumulators must be the host's, to the bit.
Exit code 1 where they disagree: float32 must give the same spikes and classes, int8 may
lose what --max-accuracy-loss and --min-class-agreement allow. A framework sums float32 in
another order, which can move a spike whose membrane is at the threshold (the first
difference shows both): --min-spike-agreement 0.9999 lets such pass."""


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    from snnrt.converters.importers import readable_sources

    parser = subcommand(
        commands, "validate", "compare a model with the network it was converted from", _EXAMPLE
    )
    parser.add_argument("model", metavar="MODEL", help="a .snnrt file")
    parser.add_argument(
        "--against",
        metavar="SOURCE|OUTPUTS|LOG",
        required=True,
        help=f"{readable_sources()}, another .snnrt file, an .npz of outputs recorded in the framework, or a "
        ".log or .txt of what a board printed",
    )
    add_data(parser, "--data", required=True)
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N inputs")
    add_import_options(parser)
    parser.add_argument(
        "--min-spike-agreement",
        type=fraction,
        metavar="FRACTION",
        help="least fraction of equal spikes, over inputs, timesteps and neurons (float32: 1, int8: 0)",
    )
    parser.add_argument(
        "--min-class-agreement",
        type=fraction,
        metavar="FRACTION",
        help="least fraction of inputs with the same class (float32: 1, int8: 0.95)",
    )
    parser.add_argument(
        "--max-accuracy-loss",
        type=fraction,
        metavar="FRACTION",
        help="most that the accuracy may fall, where there are labels (float32: 0, int8: 0.005)",
    )
    parser.add_argument(
        "--max-logits-difference",
        type=fraction,
        metavar="FRACTION",
        help="most that a logit may differ, of the largest (float32 against OUTPUTS: 0.001, else no limit)",
    )
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Compare, print, and return 1 where a limit is broken."""
    if args.against.lower().endswith((".log", ".txt")):
        return _board(args)
    import snnrt
    from snnrt.comparison import (
        LIMITS,
        OUTPUT_LIMITS,
        compare_with_outputs,
        compare_with_reference,
        framework_outputs,
        recorded_outputs,
        source_graph,
    )
    from snnrt.data.load import load_for_model
    from snnrt.silence import silence_text

    written, options = args.against.lower().endswith(".npz"), import_options(args)
    if written and options:
        name = next(iter(options)).replace("_", "-")
        args.parser.error(f"--{name} says how a source is read, and OUTPUTS were recorded: leave it out")
    network = snnrt.load(args.model)
    graph = network.graph
    outputs = recorded_outputs(args.against, graph, args.limit) if written else None
    # an encoding spreads its spikes over the timesteps that run
    steps = None if outputs is None else outputs.timesteps
    data = load_for_model(args.data, graph, limit=args.limit, timesteps=steps)
    with progress_bar("comparing") as progress:
        if not written:
            arrays = framework_outputs(args.against, graph, data.x, progress, **options)
            outputs = None if arrays is None else recorded_outputs(arrays, graph)
        if outputs is not None:
            comparison = compare_with_outputs(network.model, outputs, data, progress)
        else:
            source = source_graph(args.against, graph, **options)
            comparison = compare_with_reference(network.model, source, data, progress)
    recorded = outputs is not None
    if comparison.silent_layers:
        print_warning(silence_text(comparison.silent_layers, comparison.inputs))
    limits = dict((OUTPUT_LIMITS if recorded else LIMITS)[graph.numbers])
    limits |= {name: getattr(args, name) for name in _LIMITS if getattr(args, name) is not None}
    broken = comparison.disagreements(limits)
    if args.json:
        given = {"model": args.model, "against": args.against, "data": args.data, "numbers": graph.numbers}
        print_json(
            given | _figures(comparison) | {"limits": limits, "agrees": not broken, "disagreements": broken}
        )
    else:
        where = "recorded in the framework" if written else "in its framework"
        _print(args, graph, comparison, broken, where if recorded else "float32, in the NumPy reference")
    return FAILED if broken else 0


def _board(args: argparse.Namespace) -> int:
    """What a board printed against the C core on the host."""
    if import_options(args) or any(getattr(args, name) is not None for name in _LIMITS):
        args.parser.error("a board must give the host's bits: leave options of sources and limits out")
    import snnrt
    from snnrt.data.load import load_for_model
    from snnrt.errors import DataError
    from snnrt.results.board_log import read_board_log

    network = snnrt.load(args.model)
    log = read_board_log(args.against, network.graph.readout.shape[0])
    data = load_for_model(args.data, network.graph, limit=len(log))
    if len(data) < len(log):
        raise DataError(
            f"{args.against}: expected at most {len(data)} inputs, as {args.data} has, found {len(log)}"
        )
    differs = log.first_difference(network.run(data.x, record=("accumulators",)))
    cycles = [int(log.cycles.min()), int(log.cycles.max())] if log.cycles.all() else None
    if args.json:
        names = ("input", "what", "board", "host")
        given = {"model": args.model, "against": args.against, "data": args.data, "inputs": len(log)}
        first = None if differs is None else dict(zip(names, differs, strict=True))
        told = {"cycles": None if cycles is None else log.cycles.tolist()}
        print_json(given | told | {"first_difference": first, "agrees": differs is None})
        return 0 if differs is None else FAILED
    facts = [("model", args.model), ("board", args.against), ("data", f"{args.data}, {len(log)} inputs")]
    if cycles is not None:
        mean = float(log.cycles.mean())
        facts.append(("cycles", f"{mean:,.0f} an input, from {cycles[0]:,} to {cycles[1]:,}"))
    print_facts(facts)
    if differs is None:
        print_text("agrees")
        return 0
    index, what, board, host = differs
    print_text(f"disagrees: input {index}: {what}: the board found {board}, the host {host}")
    return FAILED


def _figures(comparison: Comparison) -> dict[str, object]:
    return {
        "inputs": comparison.inputs,
        "timesteps": comparison.timesteps,
        "spike_agreement": comparison.spike_agreement,
        "node_spike_agreement": comparison.node_spike_agreement,
        "node_first_timestep": comparison.node_first_timestep,
        "node_rate_distance": comparison.node_rate_distance,
        "step_spike_agreement": comparison.step_spike_agreement,
        "first_difference": comparison.first_difference,
        "class_agreement": comparison.class_agreement,
        "step_class_agreement": comparison.step_class_agreement,
        "logits_mean_difference": comparison.logits_mean_difference,
        "logits_max_difference": comparison.logits_max_difference,
        "accuracy": comparison.accuracy,
        "source_accuracy": comparison.source_accuracy,
        "silent_layers": comparison.silent_layers,
    }


def _print(
    args: argparse.Namespace, graph: Graph, comparison: Comparison, broken: list[str], against: str
) -> None:
    facts = [
        ("model", f"{args.model}, {graph.numbers}, in the C core"),
        ("against", f"{args.against}, {against}"),
        ("data", f"{args.data}, {comparison.inputs} inputs, {comparison.timesteps} timesteps each"),
        ("spikes", _equal(comparison.spike_agreement)),
        ("classes", _equal(comparison.class_agreement)),
    ]
    if comparison.step_class_agreement is not None:
        facts.append(("", f"{min(comparison.step_class_agreement):.6f} equal after the worst timestep"))
    if comparison.logits_mean_difference is not None:
        facts.append(
            (
                "logits",
                f"differ by {comparison.logits_mean_difference:.4g} on average, "
                f"{comparison.logits_max_difference:.4g} at most",
            )
        )
    if comparison.source_accuracy is not None:
        facts.append(("accuracy", f"{comparison.accuracy:.4f}, source {comparison.source_accuracy:.4f}"))
    first = comparison.first_difference
    if first is not None:
        where = f"node {first['node']}, input {first['input']}, timestep {first['timestep']}"
        facts += [("first difference", f"{where}, neuron {first['neuron']}"), ("", _values(first))]
    print_facts(facts)
    if comparison.node_spike_agreement and comparison.spike_agreement != 1:
        print()
        steps, distances = comparison.node_first_timestep or {}, comparison.node_rate_distance or {}
        rows = [
            (name, f"{equal:.6f}", "–" if steps[name] is None else steps[name], f"{distances[name]:.3g}")
            for name, equal in comparison.node_spike_agreement.items()
        ]
        print_table(("neurons", "equal spikes", "differ from timestep", "rate distance"), rows)
        print_text("rate distance: earth mover's, between the neurons' spikes a timestep")
        print()
    print_text(f"disagrees: {'; '.join(broken)}" if broken else "agrees")


def _equal(fraction: float | None) -> str:
    return "not recorded" if fraction is None else f"{fraction:.6f} equal"


def _values(first: dict[str, object]) -> str:
    """Spikes and membranes of the first difference, ours and what was expected."""
    text = f"spikes {first['spikes']}, expected {first['expected_spikes']}; "
    text += f"membrane after the step {first['membrane']:.9g}"
    if first["expected_membrane"] is not None:
        text += f", expected {first['expected_membrane']:.9g}"
    return text + f" (threshold {first['threshold']:.9g})"
