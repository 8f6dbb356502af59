"""What several commands say about a model, in the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snnrt.texts import printable

if TYPE_CHECKING:
    from snnrt.ir.graph import Graph


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


def preprocessing_facts(graph: Graph) -> list[tuple[str, object]]:
    """What happens to raw values before the first node, where the file says so."""
    from snnrt.data.preprocessing import Preprocessing

    chosen = Preprocessing.of_graph(graph)
    return [] if chosen is None else [("raw values", chosen.in_words())]


def preprocessing_document(graph: Graph) -> dict[str, object] | None:
    """The same for JSON, with every field; None where the file says nothing."""
    from dataclasses import asdict

    from snnrt.data.preprocessing import Preprocessing

    chosen = Preprocessing.of_graph(graph)
    return None if chosen is None else asdict(chosen)
