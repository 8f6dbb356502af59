"""Lava in NIR: τ = dt / (1 − decay), r = τ / dt, w_in = τ_syn / dt, as snnTorch's constants are.

So nothing tells the two apart, and Lava is never inferred.
"""

from __future__ import annotations

from functools import partial

from snnrt.converters.frameworks.lava import lif
from snnrt.converters.frameworks.neuron import Dynamics
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.nir.constants import Constants
from snnrt.converters.nir.exports.decays import gain_of_one, integrator_gain, recover_decays
from snnrt.converters.nir.exports.export import Export


def _dynamics(constants: Constants, rules: Rules) -> Dynamics:
    decays = recover_decays(constants, rules)
    return lif(decays.membrane, decays.synapse, decays.gain, decays.bias)


EXPORT = Export(_dynamics, integrator_gain, contradiction=partial(gain_of_one, "Lava"))
