"""Counts of the events that the emulated cores' table of step instructions knows.

Coarser than :mod:`snnrt.targets.microcontroller`: no blocks of outputs, and windows at a border count as
whole ones, so that their sum stays a bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from snnrt.ir.graph import Graph, Neuron
from snnrt.results.counts import Counts
from snnrt.targets.workload import Synapses, all_synapses, elements, packed_spikes


def events_of(graph: Graph, counts: Counts) -> Iterator[tuple[str, str, np.ndarray]]:
    """(node, event, count of each input (N,)) of everything that a group of the table names."""
    steps = counts.timesteps.astype(np.float64)
    packed, static = packed_spikes(graph), graph.static_nodes()
    synapses = {item.name: item for item in all_synapses(graph)}
    for position, node in enumerate(graph):
        runs = np.ones_like(steps) if node.name in static else steps
        if node.name in synapses:
            is_packed = node.inputs[0].source in packed
            events = _synapse_events(synapses[node.name], elements(node), counts, runs, is_packed)
        elif isinstance(node, Neuron):
            events = _neuron_events(node, graph.integer, counts.neuron_updates[:, position], runs)
        else:
            events = ((event, runs * count) for event, count in node.step_events().items())
        for event, count in events:
            yield node.name, event, count
        if "memory" in node.KIND.traits:
            yield node.name, "node_step", runs


def _synapse_events(
    synapses: Synapses, outputs: int, counts: Counts, runs: np.ndarray, packed: bool
) -> Iterator[tuple[str, np.ndarray]]:
    event = "synaptic_operation" if synapses.peak == 1 else "multiply_accumulate"
    yield event, counts.synaptic_operations[:, synapses.position].astype(np.float64)
    rows = counts.row_activations[:, synapses.position].astype(np.float64)
    yield "row_activation", rows
    yield "window", runs * synapses.core_windows
    # each channel that is there takes as long as a run
    yield "window_run", runs * (synapses.core_windows * synapses.runs) + rows * synapses.is_depthwise
    if packed:
        words = synapses.runs * -(-(synapses.inputs // synapses.runs) // 32)
        yield "scan_word", runs * (synapses.core_windows * words)
    else:
        yield "scan_value", runs * (synapses.windows * synapses.inputs)
    yield "output_element", runs * outputs


def _neuron_events(
    node: Neuron, integer: bool, neuron_updates: np.ndarray, runs: np.ndarray
) -> Iterator[tuple[str, np.ndarray]]:
    updates = neuron_updates.astype(np.float64)
    yield "neuron_step", runs
    yield "neuron_update", updates
    if integer and not node.is_plain:
        yield "neuron_general", updates
    for event in node.mechanism_events():
        yield event, updates
    channels = node.shape[0]
    read = (getattr(node, name) for name in Neuron.PARAMETERS if name not in ("scale", "initial"))
    by_channel = sum(array is not None and array.shape == (channels,) for array in read)
    if len(node.shape) == 3 and by_channel:
        # Blocks of 32 start at every multiple of the common divisor; those past channels - 32 wrap.
        wrapping = min(1.0, (32 - math.gcd(32, channels)) / channels)
        yield "neuron_parameter", updates * (by_channel * wrapping)
