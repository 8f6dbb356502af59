"""Which int8 layers of neurons are one loop (csrc/kernels/plain_neurons.h and the forms in arm/)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnrt.ir.graph import Neuron
from snnrt.targets.workload import elements

WORD = 32
"""Neurons of a word of spikes."""
COPIES = 160
VECTORS = 4
"""The ``lanes`` of cores with vectors."""
CURRENT_ORDERS = ("decay_then_add", "add_then_decay")


def is_one_loop(node: Neuron, lanes: int) -> bool:
    """Whether a layer of plain neurons is updated in one loop, ``lanes`` of them at a time: 1, of cores that
    add in lanes 2, with vectors 4 or the fewer that are left."""
    if not node.is_simple or lanes in (1, VECTORS):
        return node.is_simple
    # an odd number is one neuron more; an odd number of thresholds that repeats would part a pair
    period, neurons = _period(node, lanes), elements(node)
    return neurons > 1 and (period % lanes == 0 or period == neurons)


def behind_currents(node: Neuron) -> Neuron:
    """The plain neurons behind synaptic currents that go in a loop of their own
    (csrc/kernels/synaptic_currents.c); else the node itself."""
    if node.synapse is None or np.ndim(node.synapse) or node.synapse_order not in CURRENT_ORDERS:
        return node
    plain = replace(node, synapse=None, synapse_order="decay_then_add")
    return plain if plain.is_plain else node


def fills_words(node: Neuron) -> bool:
    """Whether cores with vectors update a layer that is one loop by whole words of spikes; others four
    neurons at a time (csrc/kernels/arm/plain_neurons_helium.c)."""
    return node.reset != "none" and elements(node) >= WORD


def _period(node: Neuron, lanes: int) -> int:
    """Neurons whose thresholds lie side by side, copies of few included."""
    assert node.threshold is not None
    period, neurons = int(np.size(node.threshold)), elements(node)
    if period % WORD == 0 or period == neurons or period > COPIES // 2:
        return period
    multiples = range(period, min(COPIES, neurons) + 1, period)
    whole = [count for count in multiples if count % WORD == 0]
    taken = [count for count in multiples if count % lanes == 0 or count == neurons]
    return whole[0] if whole else max(taken, default=period)
