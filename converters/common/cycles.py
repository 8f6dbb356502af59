"""One flat graph out of NIR's nested ones: subgraphs inlined, delays counted in steps, cycles cut."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import nir
import numpy as np

from snnrt.converters.nir.file import NirGraph
from snnrt.errors import ModelError

MAX_EDGES = 16384
MAX_NODES = 2048
MAX_DELAY = 1024
NEURONS = (nir.I, nir.IF, nir.LI, nir.LIF, nir.CubaLI, nir.CubaLIF, nir.Threshold)


@dataclass
class FlatGraph:
    """NIR nodes by name and, for each, what it reads: (source, delay in timesteps).

    Several inputs of a node are summed. ``input`` and ``output`` name the only Input and Output.
    """

    nodes: dict[str, nir.NIRNode]
    inputs: dict[str, list[tuple[str, int]]]
    input: str
    output: str

    def readers(self, name: str) -> list[str]:
        """The nodes that read ``name``, in the order of the nodes."""
        return [reader for reader, sources in self.inputs.items() for source, _ in sources if source == name]


def flatten_graph(graph: NirGraph) -> FlatGraph:
    """Inline nested graphs and leave out what does not reach the Output.

    Raises ModelError unless there are exactly one Input and one Output, joined by edges.
    """
    nodes: dict[str, nir.NIRNode] = {}
    edges: list[tuple[str, str]] = []
    passed: set[str] = set()
    _inline(graph, "", nodes, edges, passed)
    if len(nodes) > MAX_NODES:
        raise ModelError(f"the graph has {len(nodes)} nodes; expected at most {MAX_NODES}")
    ends = {}
    for kind in (nir.Input, nir.Output):
        found = [name for name, node in nodes.items() if isinstance(node, kind) and name not in passed]
        if len(found) != 1:
            names = ": " + ", ".join(map(repr, found)) if found else ""
            raise ModelError(
                f"the graph has {len(found)} {kind.__name__} nodes{names}; expected exactly one; "
                "export a model of one input and one output"
            )
        ends[kind] = found[0]
    edges = _without_passed(edges, passed)
    for name in passed:
        del nodes[name]
    inputs: dict[str, list[tuple[str, int]]] = {name: [] for name in nodes}
    for source, reader in edges:
        inputs[reader].append((source, 0))
    flat = FlatGraph(nodes, inputs, ends[nir.Input], ends[nir.Output])
    _keep_what_matters(flat)
    return flat


def _inline(
    graph: NirGraph,
    prefix: str,
    nodes: dict[str, nir.NIRNode],
    edges: list[tuple[str, str]],
    passed: set[str],
) -> None:
    """Append ``graph``'s nodes and edges; ``passed`` collects inner inputs and outputs."""
    entry: dict[str, str] = {}
    exit_: dict[str, str] = {}
    for key, node in graph.nodes.items():
        name = prefix + key
        if isinstance(node, NirGraph):
            _inline(node, f"{name}.", nodes, edges, passed)
            ends = []
            for kind in (nir.Input, nir.Output):
                found = [f"{name}.{k}" for k, inner in node.nodes.items() if isinstance(inner, kind)]
                if len(found) != 1:
                    raise ModelError(
                        f"node {name!r} (NIRGraph): has {len(found)} {kind.__name__} nodes; expected one, "
                        "because NIR's edges cannot say which one they mean"
                    )
                ends.append(found[0])
            entry[key], exit_[key] = ends
            passed.update(ends)
        else:
            if name in nodes:
                raise ModelError(
                    f"node {name!r}: two nodes have this name once nested graphs are inlined; rename one"
                )
            nodes[name] = node
            entry[key] = exit_[key] = name
    edges.extend((exit_[source], entry[reader]) for source, reader in graph.edges)
    if len(edges) > MAX_EDGES:
        raise ModelError(f"the graph has more than {MAX_EDGES} edges; expected a smaller network")


def _without_passed(edges: list[tuple[str, str]], passed: set[str]) -> list[tuple[str, str]]:
    """Join what lies before and after each inner Input or Output, which compute nothing."""
    for name in sorted(passed):
        before = [source for source, reader in edges if reader == name]
        after = [reader for source, reader in edges if source == name]
        if name in before:
            raise ModelError(f"node {name!r}: a cycle of inputs and outputs only; expected a neuron in it")
        edges = [edge for edge in edges if name not in edge]
        if len(edges) + len(before) * len(after) > MAX_EDGES:
            raise ModelError(f"the graph has more than {MAX_EDGES} edges; expected a smaller network")
        edges += [(source, reader) for source in before for reader in after]
    return edges


def _keep_what_matters(flat: FlatGraph) -> None:
    if flat.inputs[flat.input]:
        raise ModelError(f"node {flat.input!r} (Input): has an edge into it; expected none")
    reaching = _reachable(
        {name: [s for s, _ in sources] for name, sources in flat.inputs.items()}, flat.output
    )
    if flat.input not in reaching:
        raise ModelError(
            f"no path leads from {flat.input!r} (Input) to {flat.output!r} (Output); check the edges"
        )
    for name in list(flat.nodes):
        if name not in reaching:
            del flat.nodes[name], flat.inputs[name]
        elif not flat.inputs[name] and name != flat.input:
            kind = type(flat.nodes[name]).__name__
            raise ModelError(f"node {name!r} ({kind}): reads nothing; expected an edge into it")
    if any(source == flat.output for sources in flat.inputs.values() for source, _ in sources):
        raise ModelError(f"node {flat.output!r} (Output): has an edge out of it; expected none")


