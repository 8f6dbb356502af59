"""From edges with any number of steps of delay to the IR's order, in which a delay is one step.

The IR reads a delayed value from a node later in the list (docs/ir.md). Longer delays, and readers
that cannot come before their source, go through Add nodes of one input, which hold a value for a step.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.element_order import element_orders
from snnrt.ir.graph import Add, Conv2d, Dense, Edge, Flatten, Graph, Input, Neuron, Node, Pool2d

MAX_NODES = 1024
MAX_REORDERED = 2048


@dataclass
class Draft:
    """A node, and what it reads: (source, steps of delay)."""

    node: Node
    reads: list[tuple[str, int]]


class Names:
    """Hands out names that no node has yet."""

    def __init__(self, taken: set[str]) -> None:
        self._taken = set(taken)

    def fresh(self, wanted: str) -> str:
        """``wanted``, or ``wanted`` with a number."""
        name, count = wanted, 2
        while name in self._taken:
            name, count = f"{wanted}.{count}", count + 1
        self._taken.add(name)
        return name


def order_nodes(drafts: dict[str, Draft], names: Names) -> tuple[Node, ...]:
    """The drafts as nodes in execution order, with the Adds that their delays need.

    ``drafts`` starts with the Input; its undelayed edges form no cycle. Raises ModelError if the
    delays need more nodes than a file can hold.
    """
    line = _DelayLines(drafts, names)
    for reader in list(drafts):
        for place, (source, steps) in enumerate(drafts[reader].reads):
            if steps:
                line.connect(reader, place, source, steps)
    return _sorted(line)


class _DelayLines:
    def __init__(self, drafts: dict[str, Draft], names: Names) -> None:
        self.names = names
        self.nodes = {name: draft.node for name, draft in drafts.items()}
        self.edges = {name: [Edge(source) for source, _ in draft.reads] for name, draft in drafts.items()}
        # successors[a] must come after a in the list
        self.successors: dict[str, list[str]] = {name: [] for name in drafts}
        self._lines: dict[str, list[str]] = {}
        for name, draft in drafts.items():
            for source, steps in draft.reads:
                if steps == 0:
                    self.successors[source].append(name)

    def connect(self, reader: str, place: int, source: str, steps: int) -> None:
        held = self._held(source, steps - 1)
        may_read_ahead = isinstance(self.nodes[reader], (Add, Dense, Conv2d, Pool2d, Neuron))
        if may_read_ahead and not self._leads_to(held, reader):
            self.successors[reader].append(held)
            self.edges[reader][place] = Edge(held, 1)
        else:
            held = self._held(source, steps)
            self.successors[held].append(reader)
            self.edges[reader][place] = Edge(held, 0)

    def _held(self, source: str, steps: int) -> str:
        """The node that holds ``source``'s value of ``steps`` steps before."""
        line = self._lines.setdefault(source, [])
        if not line:
            line.append(source)
            # nothing may stand before the input, and a flatten's values move with its source
            if isinstance(self.nodes[source], (Input, Flatten)):
                line[0] = self._add(f"{source}.held", source, 0)
        while len(line) <= steps:
            line.append(self._add(f"{source}.delay{len(line)}", line[-1], 1))
        return line[steps]

    def _add(self, wanted: str, source: str, delay: int) -> str:
        if len(self.nodes) >= MAX_NODES:
            raise ModelError(
                f"the delays make more than {MAX_NODES} nodes; use a larger dt or shorter delays"
            )
        name = self.names.fresh(wanted)
        self.nodes[name] = Add(name, (), self.nodes[source].shape)
        self.edges[name] = [Edge(source, delay)]
        self.successors[name] = [source] if delay else []
        if not delay:
            self.successors[source].append(name)
        return name

    def _leads_to(self, start: str, goal: str) -> bool:
        pending, seen = [start], {start}
        while pending:
            name = pending.pop()
            if name == goal:
                return True
            for successor in self.successors[name]:
                if successor not in seen:
                    seen.add(successor)
                    pending.append(successor)
        return False


def _sorted(line: _DelayLines) -> tuple[Node, ...]:
    """Topological order (Kahn), earliest draft first where there is a choice."""
    rank = {name: index for index, name in enumerate(line.nodes)}
    waiting = dict.fromkeys(line.nodes, 0)
    for successors in line.successors.values():
        for name in successors:
            waiting[name] += 1
    ready = [rank[name] for name, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    by_rank = list(line.nodes)
    ordered: list[Node] = []
    while ready:
        name = by_rank[heapq.heappop(ready)]
        ordered.append(line.nodes[name].with_(inputs=tuple(line.edges[name])))
        for successor in line.successors[name]:
            waiting[successor] -= 1
            if waiting[successor] == 0:
                heapq.heappush(ready, rank[successor])
    if len(ordered) != len(line.nodes):
        raise ModelError("the graph has a cycle without a delay; expected a neuron in each cycle")
    return tuple(ordered)


def with_plain_vectors(nodes: tuple[Node, ...], names: Names) -> tuple[Node, ...]:
    """The nodes, with an identity layer behind flattens where a flattened map meets another vector.

    A flatten leaves its elements channel-last (docs/ir.md), and only a dense layer can put them in
    another order: needed where the readout or a sum reads them with no dense layer between.
    """
    try:
        element_orders(Graph(nodes, 1))
        return nodes
    except ModelError:
        pass
    shapes = {node.name: node.shape for node in nodes}
    reordered: dict[str, str] = {}
    result: list[Node] = []
    # a delayed reader stands before its source, so names come first
    for node in nodes:
        if (
            isinstance(node, Flatten)
            and len(shapes[node.inputs[0].source]) == 3
            and node.shape[0] <= MAX_REORDERED
        ):
            readers = [reader for reader in nodes if any(edge.source == node.name for edge in reader.inputs)]
            if not all(isinstance(reader, Dense) for reader in readers):
                reordered[node.name] = names.fresh(f"{node.name}.order")
    for node in nodes:
        if not isinstance(node, Dense):
            edges = (replace(edge, source=reordered.get(edge.source, edge.source)) for edge in node.inputs)
            node = node.with_(inputs=tuple(edges))
        result.append(node)
        if node.name in reordered:
            identity = np.eye(node.shape[0], dtype=np.float32)
            result.append(Dense(reordered[node.name], (Edge(node.name),), node.shape, weights=identity))
    return tuple(result)
