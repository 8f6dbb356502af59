"""Rewrites a float32 graph so that every node has an int8 counterpart, spikes and currents apart."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from snnrt.converters.passes.membrane_form import decay_form
from snnrt.converters.passes.quantise_units import MEMBRANE_PARAMETERS
from snnrt.errors import ModelError
from snnrt.ir.graph import (
    Add,
    Concatenate,
    Conv2d,
    Dense,
    Edge,
    Graph,
    Neuron,
    Node,
    Weighted,
    broadcast,
)
from snnrt.ir.node import complaint
from snnrt.ir.spec import ValueType

# a threshold of so many units is as fine as weights are
ENOUGH_UNITS = 64.0
LARGEST_IDENTITY = 4096
_SAME = 1e-6


@dataclass(frozen=True)
class _Kinds:
    """``currents``: nodes whose int8 output is a current; ``units``: what 1 stands for at most in the
    others'; ``numbers``: those of the others whose output is int16, not bits."""

    currents: frozenset[str]
    units: dict[str, float]
    numbers: frozenset[str]


def prepare(graph: Graph) -> Graph:
    """``graph`` (its input with scale and peak) with dense chains merged and identities put in.

    An addition or concatenation of currents and spikes gets an identity synapse for the spikes, whose unit
    can then be shared; a concatenation of spikes and numbers of them an addition that counts the spikes;
    a neuron that reads spikes or counts gets an ``Add(as_current=True)`` where that is exact or fine
    enough, else an identity synapse. Raises ModelError for what has no int8 form.
    """
    graph = _merge_dense_chains(graph)
    kinds = _kinds(graph)
    _refuse_synapses_on_currents(graph, kinds)
    inserted: dict[str, list[Node]] = {}
    names = {node.name for node in graph}
    nodes = []
    for node in graph:
        if isinstance(node, (Add, Concatenate)):
            node = _with_currents(graph, node, kinds, inserted, names)
        elif isinstance(node, Neuron) and node.inputs[0].source not in kinds.currents:
            node = _reading_current(graph, node, kinds, inserted, names)
        nodes.append(node)
    # right after its source an inserted node serves delayed and undelayed readers alike
    return graph.with_(nodes=tuple(new for node in nodes for new in (node, *inserted.get(node.name, []))))


def _merge_dense_chains(graph: Graph) -> Graph:
    """dense(dense(x)) with nothing between and no other reader becomes one dense: W₂W₁, W₂b₁ + b₂."""
    nodes = list(graph.nodes)
    position = 0
    while position < len(nodes):
        outer = nodes[position]
        inner = next((n for n in nodes if outer.inputs and n.name == outer.inputs[0].source), None)
        readers = [e for n in nodes for e in n.inputs if inner is not None and e.source == inner.name]
        if not (
            isinstance(outer, Dense)
            and isinstance(inner, Dense)
            and outer.inputs[0].delay == 0
            and inner.inputs[0].delay == 0
            and len(readers) == 1
        ):
            position += 1
            continue
        first, second = inner.weights.astype(np.float64), outer.weights.astype(np.float64)
        bias = np.zeros(second.shape[0]) if outer.bias is None else outer.bias.astype(np.float64)
        if inner.bias is not None:
            bias = bias + second @ inner.bias.astype(np.float64)
        merged = outer.with_(
            inputs=inner.inputs, weights=(second @ first).astype(np.float32), bias=bias.astype(np.float32)
        )
        nodes[position] = merged
        nodes.remove(inner)
        position = 0
    return graph.with_(nodes=tuple(nodes))


def _kinds(graph: Graph) -> _Kinds:
    currents: set[str] = set()
    units: dict[str, float] = {}
    # values of several units side by side, which no addition takes
    mixed: set[str] = set()
    # delayed edges point forward, so what is known grows over a few passes
    while True:
        before = len(currents), len(units)
        for node in graph.nodes[:-2]:
            sources = [edge.source for edge in node.inputs]
            found = [units[source] for source in sources if source in units]
            current = node.holds_current([source in currents for source in sources])
            differ = bool(found) and max(found) - min(found) > _SAME * max(found)
            differ |= len(sources) > 1 and any(source in mixed for source in sources)
            if current or (differ and node.shares_unit and node.bounded_by_inputs):
                currents.add(node.name)
            elif not node.bounded_by_inputs or len(found) == len(sources):
                units[node.name] = node.value_unit(max(found, default=1.0))
                if node.bounded_by_inputs and (differ or any(source in mixed for source in sources)):
                    mixed.add(node.name)
        for name in currents:
            units.pop(name, None)
        if (len(currents), len(units)) == before:
            break
    for node in graph.nodes[:-2]:
        if node.name not in currents and node.name not in units:
            raise ModelError(
                f"node {node.name!r} ({node.kind}): values in a loop without a neuron have no bound in int8; "
                "put a neuron in the loop, or use --numbers float32"
            )
    return _Kinds(frozenset(currents), units, _numbers(graph, currents))


