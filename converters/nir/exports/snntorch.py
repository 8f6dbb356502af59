"""snnTorch 1.0 writes dt = 1e-4, τ = dt / (1 − β), r = τ / dt, w_in = τ_syn / dt; τ = inf for β = 1."""

from __future__ import annotations

from functools import partial

import numpy as np

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


EXPORT = Export(
    _dynamics,
    integrator_gain,
    _fits,
    "r = τ / 1e-4 in all neurons",
    negative_times=True,
    contradiction=partial(gain_of_one, "snnTorch"),
)
