"""From nodes and edges to what each node reads: one input, one output, nothing beside the way between."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from snnrt.converters.common.source_node import SourceNode
from snnrt.errors import ModelError

MAX_EDGES = 16384
MAX_NODES = 2048

Read = tuple[str, int]
"""What is read: a source, and how many timesteps before."""


@dataclass
class Connections:
    """For each node by name what it reads, several inputs being summed; the only input and output."""

    reads: dict[str, list[Read]]
    input: str
    output: str

    def readers(self, name: str) -> list[str]:
        """The nodes that read ``name``, in the order of the nodes."""
        return [reader for reader, reads in self.reads.items() for source, _ in reads if source == name]


def connect(
    kinds: Mapping[str, str],
    edges: Sequence[tuple[str, str]],
    inputs: Sequence[str],
    outputs: Sequence[str],
    identities: Collection[str] = (),
) -> Connections:
    """Join nodes of the source (``kinds`` by name) by ``edges`` (source, reader).

    ``inputs``, ``outputs``: the nodes that are one. ``identities`` compute nothing and are left out.
    So are nodes that do not reach the output. Raises ModelError unless there are exactly one input and one
    output with a path between them, and where a node reads nothing or a limit is passed.
    """
    if len(kinds) > MAX_NODES:
        raise ModelError(f"the graph has {len(kinds)} nodes; expected at most {MAX_NODES}")
    source, output = _only("Input", inputs), _only("Output", outputs)
    edges = _without_identities(edges, identities)
    reads: dict[str, list[Read]] = {name: [] for name in kinds if name not in identities}
    for origin, reader in edges:
        reads[reader].append((origin, 0))
    connections = Connections(reads, source, output)
    _keep_what_matters(connections, kinds)
    return connections


def check_edge_count(count: int) -> None:
    """Raise ModelError where ``count`` edges are too many."""
    if count > MAX_EDGES:
        raise ModelError(f"the graph has more than {MAX_EDGES} edges; expected a smaller network")


def _only(word: str, found: Sequence[str]) -> str:
    if len(found) != 1:
        names = ": " + ", ".join(map(repr, found)) if found else ""
        remedy = "export a model of one input and one output"
        if not found:
            remedy = f"export it again with one, or add the {word} node that says the shape, and its edge"
        raise ModelError(f"the graph has {len(found)} {word} nodes{names}; expected exactly one; {remedy}")
    return found[0]


def _without_identities(
    edges: Sequence[tuple[str, str]], identities: Collection[str]
) -> list[tuple[str, str]]:
    """Join what lies before and after each of ``identities``."""
    kept = list(edges)
    for name in sorted(identities):
        before = [source for source, reader in kept if reader == name]
        after = [reader for source, reader in kept if source == name]
        if name in before:
            raise ModelError(f"node {name!r}: a cycle of inputs and outputs only; expected a neuron in it")
        kept = [edge for edge in kept if name not in edge]
        check_edge_count(len(kept) + len(before) * len(after))
        kept += [(source, reader) for source in before for reader in after]
    return kept


def _keep_what_matters(connections: Connections, kinds: Mapping[str, str]) -> None:
    reads, source, output = connections.reads, connections.input, connections.output
    if reads[source]:
        raise ModelError(f"{SourceNode(source, kinds[source])}: has an edge into it; expected none")
    reaching = _reachable({name: [s for s, _ in read] for name, read in reads.items()}, output)
    if source not in reaching:
        raise ModelError(
            f"no path leads from {source!r} ({kinds[source]}) to {output!r} ({kinds[output]}); "
            "check the edges"
        )
    for name in list(reads):
        if name not in reaching:
            del reads[name]
        elif not reads[name] and name != source:
            raise ModelError(f"{SourceNode(name, kinds[name])}: reads nothing; expected an edge into it")
    if any(origin == output for read in reads.values() for origin, _ in read):
        raise ModelError(f"{SourceNode(output, kinds[output])}: has an edge out of it; expected none")


def _reachable(neighbours: Mapping[str, Sequence[str]], start: str) -> set[str]:
    seen = {start}
    pending = [start]
    while pending:
        for name in neighbours[pending.pop()]:
            if name not in seen:
                seen.add(name)
                pending.append(name)
    return seen
