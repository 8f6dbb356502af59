"""Weights finer than int8: a layer becomes the sum of two, a coarse one and a fine one.

A spike that rounding moves by a step in the first layer moves several in the next, and soon a class. So the
first layer's rounding decides how far a network in int8 is from its float32, and bits are worth most there;
those of a constant input are summed once an input, not once a timestep. The coarse synapse holds each weight
to the nearest of ±127 steps and reads its input times a power of four; the fine one reads the input itself
and holds the rest, in the same unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from snnrt.converters.passes.quantise_balance import times
from snnrt.converters.passes.quantise_units import (
    UnitSolver,
    channel_units,
    effective_weights,
    is_whole,
    whole_steps,
)
from snnrt.errors import ModelError
from snnrt.ir.graph import Add, Edge, Graph, Node, Weighted
from snnrt.ir.spec import LARGEST_INT16, LARGEST_SUM, LARGEST_WEIGHT
from snnrt.ir.value_types import largest_values

Fine = Literal["none", "constant", "all"] | Sequence[str]
"""Which layers: those that read what is the same at every timestep, all, or by name."""

# how much finer, the most first; the rest of a weight is at most half of it, far below 127
_FACTORS = (16, 4)
_SAME = 1e-4
COARSE, FINE = ".coarse", ".fine"
"""What the names of the two synapses end in."""


def with_fine_weights(
    graph: Graph, units: dict[str, np.ndarray], fine: Fine, narrow: bool
) -> tuple[Graph, dict[str, np.ndarray], frozenset[str]]:
    """``graph`` (prepared) with the layers of ``fine`` in two, its units, and the coarse synapses.

    A layer keeps the name, as their addition. Left whole: weights on a grid of ±127 steps already; where the
    input times four has no room in int16 or its sum in 2³⁰; and where another branch of an addition, or a
    parameter, makes the unit coarser than the weights are. Raises ModelError for a name that is no layer's,
    and for one that has to stay whole but for its grid.
    """
    wanted = _wanted(graph, fine)
    factors = {
        name: _fitting(graph, graph[name], units) for name in wanted if _is_rounded(graph, graph[name], units)
    }
    while True:
        if not isinstance(fine, str) and (without := [name for name, left in factors.items() if not left]):
            raise ModelError(
                f"node {without[0]!r}: fine: no room for finer weights in its input's int16, its sum's 2^30 "
                "or the unit that it shares; leave it out"
            )
        chosen = {name: left[0] for name, left in factors.items() if left}
        if not chosen:
            return graph, units, frozenset()
        found = _split(graph, units, chosen)
        solver = UnitSolver(found, narrow)
        solved = solver.solve()
        poor = [
            name
            for name in chosen
            if (channel_units(solved[name]) > channel_units(solver.own[name + COARSE]) * (1 + _SAME)).any()
        ]
        if not poor:
            return found, solved, frozenset(name + COARSE for name in chosen)
        for name in poor:
            del factors[name][0]


def fine_layers(graph: Graph, source: Graph) -> tuple[str, ...]:
    """Of an int8 ``graph``, the layers of ``source`` that are in two."""
    return tuple(
        node.name
        for node in source
        if isinstance(node, Weighted) and any(one.name == node.name and isinstance(one, Add) for one in graph)
    )


def _wanted(graph: Graph, fine: Fine) -> list[str]:
    layers = [node.name for node in graph if isinstance(node, Weighted)]
    if fine == "none":
        return []
    if fine == "all":
        return layers
    if fine == "constant":
        constant = graph.static_nodes()
        return [name for name in layers if all(edge.source in constant for edge in graph[name].inputs)]
    for name in fine:
        if isinstance(fine, str) or name not in layers:
            raise ModelError(
                f"fine: expected 'none', 'constant', 'all', or names of {', '.join(map(repr, layers))}, "
                f"found {fine if isinstance(fine, str) else name!r}"
            )
    return [name for name in layers if name in fine]


def _is_rounded(graph: Graph, node: Node, units: Mapping[str, np.ndarray]) -> bool:
    """Whether int8 loses anything: no weight is, of those that training has put on a grid."""
    assert isinstance(node, Weighted)
    weights = effective_weights(node, units[node.inputs[0].source])
    steps = whole_steps(np.abs(weights / _largest(weights)).reshape(len(weights), -1), LARGEST_WEIGHT)
    return not is_whole(weights / _largest(weights) * steps.reshape(_largest(weights).shape)).all()


def _fitting(graph: Graph, node: Node, units: Mapping[str, np.ndarray]) -> list[int]:
    """By how much the weights may be finer, the most first."""
    assert isinstance(node, Weighted)
    level = largest_values(graph.with_(arithmetic="integer"))[node.inputs[0].source]
    room = min(LARGEST_INT16, LARGEST_SUM // 2 // (node.fan_in * LARGEST_WEIGHT))
    return [factor for factor in _FACTORS if factor * level <= room]


def _largest(weights: np.ndarray) -> np.ndarray:
    """Of each output channel, 1 where all are zero; with as many axes."""
    largest = np.abs(weights).reshape(len(weights), -1).max(axis=1)
    return np.where(largest > 0, largest, 1.0).reshape((-1,) + (1,) * (weights.ndim - 1))


def _split(graph: Graph, units: Mapping[str, np.ndarray], factors: Mapping[str, int]) -> Graph:
    names = {node.name for node in graph}
    after: dict[str, list[Node]] = {}
    chains: dict[tuple[str, int], str] = {}
    nodes: list[Node] = []
    for node in graph:
        if not isinstance(node, Weighted) or node.name not in factors:
            nodes.append(node)
            continue
        edge, factor = node.inputs[0], factors[node.name]
        effective = effective_weights(node, units[edge.source])
        steps = _largest(effective) / LARGEST_WEIGHT
        # the same share of a weight, whatever its input's unit is
        whole = np.divide(
            np.rint(effective / steps) * steps, effective, out=np.zeros_like(effective), where=effective != 0
        )
        weights = node.weights.astype(np.float64)
        coarse, fine = node.name + COARSE, node.name + FINE
        if {coarse, fine} & names:
            raise ModelError(f"node {node.name!r}: fine: {coarse!r} or {fine!r} is a node's name already")
        read = times(graph[edge.source], factor, after, chains, names)
        nodes += (
            node.with_(
                name=coarse, inputs=(Edge(read, edge.delay),), bias=None,
                weights=(weights * whole / factor).astype(np.float32),
            ),
            node.with_(name=fine, weights=(weights * (1 - whole)).astype(np.float32)),
            Add(node.name, (Edge(coarse), Edge(fine)), node.shape, as_current=True),
        )  # fmt: skip
    return graph.with_(nodes=tuple(new for node in nodes for new in (node, *after.get(node.name, []))))
