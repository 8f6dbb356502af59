"""Cycles: each is cut by a delay of one step, since a step can't wait for its own result."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from snnrt.converters.common.connections import Connections
from snnrt.converters.common.drafts import Draft, NeuronDraft
from snnrt.errors import ModelError


def cut_cycles(drafts: Mapping[str, Draft], connections: Connections) -> list[tuple[str, str]]:
    """Delay one edge of each cycle by a step, and give (source, reader) of those that were.

    It is the edge that leaves the cycle's last neuron. Raises ModelError for a cycle without a neuron.

    The last neuron is the one farthest from the input; its spikes of the step before come back, so
    what lies between (a recurrent layer with a bias, say) is computed from the first step on.
    """
    distance = _distances(connections)
    cut: list[tuple[str, str]] = []
    while True:
        cycle = _find_cycle_group(connections)
        if not cycle:
            return cut
        neurons = [(distance[name], name) for name in cycle if isinstance(drafts[name], NeuronDraft)]
        if not neurons:
            names = ", ".join(map(repr, sorted(cycle)[:8]))
            raise ModelError(f"the nodes {names} form a cycle without a neuron; expected one in it")
        _, last = max(neurons)
        for reader in sorted(cycle):
            if (last, 0) in connections.reads[reader]:
                reads = connections.reads[reader]
                connections.reads[reader] = [(last, 1) if read == (last, 0) else read for read in reads]
                cut.append((last, reader))


def _distances(connections: Connections) -> dict[str, int]:
    readers: dict[str, list[str]] = {name: [] for name in connections.reads}
    for reader, sources in connections.reads.items():
        for source, _ in sources:
            readers[source].append(reader)
    distance = dict.fromkeys(connections.reads, 0)
    seen = {connections.input}
    pending = deque([connections.input])
    while pending:
        name = pending.popleft()
        for reader in readers[name]:
            if reader not in seen:
                seen.add(reader)
                distance[reader] = distance[name] + 1
                pending.append(reader)
    return distance


def _find_cycle_group(connections: Connections) -> set[str]:
    """One strongly connected set over undelayed edges (Tarjan 1972, without recursion); empty if none."""
    sources = {name: [s for s, steps in read if steps == 0] for name, read in connections.reads.items()}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for start in connections.reads:
        if start in index:
            continue
        index[start] = low[start] = len(index)
        stack.append(start)
        on_stack.add(start)
        work = [(start, iter(sources[start]))]
        while work:
            name, rest = work[-1]
            for source in rest:
                if source not in index:
                    index[source] = low[source] = len(index)
                    stack.append(source)
                    on_stack.add(source)
                    work.append((source, iter(sources[source])))
                    break
                if source in on_stack:
                    low[name] = min(low[name], index[source])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[name])
                if low[name] == index[name]:
                    group: set[str] = set()
                    while name not in group:
                        group.add(stack.pop())
                    on_stack -= group
                    if len(group) > 1 or name in sources[name]:
                        return group
    return set()


def is_recurrent(drafts: Mapping[str, Draft], connections: Connections, name: str) -> bool:
    """Does ``name`` read its own spikes, directly or through nodes that are not neurons?"""
    pending = [source for source, _ in connections.reads[name]]
    seen: set[str] = set()
    while pending:
        source = pending.pop()
        if source == name:
            return True
        if source not in seen and not isinstance(drafts[source], NeuronDraft):
            seen.add(source)
            pending.extend(origin for origin, _ in connections.reads[source])
    return False
