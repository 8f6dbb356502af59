"""Branches that share a unit although one reads spikes and the other numbers of many levels.

A weight of 1 on a spike needs a unit of 1/127; a weight of 1 on an input of 255 levels one of 1/(255·127).
If both meet in an addition, the coarser unit would round the input's weights to nothing. So the spikes are
multiplied by a power of four before their synapse, by adding them to themselves, and its weights divided.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnrt.converters.passes.quantise_units import UnitSolver
from snnrt.ir.graph import Add, Edge, Graph, Neuron, Node, Weighted
from snnrt.ir.spec import LARGEST_INT16, LARGEST_SUM, LARGEST_WEIGHT
from snnrt.ir.value_types import largest_values

_COPIES = 4
# how much coarser than its own a branch's unit may be
_TOLERATED = 2.0


def balance(graph: Graph, narrow: bool) -> tuple[Graph, dict[str, np.ndarray]]:
    """``graph`` (prepared) with spikes multiplied where that saves another branch's weights; its units."""
    solver = UnitSolver(graph, narrow)
    units = solver.solve()
    factors = _factors(graph, solver, units)
    if not factors:
        return graph, units
    graph = _multiplied(graph, factors)
    return graph, UnitSolver(graph, narrow).solve()


def _factors(graph: Graph, solver: UnitSolver, units: dict[str, np.ndarray]) -> dict[str, int]:
    """By which power of four to multiply the input of a dense or conv2d."""
    factors: dict[str, int] = {}
    levels = largest_values(graph.with_(arithmetic="integer"))
    for node in graph:
        if not isinstance(node, Add) or not node.as_current:
            continue
        branches = _synapses_behind(graph, node)
        if len(branches) < 2:
            continue
        reads = {branch.name: levels[branch.inputs[0].source] for branch in branches}
        finest = max(branches, key=lambda branch: reads[branch.name])
        coarser = {
            branch.name: float(np.median(_channels(units[branch.name]) / solver.own[branch.name]))
            for branch in branches
        }
        wanted = coarser[finest.name]
        if wanted <= _TOLERATED:
            continue
        for branch in branches:
            needed, factor = wanted / coarser[branch.name], factors.get(branch.name, 1)
            while factor < needed and factor * _COPIES * reads[branch.name] <= reads[finest.name] * _COPIES:
                room = LARGEST_SUM // 2 // (branch.fan_in * LARGEST_WEIGHT)
                if factor * _COPIES * reads[branch.name] > min(room, LARGEST_INT16):
                    break
                factor *= _COPIES
            factors[branch.name] = factor
    return {name: factor for name, factor in factors.items() if factor > 1}


def _channels(unit: np.ndarray) -> np.ndarray:
    return unit.reshape(unit.shape[0], -1)[:, 0]


def _synapses_behind(graph: Graph, node: Node) -> list[Weighted]:
    """The dense and conv2d whose output reaches ``node`` as a current."""
    found: dict[str, Weighted] = {}
    seen: set[str] = set()
    pending = [node]
    while pending:
        current = pending.pop()
        for edge in current.inputs:
            source = graph[edge.source]
            if isinstance(source, Weighted):
                found[source.name] = source
            elif source.name not in seen and not (
                isinstance(source, Neuron) and source.threshold is not None
            ):
                seen.add(source.name)
                pending.append(source)
    return list(found.values())


def _multiplied(graph: Graph, factors: dict[str, int]) -> Graph:
    """``graph`` where each named synapse reads ``factor`` times its input with weights that much smaller."""
    names = {node.name for node in graph}
    after: dict[str, list[Node]] = {}
    chains: dict[tuple[str, int], str] = {}
    nodes = []
    for node in graph:
        if isinstance(node, Weighted) and node.name in factors:
            edge, factor = node.inputs[0], factors[node.name]
            name = times(graph[edge.source], factor, after, chains, names)
            node = replace(node, inputs=(Edge(name, edge.delay),), weights=node.weights / np.float32(factor))
        nodes.append(node)
    return graph.with_(nodes=tuple(new for node in nodes for new in (node, *after.get(node.name, []))))


def times(source: Node, factor: int, after: dict, chains: dict, names: set[str]) -> str:
    """The node that holds ``factor``, a power of four, times ``source``; made right after it, four at a time.

    ``after``: new nodes by the one that they follow; ``chains``: the multiples that there are; ``names``: all
    that are taken.
    """
    name, reached = source.name, 1
    while reached < factor:
        reached *= _COPIES
        if (source.name, reached) not in chains:
            new = f"{source.name}.times{reached}"
            while new in names:
                new += "x"
            names.add(new)
            after.setdefault(source.name, []).append(Add(new, (Edge(name),) * _COPIES, source.shape))
            chains[source.name, reached] = new
        name = chains[source.name, reached]
    return name
