"""``snnrt inspect``: what is in a model file and what it needs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from snnrt.cli.arguments import add_json, subcommand
from snnrt.cli.description import assumptions_of, exit_text, inputs_text, source_text
from snnrt.cli.output import byte_count, print_facts, print_json, print_table, shape_text

if TYPE_CHECKING:
    from snnrt.network import Network

_EXAMPLE = "  snnrt inspect digits.snnrt"
_COLUMNS = ("weight_bytes", "state_bytes", "output_bytes", "arena_offset")


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(commands, "inspect", "show what a model contains and what it needs", _EXAMPLE)
    parser.add_argument("model", metavar="MODEL", help="a .snnrt file")
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Print the model's input, nodes, exit rule, memory and metadata."""
    import snnrt

    network = snnrt.load(args.model)
    if args.json:
        print_json(_document(args.model, network))
    else:
        _print(args.model, network)
    return 0


def _rows(network: Network) -> list[dict[str, Any]]:
    rows = []
    for node, row in zip(network.graph.nodes, network.file_info().nodes, strict=True):
        rows.append(
            {
                "name": node.name,
                "kind": getattr(node, "model", node.kind),
                "inputs": [edge.source + ("[t−1]" if edge.delay else "") for edge in node.inputs],
                "shape": node.shape,
                "dtype": row.dtype,
                **{column: getattr(row, column) for column in _COLUMNS},
            }
        )
    return rows


def _document(model: str, network: Network) -> dict[str, object]:
    graph, info, rows = network.graph, network.file_info(), _rows(network)
    source = graph.input
    return {
        "model": model,
        "numbers": graph.numbers,
        "timesteps": graph.timesteps,
        "input": {
            "shape": source.shape,
            "encoding": source.encoding,
            "low": source.low,
            "high": source.high,
        },
        "readout": graph.readout.mode,
        "classes": graph.readout.shape[0],
        "exit_rule": graph.exit.rule,
        "threshold": graph.exit.threshold,
        "file_bytes": info.file_bytes,
        "arena_bytes": info.arena_bytes,
        "weight_bytes": sum(row["weight_bytes"] for row in rows),
        "nodes": rows,
        "metadata": graph.metadata,
    }


def _print(model: str, network: Network) -> None:
    graph, info, rows = network.graph, network.file_info(), _rows(network)
    weights = sum(row["weight_bytes"] for row in rows)
    title = graph.metadata.get("name")
    print_facts(
        [
            ("model", f"{model} ({title})" if title else model),
            ("numbers", graph.numbers),
            ("input", inputs_text(graph)),
            ("readout", f"{graph.readout.shape[0]} classes, {graph.readout.mode} over timesteps"),
            ("exit", exit_text(graph)),
            ("flash", f"{byte_count(info.file_bytes)}, of which weights {byte_count(weights)}"),
            ("RAM", f"{byte_count(info.arena_bytes)}: the arena for states and outputs"),
            *_metadata_facts(network),
        ]
    )
    print()
    header = ("node", "kind", "reads", "shape", "dtype", "weights", "state", "output", "at")
    lines = [
        (
            row["name"],
            row["kind"],
            ", ".join(row["inputs"]),
            shape_text(row["shape"]),
            row["dtype"],
            *("–" if row[column] is None else row[column] for column in _COLUMNS),
        )
        for row in rows
    ]
    print_table(header, lines, left=(0, 1, 2, 3, 4))
    print("weights, state and output in bytes; at: where the output lies in the arena")


def _metadata_facts(network: Network) -> list[tuple[str, object]]:
    metadata, graph = network.graph.metadata, network.graph
    facts: list[tuple[str, object]] = []
    if "accuracy" in metadata:
        facts.append(("accuracy", metadata["accuracy"]))
    names = metadata.get("class_names")
    if isinstance(names, list):
        facts.append(("classes", ", ".join(str(name) for name in names)))
    if source_text(graph):
        facts.append(("source", source_text(graph)))
    facts += [("assumed" if index == 0 else "", text) for index, text in enumerate(assumptions_of(graph))]
    shown = {"accuracy", "class_names", "source", "name", "node_names"}
    facts += [(key, value) for key, value in metadata.items() if key not in shown]
    return facts
