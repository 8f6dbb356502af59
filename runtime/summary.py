"""What a network is, in words: a screen of text for whoever holds it, and lines that commands share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from snnrt.format.model import Model
from snnrt.format.sizes import file_info
from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES
from snnrt.texts import printable, shortened

if TYPE_CHECKING:
    from snnrt.ir.graph import Graph

WIDTH = 80
MOST_NODES = 14
"""Rows of nodes that a screen has room for; of more, the middle is left out."""


def shape_text(shape: Sequence[int]) -> str:
    """A shape as 1×8×8."""
    return "×".join(str(axis) for axis in shape)


def byte_count(count: int) -> str:
    """A size in bytes, and in KiB or MiB where that reads better."""
    if count < 1 << 10:
        return f"{count} bytes"
    short = f"{count / (1 << 10):.1f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"
    return f"{count} bytes ({short})"


def inputs_text(graph: Graph) -> str:
    """Shape, encoding and range of the input."""
    source = graph.input
    encoding = "the same at every timestep" if source.encoding == "constant" else "spikes over time"
    return f"{shape_text(source.shape)}, {encoding}, values {source.low:g} … {source.high:g}"


def readout_text(graph: Graph) -> str:
    """Classes, what is read of them, and what exit rules see of that."""
    scaled = (
        "" if graph.readout.logit_scale is None else f", times {graph.readout.exit_scale:g} for exit rules"
    )
    return f"{graph.readout.shape[0]} classes, {graph.readout.mode} over timesteps{scaled}"


def exit_text(exit: Exit, timesteps: int) -> str:
    """The exit and the most timesteps."""
    unit = "timestep" if timesteps == 1 else "timesteps"
    if exit.rule == "never":
        return f"never: always {timesteps} {unit}"
    if exit.rule == "combined":
        return f"{exit}, at most {timesteps} {unit}"
    what = RULES[exit.rule].words.format(f"{exit.threshold:g}")
    return f"{exit.rule}: {what}, at most {timesteps} {unit}"


def network_line(graph: Graph) -> str:
    """The network on one line: input → kinds of nodes → classes; what is too long loses its middle."""
    kinds = [getattr(node, "model", node.kind) for node in graph.nodes[1:-2]]
    if len(kinds) > 8:
        kinds = [*kinds[:4], f"… {len(kinds) - 7} more …", *kinds[-3:]]
    parts = [shape_text(graph.input.shape), ", ".join(kinds), f"{graph.readout.shape[0]} classes"]
    return f"{' → '.join(part for part in parts if part)}, {graph.numbers}"


def class_names(graph: Graph) -> tuple[str, ...] | None:
    """The K names in the metadata, one a class; None where there are none, or not as many."""
    names = graph.metadata.get("class_names")
    if not isinstance(names, (list, tuple)) or len(names) != graph.readout.shape[0]:
        return None
    return tuple(str(name) for name in names)


def summary_text(model: Model) -> str:
    """At most 24 lines of 80 characters: what goes in and comes out, sizes, and a row a node."""
    graph, info = model.graph, file_info(model)
    name = printable(graph.metadata.get("name") or "network", 40)
    readout = readout_text(graph)
    names = class_names(graph)
    if names:
        readout += f": {', '.join(printable(one, 24) for one in names)}"
    facts = [
        (name, f"{len(graph.nodes)} nodes, {graph.numbers}"),
        ("input", inputs_text(graph)),
        ("output", readout),
        ("exit", exit_text(Exit.of(graph.exit), graph.timesteps)),
        ("flash", f"{byte_count(info.file_bytes)} for the model"),
        ("RAM", f"{byte_count(info.arena_bytes)} for states and outputs"),
    ]
    label = max(len(left) for left, _ in facts)
    lines = [shortened(f"{left:{label}}  {right}", WIDTH) for left, right in facts]
    rows = [("node", "kind", "output", "weights", "state")]
    for node, sizes in zip(graph.nodes[:-1], info.nodes):
        kind = getattr(node, "model", node.kind)
        bytes_of = (str(sizes.weight_bytes), str(sizes.state_bytes))
        rows.append((printable(node.name, 28), kind, shape_text(node.shape), *bytes_of))
    left_out = len(rows) - 1 - MOST_NODES
    if left_out > 0:
        half = MOST_NODES // 2
        rows = [*rows[: half + 1], (f"… {left_out} more", "", "", "", ""), *rows[-half:]]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines.append("")
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row[:3], widths)]
        cells += [cell.rjust(width) for cell, width in zip(row[3:], widths[3:])]
        lines.append(shortened("  ".join(cells).rstrip(), WIDTH))
    lines.append("weights and state in bytes")
    return "\n".join(lines)