def _reachable(neighbours: dict[str, list[str]], start: str) -> set[str]:
    seen = {start}
    pending = [start]
    while pending:
        for name in neighbours[pending.pop()]:
            if name not in seen:
                seen.add(name)
                pending.append(name)
    return seen


def resolve_delays(flat: FlatGraph, dt: float) -> None:
    """Turn Delay nodes into delays of edges, in timesteps of ``dt`` seconds.

    Raises ModelError unless a node's delays are one whole number of steps, up to 1024.
    """
    for name in [key for key, node in flat.nodes.items() if isinstance(node, nir.Delay)]:
        stored = np.asarray(flat.nodes[name].delay)
        delay = stored.reshape(-1).astype(np.float64) if stored.dtype.kind in "fiu" else np.zeros(0)
        steps = _whole_steps(delay / dt)
        if steps is None:
            found = f"{delay.min():g} to {delay.max():g} s" if delay.size else "nothing"
            raise ModelError(
                f"node {name!r} (Delay): expected one whole number of timesteps for all elements (0 to "
                f"{MAX_DELAY}, dt = {dt:g} s), found {found}; round the delays or give another dt"
            )
        sources = flat.inputs.pop(name)
        del flat.nodes[name]
        if any(source == name for source, _ in sources):
            raise ModelError(f"node {name!r} (Delay): reads itself; expected a neuron in the cycle")
        if sum(map(len, flat.inputs.values())) + len(flat.readers(name)) * len(sources) > MAX_EDGES:
            raise ModelError(f"the graph has more than {MAX_EDGES} edges; expected a smaller network")
        for reader, read in flat.inputs.items():
            flat.inputs[reader] = [
                (origin, origin_steps + own + steps) if source == name else (source, own)
                for source, own in read
                for origin, origin_steps in (sources if source == name else [(source, own)])
            ]
        longest = max((own for read in flat.inputs.values() for _, own in read), default=0)
        if longest > MAX_DELAY:
            raise ModelError(
                f"node {name!r} (Delay): delays add up to {longest} steps; expected at most {MAX_DELAY}"
            )


def _whole_steps(delay: np.ndarray) -> int | None:
    """The one whole number that all delays are, within a thousandth of a step."""
    if not delay.size or not np.isfinite(delay).all():
        return None
    steps = round(float(delay[0]))
    return steps if 0 <= steps <= MAX_DELAY and np.abs(delay - steps).max() <= 1e-3 else None


def cut_cycles(flat: FlatGraph) -> list[tuple[str, str]]:
    """Delay one edge of each cycle by a step, and say which: the one that leaves the cycle's last neuron.

    The last neuron is the one farthest from the Input; its spikes of the step before come back, so
    what lies between (a recurrent layer with a bias, say) is computed from the first step on.
    """
    distance = _distances(flat)
    cut: list[tuple[str, str]] = []
    while True:
        cycle = _find_cycle_group(flat)
        if not cycle:
            return cut
        neurons = [(distance[name], name) for name in cycle if isinstance(flat.nodes[name], NEURONS)]
        if not neurons:
            names = ", ".join(map(repr, sorted(cycle)[:8]))
            raise ModelError(f"the nodes {names} form a cycle without a neuron; expected one in it")
        _, last = max(neurons)
        for reader in sorted(cycle):
            if (last, 0) in flat.inputs[reader]:
                reads = flat.inputs[reader]
                flat.inputs[reader] = [(last, 1) if read == (last, 0) else read for read in reads]
                cut.append((last, reader))


def _distances(flat: FlatGraph) -> dict[str, int]:
    readers: dict[str, list[str]] = {name: [] for name in flat.nodes}
    for reader, sources in flat.inputs.items():
        for source, _ in sources:
            readers[source].append(reader)
    distance = dict.fromkeys(flat.nodes, 0)
    seen = {flat.input}
    pending = deque([flat.input])
    while pending:
        name = pending.popleft()
        for reader in readers[name]:
            if reader not in seen:
                seen.add(reader)
                distance[reader] = distance[name] + 1
                pending.append(reader)
    return distance


def _find_cycle_group(flat: FlatGraph) -> set[str]:
    """One strongly connected set over undelayed edges (Tarjan 1972, without recursion); empty if none."""
    sources = {name: [s for s, steps in read if steps == 0] for name, read in flat.inputs.items()}
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for start in flat.nodes:
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


def is_recurrent(flat: FlatGraph, name: str) -> bool:
    """Does ``name`` read its own spikes, directly or through nodes that are not neurons?"""
    pending = [source for source, _ in flat.inputs[name]]
    seen: set[str] = set()
    while pending:
        source = pending.pop()
        if source == name:
            return True
        if source not in seen and not isinstance(flat.nodes[source], NEURONS):
            seen.add(source)
            pending.extend(origin for origin, _ in flat.inputs[source])
    return False
