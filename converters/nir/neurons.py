"""NIR's neurons as :class:`snnrt.ir.graph.Neuron`: each framework's step, with its own float32 constants."""

from __future__ import annotations

import numpy as np

from snnrt.converters.frameworks.neuron import INTEGRATOR, Dynamics, leaky_integrator, spiking_neuron
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.nir.constants import MECHANISMS, Constants
from snnrt.converters.nir.exports.registry import EXPORTS
from snnrt.converters.nir.primitives import NirNode
from snnrt.ir.graph import Neuron, Shape

NEURONS = (*MECHANISMS, "Threshold")


def make_neuron(name: str, node: NirNode, shape: Shape, rules: Rules, recurrent: bool) -> Neuron:
    """The neuron ``node`` for inputs of ``shape`` under ``rules``; its ``inputs`` are left empty.

    ``recurrent``: it reads its own spikes (snnTorch's RLeaky resets to zero in another way than Leaky).
    Raises ModelError where a parameter does not fit ``shape`` or has no meaning.
    """
    export = EXPORTS[rules.framework.name]
    constants = Constants(name, node, shape, export.negative_times)
    if node.kind == "Threshold":
        memoryless = np.zeros((), np.float32)
        threshold = constants.positive("threshold")
        return Neuron(name, (), shape, membrane=memoryless, threshold=threshold, strict=True, reset="none")
    mechanisms = MECHANISMS[node.kind]
    if mechanisms.leaky:
        dynamics = export.dynamics(constants, rules)
    else:
        dynamics = Dynamics(INTEGRATOR, gain=export.integrator_gain(constants, rules))
    if not mechanisms.fires:
        return leaky_integrator(name, shape, dynamics)
    threshold = constants.positive("v_threshold")
    reset_value = constants.float32("v_reset") if rules.reset == "value" else None
    return spiking_neuron(name, shape, dynamics, rules, threshold, reset_value, recurrent)