def _numbers(graph: Graph, currents: set[str]) -> frozenset[str]:
    """Nodes whose int8 output is int16 values."""
    types: dict[str, ValueType | None] = {}
    # twice: what is read delayed has its type only after a first round
    for node in graph.nodes[:-2] * 2:
        sources = [types.get(edge.source) for edge in node.inputs]
        type_ = node.output_type(True, "int16" if "int16" in sources else sources[0] if sources else None)
        types[node.name] = "int32" if node.name in currents else type_
    return frozenset(name for name, type_ in types.items() if type_ == "int16")


def _refuse_synapses_on_currents(graph: Graph, kinds: _Kinds) -> None:
    for node in graph:
        if isinstance(node, Weighted) and node.inputs[0].source in kinds.currents:
            source = graph[node.inputs[0].source]
            raise complaint(
                node,
                "input",
                "spikes or the network's input in int8",
                f"the real-valued output of {source.name!r} ({source.kind}); put a spiking neuron between, "
                "or use --numbers float32",
            )


def _with_currents(
    graph: Graph, node: Add | Concatenate, kinds: _Kinds, inserted: dict, names: set[str]
) -> Node:
    current = node.name in kinds.currents
    counts = not isinstance(node, Add) and any(edge.source in kinds.numbers for edge in node.inputs)
    edges = []
    for edge in node.inputs:
        if current and edge.source not in kinds.currents:
            edge = _through_identity(graph, edge, node, inserted, names)
        elif not current and counts and edge.source not in kinds.numbers:
            edge = _counted(graph, edge, node, inserted, names)
        edges.append(edge)
    node = replace(node, inputs=tuple(edges))
    return replace(node, as_current=current) if isinstance(node, Add) else node


def _counted(graph: Graph, edge: Edge, reader: Node, inserted: dict, names: set[str]) -> Edge:
    """An edge to a new addition of one input after the edge's source: its spikes as numbers of them."""
    name = _new_name(f"{reader.name}.from.{edge.source}", names)
    source = graph[edge.source]
    inserted.setdefault(source.name, []).append(Add(name, (Edge(source.name),), source.shape))
    return Edge(name, edge.delay)


def _reading_current(graph: Graph, node: Neuron, kinds: _Kinds, inserted: dict, names: set[str]) -> Neuron:
    edge = node.inputs[0]
    source = graph[edge.source]
    vector = len(source.shape) == 1
    if _fine_enough(node, kinds.units[edge.source]) or (vector and source.shape[0] > LARGEST_IDENTITY):
        current = Add(
            _new_name(f"{node.name}.current", names), (Edge(source.name),), source.shape, as_current=True
        )
        inserted.setdefault(source.name, []).append(current)
        return replace(node, inputs=(Edge(current.name, edge.delay),))
    return replace(node, inputs=(_through_identity(graph, edge, node, inserted, names),))


def _fine_enough(node: Neuron, unit: float) -> bool:
    """Whether a membrane that counts in ``unit`` loses nothing that matters."""
    form = decay_form(node)
    worth = broadcast(form.gain, node.shape) * unit
    fields = [getattr(node, name) for name in MEMBRANE_PARAMETERS]
    values = [broadcast(value, node.shape) / worth for value in (*fields, form.bias) if value is not None]
    leaks = form.membrane.min() < 1.0 or form.synapse is not None or node.adaptation is not None
    if not leaks and all(
        (np.abs(value - np.rint(value)) < _SAME * np.maximum(1, np.abs(value))).all() for value in values
    ):
        return True
    return node.threshold is not None and bool((values[0] >= ENOUGH_UNITS).all())


def _through_identity(graph: Graph, edge: Edge, reader: Node, inserted: dict, names: set[str]) -> Edge:
    """An edge to a new synapse of weight 1 after the edge's source, whose unit is free."""
    source = graph[edge.source]
    name = _new_name(f"{reader.name}.from.{source.name}", names)
    size = source.shape[0]
    if len(source.shape) == 3:
        weights = np.ones((size, 1, 1, 1), np.float32)
        identity: Node = Conv2d(name, (Edge(source.name),), source.shape, weights=weights, groups=size)
    elif size <= LARGEST_IDENTITY:
        identity = Dense(name, (Edge(source.name),), source.shape, weights=np.eye(size, dtype=np.float32))
    else:
        raise ModelError(
            f"node {reader.name!r} ({reader.kind}): input {source.name!r}: expected at most "
            f"{LARGEST_IDENTITY} spikes to be added to a current in int8, found {size}; use --numbers float32"
        )
    inserted.setdefault(source.name, []).append(identity)
    return Edge(name, edge.delay)


def _new_name(wanted: str, names: set[str]) -> str:
    name, number = wanted, 2
    while name in names:
        name, number = f"{wanted}.{number}", number + 1
    names.add(name)
    return name
