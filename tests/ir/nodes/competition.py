"""What inhibition and winners share: spikes, with potentials or without, and the choice of one element."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from node_cases import Malformed
from scalar_numbers import Index, Values, indices

from snnrt.ir.build import Value
from snnrt.ir.graph import Add, Edge, Neuron, Weighted
from snnrt.ir.nodes.competition import Competition

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar


def spikes_and_potentials(graph: GrowingGraph, x: Value) -> tuple[Value, ...]:
    """x where it is spikes, or neurons that read it; often with numbers of the same shape."""
    node = next(node for node in graph.g.nodes if node.name == x.name)
    fires = graph.g._types[x.name] == "bits"
    spikes = x if fires else _neuron(graph, x)
    # what is quantised later compares only what can share one unit
    keeps = not fires and (graph.integer or not graph.style.device or isinstance(node, Weighted))
    potentials = x if keeps else None
    if potentials is None and graph.chance(0.7):
        potentials = graph.same(spikes, spikes.shape)
        if graph.chance(0.3):
            potentials = _integrator(graph, potentials)
    return (spikes,) if potentials is None else (spikes, potentials)


def _neuron(graph: GrowingGraph, x: Value) -> Value:
    """Neurons of at most one spike a step, many of which fire in the same one."""
    if graph.integer and not graph.current[x.name]:
        x = graph.node(Add, x, as_current=True)
    low, high = (1, 40) if graph.integer else (0.1, 0.8)
    threshold = graph.rng.uniform(low, high, graph.granularity(x.shape))
    leak = graph.rng.uniform(0.5, 1.0)
    if graph.integer:
        return graph.node(
            Neuron, x, membrane=int(leak * 32768), threshold=np.rint(threshold).astype(np.int32), reset="none"
        )
    return graph.node(Neuron, x, membrane=leak, threshold=threshold, reset="none")


def _integrator(graph: GrowingGraph, x: Value) -> Value:
    return graph.node(Neuron, x, membrane=32768 if graph.integer else 1.0, reset="none")


def scalar_states(net: Scalar, node: Competition) -> dict[str, Values]:
    return {"won": dict.fromkeys(indices(node.shape), False)}


def near(a: Index, b: Index, radius: int) -> bool:
    """Whether two elements lie in positions at most ``radius`` rows and columns apart."""
    return all(abs(p - q) <= radius for p, q in zip(a[1:], b[1:]))


def choose(
    net: Scalar, node: Competition, sources: list[Values], most: int, one_a_map: bool, reach: int | None
) -> Values:
    """Again and again the best spike that no winner excludes."""
    won, order = net.states[node.name]["won"], net.order[node.name]
    places = indices(node.shape)
    # equals by (map, row, column); of a vector by its place in the file
    rank = {i: order.index(i) if len(i) == 1 else i for i in places}

    def excluded(i: Index) -> bool:
        winners = [j for j in places if won[j]]
        if len(winners) >= most or (one_a_map and any(i[0] == j[0] for j in winners)):
            return True
        return reach is not None and any(near(i, j, reach) for j in winners)

    while True:
        best = None
        for i in sorted(places, key=lambda i: rank[i]):
            if not sources[0][i] or won[i] or excluded(i):
                continue
            higher = best is None
            if best is not None and len(sources) > 1:
                x, y = sources[1][i], sources[1][best]
                higher = bool(x > y) or (y != y and x == x)
            best = i if higher else best
        if best is None:
            return {i: int(bool(sources[0][i]) and won[i]) for i in places}
        won[best] = True


def malformed(number: str) -> list[Malformed]:
    spikes, numbers = Edge("fires"), Edge("current")
    return [
        Malformed(number, {"radius": -1}, ("radius", "0", "-1")),
        Malformed(number, {"radius": 2**24}, ("radius", str(2**24))),
        Malformed(number, {"radius": 1.0}, ("radius", "an integer", "1.0")),
        Malformed(number, {"inputs": (numbers, numbers)}, ("spikes as its first", "current")),
        Malformed(number, {"inputs": (spikes, spikes)}, ("numbers", "as its second", "fires")),
        Malformed(number, {"inputs": (spikes, numbers, numbers)}, ("inputs", "1 to 2", "3")),
        Malformed(number, {"inputs": ()}, ("inputs", "1 to 2", "0")),
        Malformed(number, {"shape": (2, 4, 3)}, ("shape", "(2, 4, 4)")),
    ]
