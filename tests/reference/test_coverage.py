"""The random graphs that hold the C core to the reference must contain what docs/ir.md describes."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from effort import whole
from node_cases import CASES, arithmetics
from strategies import random_graph

from snnrt.ir.element_order import element_orders
from snnrt.ir.graph import Conv2d, Graph, Neuron, arithmetic_of
from snnrt.ir.nodes.max_pool2d import MaxPool2d
from snnrt.ir.nodes.neuron_fields import FLAGS, INTEGER_FLAGS, WORDS
from snnrt.ir.spec import READOUT_MODES
from snnrt.ir.value_types import output_types
from snnrt.reference.run import Reference

GRAPHS = 400
FIRING_FLAGS = [flag for flag in FLAGS if flag not in WORDS and flag != "state_int16"]


def features(graph: Graph) -> set[tuple]:
    found: set[tuple] = {("mode", graph.readout.mode), ("rule", graph.exit.rule)}
    found.add(("encoding", graph.input.encoding, len(graph.input.shape)))
    types = output_types(graph)
    for node in graph:
        found |= {("kind", node.kind), ("type", node.kind, types[node.name])}
        found |= {("delay", node.kind) for edge in node.inputs if edge.delay}
        found |= {("inputs", node.kind, len(node.inputs))}
        if isinstance(node, Conv2d):
            found |= {
                ("groups", node.groups > 1),
                ("dilation", max(node.dilation)),
                ("bias", node.bias is None),
            }
        if hasattr(node, "stride"):
            found |= {
                ("stride", node.kind, max(node.stride)),
                ("uneven", node.kind, len(set(node.padding)) > 2),
            }
        if isinstance(node, MaxPool2d):
            found.add(("maximum", node.mode, types[node.name]))
        if isinstance(node, Neuron):
            found |= neuron_features(node)
    if any(order is not None for order in element_orders(graph).values()):
        found.add(("stored order",))
    return found


def neuron_features(node: Neuron) -> set[tuple]:
    found: set[tuple] = {("neuron", "fires", node.threshold is not None)}
    flags = ["integration"] + (["synapse_order"] if node.synapse is not None else [])
    if node.threshold is not None:
        flags += ["reset", *FIRING_FLAGS]
    found |= {("neuron", flag, getattr(node, flag)) for flag in [*flags, "state_bits"]}
    found.add(("neuron", "late", node.reset if node.reset_next else ""))
    for name in node.PARAMETERS:
        value = getattr(node, name)
        rank = None if value is None else value.ndim if value.shape != node.shape else 3
        found.add(("neuron", name, rank))
    return found


def wanted(numbers: str) -> set[tuple]:
    integer = numbers == "int8"
    drawn = [kind for kind, case in CASES.items() if case.SHARE]
    kinds = [kind for kind in drawn if arithmetic_of(numbers) in arithmetics(kind)]
    windows = [kind for kind in kinds if hasattr(CASES[kind].NODE, "stride")]
    maxima = {("any", "bits"), ("earliest", "bits"), ("any", "int16" if integer else "float32")}
    result: set[tuple] = {("maximum", *maximum) for maximum in maxima}
    result |= {("kind", kind) for kind in kinds} | {("stored order",)}
    result |= {("mode", mode) for mode in READOUT_MODES.values}
    result |= {("rule", rule) for rule in ("never", "entropy", "confidence")}
    result |= {("encoding", encoding, rank) for encoding in ("constant", "spikes") for rank in (1, 3)}
    result |= {("delay", kind) for kind in ("add", "neuron", "dense", "conv2d")}
    result |= {("inputs", "add", count) for count in (1, 2, 3, 4)}
    result |= {("groups", True), ("groups", False), ("dilation", 2), ("bias", True), ("bias", False)}
    result |= {("stride", kind, 2) for kind in windows} | {("uneven", kind, True) for kind in windows}
    flags = [flag for flag in FIRING_FLAGS if integer or flag not in INTEGER_FLAGS]
    result |= {("neuron", flag, value) for flag in flags for value in (True, False)}
    result |= {("neuron", "reset", reset) for reset in ("subtract", "value", "none")}
    result |= {("neuron", "late", reset) for reset in ("subtract", "value")}
    result |= {("neuron", "fires", value) for value in (True, False)}
    orders = ("decay_then_add", "add_then_decay", "use_then_decay", "previous")
    result |= {("neuron", "synapse_order", order) for order in orders}
    integrations = ("decay",) if integer else ("decay", "euler", "divide", "divide_leak")
    result |= {("neuron", "integration", integration) for integration in integrations}
    absent = {"scale"} if not integer else {"gain", "leak"}
    for name in set(Neuron.PARAMETERS) - absent:
        result |= {("neuron", name, rank) for rank in (0, 1, 3)}
        result |= {("neuron", name, None)} if name != "membrane" else set()
    if integer:
        result |= {("neuron", "state_bits", bits) for bits in (16, 32)}
        result |= {("type", kind, t) for kind in ("sum_pool2d", "flatten", "add") for t in ("int16", "int32")}
        result |= {("type", "neuron", t) for t in ("bits", "int16", "int32")} | {("type", "flatten", "bits")}
    return result


@whole
@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_random_graphs_have_everything(numbers: str) -> None:
    seen: Counter[tuple] = Counter()
    for seed in range(GRAPHS):
        seen.update(features(random_graph(np.random.default_rng(seed), numbers)[0]))
    assert wanted(numbers) - set(seen) == set()


@whole
@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_random_graphs_fire_and_exit(numbers: str) -> None:
    """Parity on silence would say little: many neurons fire sometimes, not always; many runs stop early."""
    alive, early, neurons, saturated = 0, 0, 0, 0
    for seed in range(GRAPHS // 2):
        graph, x = random_graph(np.random.default_rng(seed), numbers)
        result = Reference(graph).run(x, record=("spikes", "membranes"))
        early += bool((result.timesteps < graph.timesteps).any())
        for spikes in result.spikes.values():
            neurons += 1
            alive += bool(0.0 < np.mean(spikes > 0) < 1.0)
        for name, membranes in result.membranes.items():
            top = 2 ** (graph[name].state_bits - 1) - 1
            unscaled = membranes if graph[name].scale is None else None
            saturated += unscaled is not None and bool((unscaled >= np.float32(top)).any())
    assert alive > 0.5 * neurons
    assert early > GRAPHS / 20
    assert numbers == "float32" or saturated >= 1
