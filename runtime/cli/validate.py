"""``snnrt validate``: a model in the C core against the network it came from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from snnrt.cli.arguments import add_data, add_json, fraction, positive, subcommand
from snnrt.cli.convert import add_import_options, import_options
from snnrt.cli.output import print_facts, print_json, print_table, print_text, progress_bar

if TYPE_CHECKING:
    from snnrt.comparison import Comparison
    from snnrt.ir.graph import Graph

FAILED = 1

_EXAMPLE = """\
  snnrt validate digits.snnrt --against digits_conv.nir --framework snntorch --data digits

the source runs in float32 with the NumPy reference, the model in the C core, both for all
timesteps; exit code 1 where they disagree: float32 must give the same spikes and classes,
int8 may lose what --max-accuracy-loss and --min-class-agreement allow."""


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    from snnrt.converters.importers import readable_sources

    parser = subcommand(
        commands, "validate", "compare a model with the network it was converted from", _EXAMPLE
    )
    parser.add_argument("model", metavar="MODEL", help="a .snnrt file")
    parser.add_argument(
        "--against", metavar="SOURCE", required=True, help=f"{readable_sources()}, or another .snnrt file"
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
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Compare, print, and return 1 where a limit is broken."""
    import snnrt
    from snnrt.comparison import LIMITS, compare_with_reference, source_graph
    from snnrt.data.load import load_for_model

    network = snnrt.load(args.model)
    graph = network.graph
    source = source_graph(args.against, graph, **import_options(args))
    data = load_for_model(args.data, graph, limit=args.limit)
    with progress_bar("comparing") as progress:
        comparison = compare_with_reference(network.model, source, data, progress)
    limits = dict(LIMITS[graph.numbers])
    for name in limits:
        if getattr(args, name) is not None:
            limits[name] = getattr(args, name)
    broken = comparison.disagreements(limits)
    if args.json:
        given = {"model": args.model, "against": args.against, "data": args.data, "numbers": graph.numbers}
        print_json(
            given | _figures(comparison) | {"limits": limits, "agrees": not broken, "disagreements": broken}
        )
    else:
        _print(args, graph, comparison, broken)
    return FAILED if broken else 0


def _figures(comparison: Comparison) -> dict[str, object]:
    return {
        "inputs": comparison.inputs,
        "timesteps": comparison.timesteps,
        "spike_agreement": comparison.spike_agreement,
        "node_spike_agreement": comparison.node_spike_agreement,
        "first_difference": comparison.first_difference,
        "class_agreement": comparison.class_agreement,
        "logits_mean_difference": comparison.logits_mean_difference,
        "logits_max_difference": comparison.logits_max_difference,
        "accuracy": comparison.accuracy,
        "source_accuracy": comparison.source_accuracy,
    }


def _print(args: argparse.Namespace, graph: Graph, comparison: Comparison, broken: list[str]) -> None:
    facts = [
        ("model", f"{args.model}, {graph.numbers}, in the C core"),
        ("against", f"{args.against}, float32, in the NumPy reference"),
        ("data", f"{args.data}, {comparison.inputs} inputs, {comparison.timesteps} timesteps each"),
        ("spikes", f"{comparison.spike_agreement:.6f} equal"),
        ("classes", f"{comparison.class_agreement:.6f} equal"),
        (
            "logits",
            f"differ by {comparison.logits_mean_difference:.4g} on average, "
            f"{comparison.logits_max_difference:.4g} at most",
        ),
    ]
    if comparison.accuracy is not None:
        facts.append(("accuracy", f"{comparison.accuracy:.4f}, source {comparison.source_accuracy:.4f}"))
    first = comparison.first_difference
    if first is not None:
        where = f"node {first['node']}, input {first['input']}, timestep {first['timestep']}"
        facts.append(("first difference", where))
    print_facts(facts)
    if comparison.spike_agreement < 1:
        print()
        print_table(
            ("neurons", "equal spikes"), [(n, f"{a:.6f}") for n, a in comparison.node_spike_agreement.items()]
        )
        print()
    print_text(f"disagrees: {'; '.join(broken)}" if broken else "agrees")
