"""``snnrt validate``: a model in the C core against the network it came from."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from snnrt.cli.arguments import DATA_HELP, add_json, fraction, positive, subcommand
from snnrt.cli.convert import IMPORT_OPTIONS, add_import_options, import_options
from snnrt.cli.description import source_text
from snnrt.cli.output import print_facts, print_json, print_table, progress_bar
from snnrt.texts import printable

if TYPE_CHECKING:
    from snnrt.comparison import Comparison
    from snnrt.ir.graph import Graph

FAILED = 1

_EXAMPLE = """\
  snnrt validate digits.snnrt --against digits_conv.nir --source snntorch --data digits

the source runs in float32 with the NumPy reference, the model in the C core, both for all
timesteps; exit code 1 where they disagree: float32 must give the same spikes and classes,
int8 may lose what --max-accuracy-loss and --min-class-agreement allow."""

_LIMITS = {
    "float32": {"min_spike_agreement": 1.0, "min_class_agreement": 1.0, "max_accuracy_loss": 0.0},
    "int8": {"min_spike_agreement": 0.0, "min_class_agreement": 0.95, "max_accuracy_loss": 0.005},
}


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
    parser.add_argument("--data", metavar="DATA", required=True, help=DATA_HELP)
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
    from snnrt.comparison import compare_with_reference
    from snnrt.data.load import load_for_model

    network = snnrt.load(args.model)
    graph = network.graph
    source = _source_graph(args, graph)
    data = load_for_model(args.data, graph, limit=args.limit)
    with progress_bar("comparing") as progress:
        comparison = compare_with_reference(network, source, data, progress=progress)
    limits = dict(_LIMITS[graph.numbers])
    for name in limits:
        if getattr(args, name) is not None:
            limits[name] = getattr(args, name)
    broken = _broken(comparison, limits)
    if args.json:
        given = {"model": args.model, "against": args.against, "data": args.data, "numbers": graph.numbers}
        print_json(
            given | _figures(comparison) | {"limits": limits, "agrees": not broken, "disagreements": broken}
        )
    else:
        _print(args, graph, comparison, broken)
    return FAILED if broken else 0


def _source_graph(args: argparse.Namespace, graph: Graph) -> Graph:
    import snnrt
    from snnrt.converters.frameworks.registry import NAMES

    if _is_model(args.against):
        return snnrt.load(args.against).graph
    recorded = graph.metadata.get("source")
    options: dict[str, Any] = {
        "timesteps": graph.timesteps,
        "readout": graph.readout.mode,
        "encoding": graph.input.encoding,
        "low": graph.input.low,
        "high": graph.input.high,
    }
    if source_text(graph) in NAMES:
        options["source_framework"] = source_text(graph)
    given = recorded.get("options") if isinstance(recorded, dict) else None
    if isinstance(given, dict):
        options |= {name: given[name] for name in IMPORT_OPTIONS if given.get(name) is not None}
    return snnrt.convert(args.against, numbers="float32", **(options | import_options(args))).graph


def _is_model(path: str) -> bool:
    from snnrt.ir.spec import MAGIC

    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def _broken(comparison: Comparison, limits: dict[str, float]) -> list[str]:
    broken = []
    for name, what in (("spike_agreement", "spikes"), ("class_agreement", "classes")):
        found, least = getattr(comparison, name), limits[f"min_{name}"]
        if found < least:
            broken.append(f"{what} agree for {found:.6f}, expected at least {least:g}")
    loss, most = comparison.accuracy_loss, limits["max_accuracy_loss"]
    # one part in 10⁹: 0.95 − 0.945 must not count as more than 0.005
    if loss is not None and loss > most + 1e-9:
        broken.append(f"the accuracy falls by {loss:.4f}, expected at most {most:g}")
    return broken


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
    print(f"disagrees: {printable('; '.join(broken))}" if broken else "agrees")
