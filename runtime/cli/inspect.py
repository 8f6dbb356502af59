"""``snnrt inspect``: what is in a model file, and what it needs on a device, before there is one."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from snnrt.cli.arguments import add_json, completed, subcommand
from snnrt.cli.description import assumptions_of, preprocessing_document, preprocessing_facts, source_text
from snnrt.cli.output import print_facts, print_json, print_table, print_text
from snnrt.cli.profile import shipped_names
from snnrt.texts import LONGEST_VALUE, printable

if TYPE_CHECKING:
    from snnrt.format.sizes import FileInfo
    from snnrt.network import Network
    from snnrt.targets.device_needs import CoreNeeds, DeviceNeeds

_EXAMPLE = """\
  snnrt inspect digits.snnrt
  snnrt inspect digits.snnrt --core cortex-m4 --json
  snnrt inspect digits.snnrt --target dt-snn"""

_COLUMNS = ("weight_bytes", "state_bytes", "output_bytes", "arena_offset", "scratch_bytes", "operations")


def add_parser(commands: argparse._SubParsersAction) -> None:
    """Declare the command and its arguments."""
    parser = subcommand(commands, "inspect", "show what a model contains and what it needs", _EXAMPLE)
    parser.add_argument("model", metavar="MODEL", help="a .snnrt file")
    parser.add_argument(
        "--core", metavar="NAME", help="code, stack and instructions on this core only, as cortex-m4 or rv32"
    )
    target = parser.add_argument(
        "--target",
        metavar="NAME",
        help="draw where the network lies on this in-memory target: tiles, how full they are, empty "
        "ones; or what "
        "it needs of a neuromorphic one",
    )
    completed(target, shipped_names()[1:], files=True)
    add_json(parser)
    parser.set_defaults(function=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Print the model's input, nodes, exit rule, memory, metadata, and what it takes on each core."""
    import snnrt
    from snnrt.targets.device_needs import device_needs

    network = snnrt.load(args.model)
    if args.target is not None:
        return _placement(args, network)
    needs = device_needs(network, args.core)
    if args.json:
        print_json(_document(args.model, network, needs))
    else:
        _print(args.model, network, needs)
    return 0


def _placement(args: argparse.Namespace, network: Network) -> int:
    """Where the network lies on a target."""
    from snnrt.targets.placement import placement

    found = placement(network.graph, args.target)
    if args.json:
        print_json({"model": args.model, **found.to_dict()})
    else:
        for line in found.lines():
            print_text(line)
    return 0


def _rows(network: Network, needs: DeviceNeeds) -> list[dict[str, Any]]:
    rows = []
    nodes = network.graph.nodes
    for node, row, work in zip(nodes, network.file_info().nodes, needs.work, strict=True):
        rows.append(
            {
                "name": node.name,
                "kind": getattr(node, "model", node.kind),
                "rule": node.in_words(),
                "inputs": [edge.source + ("[t−1]" if edge.delay else "") for edge in node.inputs],
                "shape": node.shape,
                "dtype": row.dtype,
                **{column: getattr(row, column) for column in _COLUMNS[:4]},
                "scratch_bytes": needs.scratch_bytes[node.name],
                "synaptic_operations": work.synaptic_operations,
                "neuron_updates": work.neuron_updates,
                "first_timestep_only": work.static,
            }
        )
    return rows


def _document(model: str, network: Network, needs: DeviceNeeds) -> dict[str, object]:
    from snnrt.targets.device_needs import arena_reasons

    graph, info, rows = network.graph, network.file_info(), _rows(network, needs)
    source = graph.input
    return {
        "model": model,
        "numbers": graph.profile,
        "timesteps": graph.timesteps,
        "input": {
            "shape": source.shape,
            "encoding": source.encoding,
            "low": source.low,
            "high": source.high,
        },
        "preprocessing": preprocessing_document(graph),
        "readout": graph.readout.mode,
        "logit_scale": graph.readout.exit_scale,
        "classes": graph.readout.shape[0],
        "exit": str(network.exit),
        "file_bytes": info.file_bytes,
        "arena_bytes": info.arena_bytes,
        "arena_reasons": arena_reasons(graph, needs),
        "scratch_bytes": max(needs.scratch_bytes.values()),
        "weight_bytes": sum(row["weight_bytes"] for row in rows),
        "nodes": rows,
        "buffers": [vars(buffer) for buffer in needs.buffers],
        "first_timestep": vars(needs.first),
        "later_timesteps": vars(needs.later),
        "cores": _cores(needs, info),
        "metadata": graph.metadata,
    }


