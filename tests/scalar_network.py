"""docs/ir.md once more, one number at a time, to check the vectorised reference with.

Slow and plain on purpose: tensors are dictionaries from (channel, y, x) or (index,) to a value. A node's step
stands in its module of tests/ir/nodes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from node_cases import CASES
from scalar_numbers import F, Values, flattened, indices

from snnrt.ir.graph import Concatenate, Flatten, Graph, Shape


@dataclass
class Trace:
    """What happened at every step (time first) and what was counted (one entry a node)."""

    outputs: dict[str, np.ndarray] = field(default_factory=dict)
    membranes: dict[str, np.ndarray] = field(default_factory=dict)
    row_activations: list[int] = field(default_factory=list)
    synaptic_operations: list[int] = field(default_factory=list)
    active_windows: list[int] = field(default_factory=list)
    capped_updates: list[int] = field(default_factory=list)
    accumulator: list = field(default_factory=list)


class Scalar:
    """A network between two steps: ``values`` and ``states`` of each node, and ``x``, this step's input."""

    def __init__(self, graph: Graph) -> None:
        self.integer = graph.integer
        self.timesteps = graph.timesteps
        self.number = int if self.integer else F
        self.shapes = {node.name: node.shape for node in graph}
        self.values = {n.name: dict.fromkeys(indices(n.shape), self.number(0)) for n in graph}
        self.order = {n.name: indices(n.shape) for n in graph}
        self.x = np.zeros(0, np.float32)
        self.counts = np.zeros(3, np.int64)
        self.states: dict[str, dict[str, Values]] = {}
        for node in graph:
            case = CASES[node.kind]
            self.states[node.name] = case.scalar_states(self, node) if hasattr(case, "scalar_states") else {}
        # a flatten's elements keep their source's order, and so does all that meets them element by element
        for _ in graph:
            for node in graph:
                if isinstance(node, Flatten):
                    source = node.inputs[0].source
                    place = flattened(node, self.shapes[source])
                    self.order[node.name] = [place[i] for i in self.order[source]]
                elif isinstance(node, Concatenate) and len(node.shape) == 1:
                    begins = np.cumsum([0, *(self.shapes[edge.source][0] for edge in node.inputs)])
                    self.order[node.name] = [
                        (int(begin) + i[0], *i[1:])
                        for begin, edge in zip(begins, node.inputs)
                        for i in self.order[edge.source]
                    ]
                elif node.KIND.same_shape and len(node.shape) == 1:
                    natural = indices(node.shape)
                    met = [node.name, *(edge.source for edge in node.inputs)]
                    order = next((self.order[name] for name in met if self.order[name] != natural), natural)
                    self.order.update(dict.fromkeys(met, order))

    def count(self, values: list, outputs: int) -> None:
        """A window of this node's inputs, each of which drives so many outputs."""
        active = sum(bool(value != 0) for value in values)
        self.counts += [active, active * outputs, active > 0]


def run_scalar(graph: Graph, x: np.ndarray) -> Trace:
    """All timesteps of one input: x (*shape), or (T, *shape) for spikes."""
    net, trace = Scalar(graph), Trace()
    counts = np.zeros((3, len(graph.nodes)), np.int64)
    recorded: dict[str, list] = {node.name: [] for node in graph}
    membranes: dict[str, list] = {name: [] for name, states in net.states.items() if "membrane" in states}
    static = graph.static_nodes()
    for step in range(graph.timesteps):
        net.x = x[step] if graph.input.encoding == "spikes" else x
        for position, node in enumerate(graph.nodes[:-1]):
            if step == 0 or node.name not in static:
                net.counts = counts[:, position]
                sources = [net.values[edge.source] for edge in node.inputs]
                net.values[node.name] = CASES[node.kind].scalar(net, node, sources)
            recorded[node.name].append(_array(net.values[node.name], node.shape))
            if node.name in membranes:
                membranes[node.name].append(_array(net.states[node.name]["membrane"], node.shape))
    trace.outputs = {name: np.array(values) for name, values in recorded.items() if values}
    trace.membranes = {name: np.array(values) for name, values in membranes.items()}
    trace.row_activations, trace.synaptic_operations, trace.active_windows = counts.tolist()
    trace.capped_updates = [sum(net.states[node.name].get("capped", {}).values()) for node in graph]
    trace.accumulator = list(net.values[graph.readout.name].values())
    return trace


def _array(values: Values, shape: Shape) -> np.ndarray:
    array = np.zeros(shape, object)
    for i, value in values.items():
        array[i] = value
    return array.astype(np.float64)
