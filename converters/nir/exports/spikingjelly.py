"""SpikingJelly 2.0 writes dt = 1e-4, τ = τ_steps·dt, r = 1 (``decay_input``) or τ_steps; v_leak = v_reset.

All in float64, one value a neuron. CUBALIFNode writes decays as snnTorch does.
"""

from __future__ import annotations

import numpy as np

from snnrt.converters.frameworks.neuron import Dynamics
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.frameworks.spikingjelly import cuba_lif, lif
from snnrt.converters.nir.constants import Constants
from snnrt.converters.nir.exports.decays import gain_of_one, integrator_gain, recover_decays
from snnrt.converters.nir.exports.export import Export, Traits
from snnrt.converters.nir.recovery import recover


def _dynamics(constants: Constants, rules: Rules) -> Dynamics:
    if constants.mechanisms.synapse:
        decays = recover_decays(constants, rules)
        assert decays.synapse is not None
        return cuba_lif(decays.membrane, decays.synapse, decays.gain, decays.bias)
    tau, dt = constants.stored("tau"), np.float32(rules.dt)
    steps = tau.astype(np.float64) / rules.dt
    if tau.dtype == np.float32:
        steps = recover(tau, steps, lambda count: count * dt)
    if not np.isfinite(steps).all():
        raise constants.complaint("tau", "a finite time", "infinity")
    leak, membrane = constants.optional("v_leak"), constants.single("tau", steps)
    if np.all(constants.relative_gain("r", "tau", rules.dt) == 1):
        return lif(membrane, False, leak)
    return lif(membrane, True, leak, constants.gain("r", constants.double("r")))


def _fits(traits: Traits) -> bool:
    kind, node = traits.mechanisms, traits.node
    if not kind.leaky:
        return traits.wide and np.allclose(traits.r, 1e4, rtol=1e-6, atol=0)
    # it leaks towards v_reset, but for CUBALIFNode, which leaks to 0
    leaks_to_reset = kind.fires and (kind.synapse or np.array_equal(node.v_reset, node.v_leak))
    tau = traits.taus[0]
    in_steps = traits.wide and traits.r.ndim > 0 and bool(np.all((tau >= 1e-4) & (tau < 0.5)))
    return leaks_to_reset and in_steps and (traits.unit_gain or traits.unit_r)


def _contradiction(traits: Traits, dt: float) -> str:
    if not traits.mechanisms.leaky or traits.mechanisms.synapse:
        return gain_of_one("SpikingJelly", traits, dt)
    shortest = float(traits.taus[0].min()) if traits.taus[0].size else dt
    if shortest < dt * (1 - 1e-4):
        return f"SpikingJelly writes τ = dt·τ_steps with dt = {dt:g} s and τ_steps ≥ 1, found {shortest:.4g}"
    return "" if traits.unit_r else gain_of_one("SpikingJelly", traits, dt)


EXPORT = Export(
    _dynamics,
    integrator_gain,
    _fits,
    "constants in float64 for each neuron, with dt = 1e-4",
    contradiction=_contradiction,
)
