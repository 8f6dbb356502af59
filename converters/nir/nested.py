"""NIR's nested graphs become one: nodes by dotted names, and the edges between them."""

from __future__ import annotations

from dataclasses import dataclass, field

from snnrt.converters.common.connections import check_edge_count
from snnrt.converters.nir.file import Leaf, NirGraph
from snnrt.converters.nir.primitives import NirNode
from snnrt.errors import ModelError


@dataclass
class Inlined:
    """NIR nodes by name, edges (source, reader), and the inner inputs and outputs among the nodes."""

    nodes: dict[str, Leaf] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    inner_ends: set[str] = field(default_factory=set)

    def outer(self, kind: str) -> list[str]:
        """The nodes of ``kind``, an input or an output, that are none of a nested graph."""
        return [
            name for name, node in self.nodes.items() if node.kind == kind and name not in self.inner_ends
        ]


def inline(graph: NirGraph) -> Inlined:
    """``graph`` with its nested graphs in place. Raises ModelError where one has not one input and output."""
    inlined = Inlined()
    _append(graph, "", inlined)
    return inlined


def _append(graph: NirGraph, prefix: str, inlined: Inlined) -> None:
    entry: dict[str, str] = {}
    exit_: dict[str, str] = {}
    for key, node in graph.nodes.items():
        name = prefix + key
        if isinstance(node, NirGraph):
            _append(node, f"{name}.", inlined)
            entry[key], exit_[key] = (_only(node, name, kind) for kind in ("Input", "Output"))
            inlined.inner_ends.update((entry[key], exit_[key]))
        else:
            if name in inlined.nodes:
                raise ModelError(
                    f"node {name!r}: two nodes have this name once nested graphs are inlined; rename one"
                )
            inlined.nodes[name] = node
            entry[key] = exit_[key] = name
    inlined.edges.extend((exit_[source], entry[reader]) for source, reader in graph.edges)
    check_edge_count(len(inlined.edges))


def _only(graph: NirGraph, name: str, kind: str) -> str:
    found = [
        f"{name}.{key}"
        for key, inner in graph.nodes.items()
        if isinstance(inner, NirNode) and inner.kind == kind
    ]
    if len(found) != 1:
        raise ModelError(
            f"node {name!r} (NIRGraph): has {len(found)} {kind} nodes; expected one, "
            "because NIR's edges cannot say which one they mean"
        )
    return found[0]
