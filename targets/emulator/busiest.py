"""The longest timestep of a network on a core, measured: everything that can be active is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES
from snnrt.ir.graph import Graph, Neuron, Node, Weighted
from snnrt.network import Network
from snnrt.results.request import Capabilities, checked_request
from snnrt.targets.emulator.cores import Core
from snnrt.targets.emulator.device import EmulatedResult, run_emulated

# enough for activity to pass through delays and synapses; at most so many
_LEAST_STEPS, _MOST_STEPS = 4, 64
# no score is below or above these: the rule is computed at each step and never ends the run


def worst_step(graph: Graph, core: str | Core) -> EmulatedResult:
    """Run the network's busiest relative (:func:`busiest_graph`) on inputs without a zero.

    ``result.step_instructions.max()`` is the longest timestep: every synaptic operation of the network is
    done, every neuron fires, and the exit rule is computed. Which branch a neuron's or class's value
    takes can move it by some instructions an element. Raises as :func:`run_emulated`.
    """
    network = Network(busiest_graph(graph).with_exit(_unreached(graph)))
    source = network.graph.input
    steps = min(max(_LEAST_STEPS, len(graph.nodes)), _MOST_STEPS)
    shape = (1, steps, *source.shape) if source.encoding == "spikes" else (1, *source.shape)
    value = source.peak * source.scale if graph.integer else max(abs(source.high), 1.0)
    x = np.full(shape, value, np.float32)
    exit = _unreached(graph)
    ranged = with_range(network.graph, value)
    request = checked_request(ranged, x, Capabilities("emulator"), timesteps=steps, exit=exit)
    return run_emulated(network.model, request, core)


def _unreached(graph: Graph) -> Exit:
    rule = graph.exit.rule
    if rule != "combined":
        return Exit(rule, RULES[rule].careful)
    terms = [replace(term, threshold=RULES[term.rule].careful) for term in graph.exit.exit_terms]
    return Exit("combined", terms=tuple(terms))


def busiest_graph(graph: Graph) -> Graph:
    """The same nodes and arrays with other values: weights without zeros and all positive, thresholds that
    every neuron reaches, no bias or leak that holds it back."""
    return graph.with_(nodes=tuple(_busy(node) for node in graph))


def with_range(graph: Graph, value: float) -> Graph:
    """The same graph whose input may be as far from 0 as ``value``; that changes no result."""
    source = graph.input.with_(low=-abs(value), high=abs(value))
    return graph.with_(nodes=(source, *graph.nodes[1:]))


def _busy(node: Node) -> Node:
    if isinstance(node, Weighted):
        weights = np.maximum(np.abs(node.weights), 2 if node.weights.dtype == np.int8 else 0.01)
        bias = None if node.bias is None else np.abs(node.bias)
        return node.with_(weights=weights.astype(node.weights.dtype), bias=bias)
    if not isinstance(node, Neuron):
        return node
    changes: dict[str, np.ndarray] = {}
    for name in ("bias", "gain"):
        array = getattr(node, name)
        if array is not None:
            changes[name] = np.abs(array)
    for name in ("reset_value", "initial", "leak"):
        array = getattr(node, name)
        if array is not None:
            changes[name] = np.zeros_like(array)
    if node.threshold is not None:
        lowest = 1 if node.threshold.dtype == np.int32 else 1e-6
        changes["threshold"] = np.full_like(node.threshold, lowest)
    return node.with_(**changes)
