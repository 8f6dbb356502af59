"""Decay factors exported as τ = dt / (1 − α), with r = τ / dt and w_in = τ_syn / dt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.nir.constants import Constants
from snnrt.converters.nir.exports.export import Traits
from snnrt.converters.nir.recovery import recover


@dataclass(frozen=True)
class Decays:
    """α of the membrane and of the current (None: there is none), and what is left as gain and bias."""

    membrane: np.ndarray
    synapse: np.ndarray | None
    gain: np.ndarray | None
    bias: np.ndarray | None


def recover_decays(constants: Constants, rules: Rules) -> Decays:
    """The float32 decay factors that the framework had."""
    dt, tau = rules.dt, constants.tau
    membrane = _recover_decay(constants, tau, dt)
    factors = [constants.relative_gain("r", tau, dt)]
    synapse = None
    if constants.mechanisms.synapse:
        synapse = _recover_decay(constants, "tau_syn", dt)
        factors.append(constants.relative_gain("w_in", "tau_syn", dt))
    gain = constants.gain("r", *factors)
    return Decays(membrane, synapse, gain, constants.leak_as_bias(membrane))


def integrator_gain(constants: Constants, rules: Rules) -> np.ndarray | None:
    """r = 1 stands for itself, another r for r·dt."""
    r = constants.double("r")
    return constants.gain("r", r if np.all(r == 1) else r * rules.dt)


def gain_of_one(title: str, traits: Traits, dt: float) -> str:
    """What contradicts r = τ / dt in a neuron that leaks; empty where nothing does."""
    if not traits.mechanisms.leaky:
        return ""
    with np.errstate(all="ignore"):
        step = np.asarray(traits.taus[0] / traits.r, np.float64).reshape(-1)
    step = step[np.isfinite(step)]
    if np.all(np.abs(step - dt) <= 1e-4 * dt):
        return ""
    found = f"found τ / r = {step[0]:.4g}"
    if step[0] > 0 and np.all(np.abs(step - step[0]) <= 1e-4 * step[0]):
        found += ", as of a step of so many seconds: give it as dt if that is so"
    return f"{title} writes r = τ / dt with dt = {dt:g} s, {found}"


def _recover_decay(constants: Constants, field: str, dt: float) -> np.ndarray:
    """The float32 whose export gives the stored τ."""
    tau = constants.stored(field)
    with np.errstate(all="ignore"):
        guess = 1.0 - dt / tau.astype(np.float64)
    guess = np.where(np.isnan(guess) | (tau < 0), 1.0, np.clip(guess, 0.0, 1.0))
    if tau.dtype != np.float32:
        return constants.single(field, guess)
    with np.errstate(all="ignore"):
        return recover(tau, guess, lambda decay: np.float32(dt) / (np.float32(1) - decay))
