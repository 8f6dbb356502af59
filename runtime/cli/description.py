"""What several commands say about a model, in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snnrt.cli.output import shape_text
from snnrt.texts import printable

if TYPE_CHECKING:
    from snnrt.ir.graph import Graph


def inputs_text(graph: Graph) -> str:
    """Shape, encoding and range of the input."""
    source = graph.input
    encoding = "the same at every timestep" if source.encoding == "constant" else "spikes over time"
    return f"{shape_text(source.shape)}, {encoding}, values {source.low:g} … {source.high:g}"


def exit_text(graph: Graph, timesteps: int | None = None) -> str:
    """The exit rule and the most timesteps; ``timesteps`` where fewer than the model's were asked for."""
    steps = timesteps or graph.timesteps
    unit = "timestep" if steps == 1 else "timesteps"
    if graph.exit.rule == "never":
        return f"never: always {steps} {unit}"
    condition = (
        f"normalised entropy < {graph.exit.threshold:g}"
        if graph.exit.rule == "entropy"
        else f"largest probability > {graph.exit.threshold:g}"
    )
    return f"{graph.exit.rule}: {condition}, at most {steps} {unit}"


def source_text(graph: Graph) -> str:
    """The framework that the network came from, empty where the metadata does not say."""
    source = graph.metadata.get("source")
    if isinstance(source, dict):
        source = source.get("framework")
    return printable(source or "")


def assumptions_of(graph: Graph) -> list[str]:
    """What the importer assumed, as the metadata kept it."""
    source = graph.metadata.get("source")
    assumptions = source.get("assumptions") if isinstance(source, dict) else None
    return [printable(text) for text in assumptions] if isinstance(assumptions, list) else []