def _cores(needs: DeviceNeeds, info: FileInfo) -> dict[str, dict[str, dict[str, Any]]]:
    """By core and setting."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for core in needs.cores:
        found.setdefault(core.build.core, {})[core.build.setting] = _core(core, info)
    return found


def _core(core: CoreNeeds, info: FileInfo) -> dict[str, Any]:
    build = core.build
    return vars(build) | {
        "optimisation": build.optimisation,
        "code_bytes": build.code_bytes,
        "flash_bytes": build.code_bytes + info.file_bytes,
        "ram_bytes": info.arena_bytes + build.network_bytes + build.stack_bytes,
        "first_timestep_instructions": core.first_instructions,
        "later_timestep_instructions": core.later_instructions,
    }


def _print(model: str, network: Network, needs: DeviceNeeds) -> None:
    from snnrt.summary import byte_count, exit_text, inputs_text, readout_text
    from snnrt.targets.device_needs import arena_reasons

    graph, info, rows = network.graph, network.file_info(), _rows(network, needs)
    weights = sum(row["weight_bytes"] for row in rows)
    title = graph.metadata.get("name")
    scratch = max(needs.scratch_bytes.values())
    facts: list[tuple[str, object]] = [
        ("model", f"{model} ({printable(title, LONGEST_VALUE)})" if title else model),
        ("numbers", graph.profile),
        ("input", inputs_text(graph)),
        ("readout", readout_text(graph)),
        ("exit", exit_text(network.exit, network.timesteps)),
        ("flash", f"{byte_count(info.file_bytes)}, of which weights {byte_count(weights)}"),
        ("RAM", f"{byte_count(info.arena_bytes)}: the arena for states and outputs"),
    ]
    facts += [("", text) for text in arena_reasons(graph, needs)]
    if scratch:
        facts.append(("scratch", f"{byte_count(scratch)} more, if wanted, for faster convolutions"))
    facts += [("timestep", _step_text(needs)), *_metadata_facts(network)]
    print_facts(facts)
    print()
    _print_nodes(rows)
    neurons: list[tuple[str, object]] = [
        (node.name, node.in_words()) for node in graph if node.kind == "neuron"
    ]
    if neurons:
        print()
        print_facts([("neurons", "rule; x is what they read"), *neurons])
    print()
    _print_buffers(needs)
    print()
    _print_cores(needs, info)


def _step_text(needs: DeviceNeeds) -> str:
    first, later = needs.first, needs.later
    text = f"at most {first.synaptic_operations} synaptic operations, {first.neuron_updates} neuron updates"
    if later != first:
        text += f"; after the first {later.synaptic_operations} synaptic operations"
    return text


def _print_nodes(rows: list[dict[str, Any]]) -> None:
    from snnrt.summary import shape_text

    names = ("node", "kind", "reads", "shape", "dtype")
    header = (*names, "weights", "state", "output", "at", "scratch", "operations")
    lines = []
    for row in rows:
        cells = row | {"operations": row["synaptic_operations"] or row["neuron_updates"]}
        lines.append(
            (
                row["name"],
                row["kind"],
                ", ".join(row["inputs"]),
                shape_text(row["shape"]),
                row["dtype"],
                *("–" if cells[column] is None else cells[column] for column in _COLUMNS),
            )
        )
    print_table(header, lines, left=(0, 1, 2, 3, 4))
    print_text("weights, state, output and scratch in bytes; at: where the output lies in the arena;")
    print_text("operations: the most synaptic operations, or neuron updates, of a timestep")


def _print_buffers(needs: DeviceNeeds) -> None:
    last = len(needs.work) - 1
    lines = [
        (
            buffer.offset,
            buffer.bytes,
            buffer.node,
            buffer.role,
            "always" if buffer.kept else f"nodes {buffer.first} … {min(buffer.last, last)}",
        )
        for buffer in needs.buffers
    ]
    print_table(("arena at", "bytes", "node", "holds", "in use"), lines, left=(2, 3, 4))


def _print_cores(needs: DeviceNeeds, info: FileInfo) -> None:
    header = ["core", "built", "code", "flash", "RAM", "stack: init", "step", "run", "verify", "instructions"]
    columns = ["optimisation", "code_bytes", "flash_bytes", "ram_bytes"]
    columns += [f"{call}_stack_bytes" for call in ("init", "step", "run", "verify")]
    columns.append("first_timestep_instructions")
    if needs.later != needs.first:
        header.append("later")
        columns.append("later_timestep_instructions")
    columns.insert(0, "core")
    cores = [_core(core, info) for core in needs.cores]
    print_table(header, [tuple(core[column] for column in columns) for core in cores], left=(0, 1))
    builds = [core.build for core in needs.cores]
    compilers = ", ".join(sorted({build.compiler for build in builds}))
    print_text("built: small at -Os, or fast at -O2, as exported projects are unless told otherwise;")
    print_text(f"code: of snnrt for this model by {compilers}, with the check of the model;")
    summed = builds[0].summed_parts
    if len(summed) > 1:
        print_text(f"code is a sum over parts ({', '.join(summed)}): whole builds took between")
        print_text(
            f"{max(build.code_less_bytes for build in builds)} bytes less and "
            f"{max(build.code_more_bytes for build in builds)} bytes more than such sums;"
        )
    print_text("flash: code and model; RAM: arena, one snnrt_network and the deepest stack;")
    print_text("instructions: the most that a timestep takes")
    parts = {name: [build.added_bytes[name] for build in builds] for name in builds[0].added_bytes}
    ranges = {name: "…".join(str(end) for end in sorted({min(of), max(of)})) for name, of in parts.items()}
    without = ranges.pop("model_check")
    added = ", ".join(f"{name} {count}" for name, count in ranges.items())
    print_text(f"code that may be added: {added}; that goes without the check of the model: {without}")


def _promise_facts(network: Network) -> list[tuple[str, object]]:
    from snnrt.calibration.promise import KEY, Promise

    promise = Promise.of(network.graph)
    if promise is None:
        return [("promise", "none that can be read")] if KEY in network.graph.metadata else []
    if not promise.is_of(network.exit):
        return [("promise", f"none for this exit: one was given for {promise.exit}")]
    return [("promise" if place == 0 else "", line) for place, line in enumerate(promise.sentences())]


def _monitor_facts(network: Network) -> list[tuple[str, object]]:
    from snnrt.calibration.monitor import MonitorPromise

    if network.graph.exit.monitor is None:
        return []
    promise = MonitorPromise.of(network.graph)
    if promise is None or promise.exit != str(network.exit):
        return [("monitor", "there, and no promise of it that can be read")]
    return [("monitor" if place == 0 else "", line) for place, line in enumerate(promise.sentences())]


def _metadata_facts(network: Network) -> list[tuple[str, object]]:
    metadata, graph = network.graph.metadata, network.graph
    facts: list[tuple[str, object]] = []
    if "accuracy" in metadata:
        facts.append(("accuracy", metadata["accuracy"]))
    names = metadata.get("class_names")
    if isinstance(names, list):
        facts.append(("classes", ", ".join(printable(name) for name in names)))
    if source_text(graph):
        facts.append(("source", source_text(graph)))
    facts += [("assumed" if index == 0 else "", text) for index, text in enumerate(assumptions_of(graph))]
    facts += preprocessing_facts(graph)
    facts += _promise_facts(network) + _monitor_facts(network)
    shown = {"accuracy", "class_names", "source", "name", "node_names", "preprocessing", "exit_promise"}
    shown.add("monitor_promise")
    facts += [(key, value) for key, value in metadata.items() if key not in shown]
    return facts
