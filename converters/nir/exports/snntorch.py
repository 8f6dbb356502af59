"""snnTorch 1.0 writes dt = 1e-4, τ = dt / (1 − β), r = τ / dt, w_in = τ_syn / dt; τ = inf for β = 1."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

import numpy as np

from snnrt.converters.frameworks.framework import Mechanisms
from snnrt.converters.frameworks.neuron import Dynamics
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.frameworks.snntorch import leaky
from snnrt.converters.nir.constants import Constants
from snnrt.converters.nir.exports.decays import gain_of_one, integrator_gain, recover_decays
from snnrt.converters.nir.exports.export import Export, Traits


def _dynamics(constants: Constants, rules: Rules) -> Dynamics:
    decays = recover_decays(constants, rules)
    return leaky(decays.membrane, decays.synapse, decays.gain, decays.bias)


def _fits(traits: Traits) -> bool:
    kind = traits.mechanisms
    if not (kind.leaky and kind.fires and traits.unit_gain):
        return False
    return not np.any(traits.node.v_leak) and not np.any(traits.node.v_reset)


def _lost(neurons: Collection[Mechanisms]) -> list[str]:
    if any(neuron.fires for neuron in neurons):
        return ["no graded spikes, no inhibition (snnTorch's export leaves both out)"]
    return []


EXPORT = Export(
    _dynamics,
    integrator_gain,
    _fits,
    "r = τ / 1e-4 in all neurons",
    negative_times=True,
    contradiction=partial(gain_of_one, "snnTorch"),
    lost=_lost,
)
