"""From edges with any number of steps of delay to the IR's order, in which a delay is one step.

The IR reads a delayed value from a node later in the list (docs/ir.md). Longer delays, and readers
that cannot come before their source, go through Delay nodes; an Add of one input holds what may not be read
delayed itself.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping

import numpy as np

from snnrt.converters.common.names import Names
from snnrt.converters.common.wired import Wired
from snnrt.errors import ModelError
from snnrt.ir.graph import Add, Concatenate, Conv2d, Delay, Dense, Edge, Flatten, Input, Neuron, Node, Pool2d
from snnrt.ir.spec import MAX_NODES


def order_nodes(wired: Mapping[str, Wired], names: Names) -> tuple[Node, ...]:
    """The wired nodes in execution order, with the Delays and Adds that their delays need.

    ``wired`` starts with the Input; its undelayed edges form no cycle. Raises ModelError if the
    delays need more nodes than a file can hold.
    """
    line = _DelayLines(wired, names)
    for reader in list(wired):
        for place, (source, steps) in enumerate(wired[reader].reads):
            if steps:
                line.connect(reader, place, source, steps)
    line.level_concatenations()
    return _sorted(line)


class _DelayLines:
    def __init__(self, wired: Mapping[str, Wired], names: Names) -> None:
        self.names = names
        self.nodes = {name: one.node for name, one in wired.items()}
        self.edges = {name: [Edge(source) for source, _ in one.reads] for name, one in wired.items()}
        # successors[a] must come after a in the list
        self.successors: dict[str, list[str]] = {name: [] for name in wired}
        self._lines: dict[tuple[str, int], str] = {}
        self._made_ahead: set[str] = set()
        for name, one in wired.items():
            for source, steps in one.reads:
                if steps == 0:
                    self.successors[source].append(name)

    def connect(self, reader: str, place: int, source: str, steps: int) -> None:
        held = self._held(source, steps - 1)
        may_read_ahead = isinstance(self.nodes[reader], (Add, Dense, Conv2d, Pool2d, Neuron))
        if may_read_ahead and not self._leads_to(held, reader):
            self.successors[reader].append(held)
            self.edges[reader][place] = Edge(held, 1)
        elif not may_read_ahead and self._leads_to(reader, source):
            ahead = self._ahead(held)
            self.successors[ahead].append(reader)
            self.edges[reader][place] = Edge(ahead, 0)
        else:
            held = self._held(source, steps)
            self.successors[held].append(reader)
            self.edges[reader][place] = Edge(held, 0)

    def _ahead(self, held: str) -> str:
        """An Add that stands before ``held`` and gives its value of the step before."""
        shape = self.nodes[held].shape
        name = self.names.fresh(f"{held}.before")
        self.nodes[name], self.edges[name] = Add(name, (), shape), [Edge(held, 1)]
        self.successors[name] = [held]
        self._made_ahead.add(name)
        return name

    def level_concatenations(self) -> None:
        """Where an Add gives one of the inputs of a Concatenate, which all are of one type, Adds give all."""
        for reader in [name for name, node in self.nodes.items() if isinstance(node, Concatenate)]:
            edges = self.edges[reader]
            if not any(edge.source in self._made_ahead for edge in edges):
                continue
            for place, edge in enumerate(edges):
                if edge.source in self._made_ahead:
                    continue
                name = self.names.fresh(f"{edge.source}.numbers")
                self.nodes[name] = Add(name, (), self.nodes[edge.source].shape)
                self.edges[name], self.successors[name] = [edge], [reader]
                self.successors[edge.source].append(name)
                edges[place] = Edge(name)

    def _held(self, source: str, steps: int) -> str:
        """The node that holds ``source``'s value of ``steps`` steps before."""
        # nothing may stand before the input, and a flatten's values move with its source
        if steps == 0 and not isinstance(self.nodes[source], (Input, Flatten)):
            return source
        if (source, steps) not in self._lines:
            wanted = f"{source}.delay{steps}" if steps else f"{source}.held"
            self._lines[source, steps] = self._add(wanted, source, steps)
        return self._lines[source, steps]

    def _add(self, wanted: str, source: str, steps: int) -> str:
        if len(self.nodes) >= MAX_NODES:
            raise ModelError(
                f"the delays make more than {MAX_NODES} nodes; use a larger dt or fewer different delays"
            )
        name, shape = self.names.fresh(wanted), self.nodes[source].shape
        held = Delay(name, (), shape, np.asarray(steps, np.int32)) if steps else Add(name, (), shape)
        self.nodes[name], self.edges[name] = held, [Edge(source)]
        self.successors[name] = []
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
    """Topological order (Kahn), earliest node first where there is a choice."""
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
