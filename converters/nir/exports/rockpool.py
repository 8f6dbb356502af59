"""Rockpool 3.1 writes τ in seconds and r = τ·exp(−dt/τ)/dt, so that dt can be solved for; biases are lost.

From x·eˣ = 1/r with x = dt/τ. Rockpool's own import takes τ/(1 + r), which is dt only to the first order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from snnrt.converters.frameworks.framework import Mechanisms
from snnrt.converters.frameworks.neuron import Dynamics
from snnrt.converters.frameworks.rockpool import exponential_decay, exponential_synapse, lif
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.nir.constants import Constants
from snnrt.converters.nir.exports.export import Export, Traits

DIGITS = 2
"""A person's dt has so few."""

WITHIN = 1e-5
"""Of dt from r in float32, relative."""


def _dynamics(constants: Constants, rules: Rules) -> Dynamics:
    alpha = _decay(constants, constants.tau, rules.dt)
    if not constants.mechanisms.fires and not constants.mechanisms.synapse:
        return exponential_synapse(alpha)
    beta = _decay(constants, "tau_syn", rules.dt) if constants.mechanisms.synapse else None
    gain = constants.gain("w_in", constants.double("w_in")) if constants.mechanisms.synapse else None
    return lif(alpha, beta, constants.leak_as_bias(alpha), gain)


def _decay(constants: Constants, field: str, dt: float) -> np.ndarray:
    return constants.single(field, exponential_decay(constants.double(field), dt))


def _integrator_gain(constants: Constants, rules: Rules) -> np.ndarray | None:
    return constants.gain("r", constants.double("r"))


def step_of(traits: Traits) -> np.ndarray:
    """dt of each neuron, in float64; NaN where there is none."""
    with np.errstate(all="ignore"):
        target = 1.0 / traits.r
        x = np.log1p(np.where(target > 0, target, np.nan))
        # Newton's steps for x·eˣ = 1/r: from log(1 + 1/r), which is above, they fall to it
        for _ in range(40):
            x = x - (x - target * np.exp(-x)) / (1.0 + x)
        return np.asarray(traits.taus[0] * x, np.float64).reshape(-1)


def _decimal(dt: float) -> float | None:
    found = float(f"{dt:.{DIGITS - 1}e}")
    return found if abs(found - dt) <= WITHIN * dt else None


def _common(steps: Sequence[np.ndarray]) -> float | None:
    values = np.concatenate(steps) if steps else np.zeros(0)
    if not values.size or not np.isfinite(values).all() or values[0] <= 0:
        return None
    middle = float(np.median(values))
    return middle if (np.abs(values - middle) <= 10 * WITHIN * middle).all() else None


def _betrayed_dt(traits: Sequence[Traits]) -> float | None:
    common = _common([step_of(one) for one in traits if one.mechanisms.leaky])
    return None if common is None else _decimal(common) or common


def _fits(traits: Traits) -> bool:
    if not traits.mechanisms.leaky or traits.unit_gain or np.any(traits.node.v_leak):
        return False
    if traits.mechanisms.synapse and not np.all(np.asarray(traits.node.w_in) == 1):
        return False
    common = _common([step_of(traits)])
    return common is not None and _decimal(common) is not None


def _contradiction(traits: Traits, dt: float) -> str:
    if not traits.mechanisms.leaky:
        return ""
    steps = step_of(traits)
    if np.isfinite(steps).all() and (np.abs(steps - dt) <= 1e-4 * dt).all():
        return ""
    return f"Rockpool writes r = τ·exp(−dt/τ)/dt, found r that gives dt = {steps[0]:.4g} s, not {dt:g}"


def _lost(neurons: Collection[Mechanisms]) -> list[str]:
    if any(neuron.fires for neuron in neurons):
        return ["no biases and no recurrent weights in neurons (Rockpool's export leaves both out)"]
    return []


EXPORT = Export(
    _dynamics,
    _integrator_gain,
    _fits,
    "r = τ·exp(−dt/τ)/dt with the same dt in all neurons",
    contradiction=_contradiction,
    lost=_lost,
    betrayed_dt=_betrayed_dt,
)
