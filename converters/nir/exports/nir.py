"""NIR's constants taken as they are: in seconds, stored in float32 for the decimal that was written."""

from __future__ import annotations

import numpy as np

from snnrt.converters.frameworks.neuron import Dynamics
from snnrt.converters.frameworks.nir import forward_euler
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.nir.constants import Constants
from snnrt.converters.nir.exports.export import Export, Traits
from snnrt.converters.nir.recovery import recover


def _dynamics(constants: Constants, rules: Rules) -> Dynamics:
    """v += dt/τ·((v_leak − v) + R·I); I += dt/τ_syn·(w_in·S − I): both from the step before's values."""
    dt, tau = rules.dt, constants.tau
    rate = constants.single(tau, _rate(constants, tau, dt))
    leak = constants.optional("v_leak")
    if not constants.mechanisms.synapse:
        return forward_euler(rate, None, leak, constants.input_gain())
    synapse_rate = _rate(constants, "tau_syn", dt)
    if (synapse_rate > 1).any():
        raise constants.complaint(
            "tau_syn", f"at least dt = {dt:g} s (Euler diverges below)", constants.double("tau_syn").min()
        )
    synapse_decay = constants.single("tau_syn", 1.0 - synapse_rate)
    return forward_euler(rate, synapse_decay, leak, constants.input_gain(synapse_rate=synapse_rate))


def _rate(constants: Constants, field: str, dt: float) -> np.ndarray:
    """dt/τ; a τ stored in float32 stands for the decimal that was written."""
    tau = constants.stored(field)
    rate = dt / tau.astype(np.float64)
    if tau.dtype == np.float32:
        return recover(tau, rate, lambda k: np.float32(dt) / k).astype(np.float64)
    return rate


def _integrator_gain(constants: Constants, rules: Rules) -> np.ndarray | None:
    return constants.gain("r", constants.double("r") * rules.dt)


def _fits(traits: Traits) -> bool:
    """A time constant between one step and half a second is one in seconds; Norse's are far below a step."""
    in_seconds = all(np.all((tau >= SHORTEST) & (tau < 0.5)) for tau in traits.taus)
    return traits.unit_r and in_seconds and not (traits.mechanisms.leaky and traits.wide)


SHORTEST = 1e-4
"""NIR's usual step, in seconds: below it forward Euler does not settle."""

FEW = 1e-2
"""Of the threshold, which an input of 1 adds in a step."""


def _remark(traits: Traits, dt: float) -> str:
    """An integrate-and-fire neuron whose r counts steps hardly moves where NIR multiplies by dt."""
    if traits.mechanisms.leaky or not traits.mechanisms.fires:
        return ""
    threshold = np.asarray(traits.node.v_threshold, np.float64)
    with np.errstate(all="ignore"):
        share = np.max(np.abs(traits.r) * dt / threshold)
    if not 0 < share < FEW:
        return ""
    return (
        f"HARDLY MOVES: an input of 1 adds r·dt = {share:.2g} of the threshold in a step, so {1 / share:.0f} "
        "steps to a spike; where r counts steps, another framework is right"
    )


EXPORT = Export(_dynamics, _integrator_gain, _fits, "r = 1 and τ in seconds", remark=_remark)
