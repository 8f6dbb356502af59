"""The most that one timestep of a network can ask of the core: every input non-zero, every neuron updated."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snnrt.ir.graph import Conv2d, Dense, Graph, Neuron, Shape
from snnrt.results.counts import Counts


@dataclass(frozen=True)
class NodeWork:
    """Of one node in a timestep: weight rows added, synaptic operations (rows × outputs), neuron updates.

    ``static``: only in the first timestep after a reset."""

    name: str
    rows: int
    synaptic_operations: int
    neuron_updates: int
    static: bool


@dataclass(frozen=True)
class StepWork:
    """Sums over the nodes that one timestep runs."""

    synaptic_operations: int
    neuron_updates: int


def node_work(graph: Graph) -> tuple[NodeWork, ...]:
    """The most work of each node, in graph order. Inputs that fall into a convolution's padding are none."""
    static = graph.static_nodes()
    found = []
    for node in graph:
        rows = operations = updates = 0
        if isinstance(node, Dense):
            rows = node.weights.shape[1]
            operations = rows * node.weights.shape[0]
        elif isinstance(node, Conv2d):
            outputs, inputs, *_ = node.weights.shape
            rows = _taps(node, graph[node.inputs[0].source].shape) * inputs * node.groups
            operations = rows * (outputs // node.groups)
        elif isinstance(node, Neuron):
            updates = math.prod(node.shape)
        found.append(NodeWork(node.name, rows, operations, updates, node.name in static))
    return tuple(found)


def _taps(node: Conv2d, shape: Shape) -> int:
    """Kernel taps that fall on the input, over all windows."""
    taps = 1
    for axis in (0, 1):
        starts = np.arange(node.shape[1 + axis]) * node.stride[axis] - node.padding[2 * axis]
        offsets = np.arange(node.weights.shape[2 + axis]) * node.dilation[axis]
        places = starts[:, None] + offsets
        taps *= int(((places >= 0) & (places < shape[1 + axis])).sum())
    return taps


def full_counts(graph: Graph) -> Counts:
    """Counts of one input and one timestep in which every node does the most it can: every neuron fires."""
    counts = Counts.zeros(tuple(node.name for node in graph), 1)
    counts.timesteps[:] = 1
    for position, work in enumerate(node_work(graph)):
        counts.row_activations[0, position] = work.rows
        counts.synaptic_operations[0, position] = work.synaptic_operations
        node = graph.nodes[position]
        groups = node.groups if isinstance(node, Conv2d) else 1
        counts.active_windows[0, position] = math.prod(node.shape[1:]) * groups if work.rows else 0
        counts.neuron_updates[0, position] = counts.spikes[0, position] = work.neuron_updates
    return counts


def step_work(graph: Graph) -> tuple[StepWork, StepWork]:
    """The first timestep after a reset, which computes the static nodes too, and any later one."""
    work = node_work(graph)
    return _summed(work), _summed(tuple(node for node in work if not node.static))


def _summed(work: tuple[NodeWork, ...]) -> StepWork:
    return StepWork(sum(node.synaptic_operations for node in work), sum(node.neuron_updates for node in work))
