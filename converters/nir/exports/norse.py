"""Norse 1.1 writes dt = 1e-3, r = 1, and τ scaled by dt once more: dt·τ."""

from __future__ import annotations

import numpy as np

from snnrt.converters.frameworks.neuron import Dynamics
from snnrt.converters.frameworks.norse import decay_rate, lif
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.nir.constants import Constants
from snnrt.converters.nir.exports.export import Export, Traits, unit_resistance
from snnrt.converters.nir.recovery import recover


def _dynamics(constants: Constants, rules: Rules) -> Dynamics:
    leak = constants.optional("v_leak")
    rate = _rate(constants, constants.tau, rules.dt)
    gain = constants.input_gain()
    synapse = _rate(constants, "tau_syn", rules.dt) if constants.mechanisms.synapse else None
    return lif(rate, synapse, leak, gain)


def _rate(constants: Constants, field: str, dt: float) -> np.ndarray:
    """k = dt·τ⁻¹ as Norse computes it, from the dt / τ⁻¹ which it exports."""
    tau = constants.stored(field)
    inverse, step = dt / tau.astype(np.float64), np.float32(dt)
    if tau.dtype == np.float32:
        with np.errstate(all="ignore"):
            inverse = recover(tau, inverse, lambda rate: (np.float32(1) / rate) * step)
    return constants.single(field, decay_rate(inverse, dt))


def _integrator_gain(constants: Constants, rules: Rules) -> np.ndarray | None:
    return constants.gain("r", constants.double("r"))


def _fits(traits: Traits) -> bool:
    if not traits.mechanisms.leaky:
        return traits.unit_r
    short = all(np.all((tau > 0) & (tau < 1e-3)) for tau in traits.taus)
    return traits.unit_r and not traits.unit_gain and short and not traits.wide


def _contradiction(traits: Traits, dt: float) -> str:
    longest = max((float(tau.max()) for tau in traits.taus if tau.size), default=0.0)
    if longest >= dt:
        return (
            f"Norse writes τ multiplied by dt = {dt:g}, so {longest:.4g} would be a τ of "
            f"{longest / dt:.4g} s; where τ is in seconds, take framework nir and the dt of training"
        )
    return unit_resistance("Norse", traits)


EXPORT = Export(
    _dynamics,
    _integrator_gain,
    _fits,
    "r = 1 and τ far below a step of 1e-3 s",
    contradiction=_contradiction,
)
