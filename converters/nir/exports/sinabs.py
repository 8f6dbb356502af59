"""Sinabs 3.1 writes τ in timesteps, and r = 1."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from snnrt.converters.frameworks.framework import Mechanisms
from snnrt.converters.frameworks.neuron import Dynamics
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.frameworks.sinabs import exponential_decay, input_share, lif, normalises_input
from snnrt.converters.nir.constants import Constants
from snnrt.converters.nir.exports.export import Export, Traits, unit_resistance


def _dynamics(constants: Constants, rules: Rules) -> Dynamics:
    alpha = _decay(constants, constants.tau, rules.dt)
    normalises = normalises_input(constants.mechanisms, rules.normalise_input)
    gain = constants.input_gain(input_share(alpha) if normalises else None)
    synapse = _decay(constants, "tau_syn", rules.dt) if constants.mechanisms.synapse else None
    return lif(alpha, synapse, gain, constants.leak_as_bias(alpha))


def _decay(constants: Constants, field: str, dt: float) -> np.ndarray:
    return constants.single(field, exponential_decay(constants.double(field), dt))


def _integrator_gain(constants: Constants, rules: Rules) -> np.ndarray | None:
    return constants.gain("r", constants.double("r"))


def _fits(traits: Traits) -> bool:
    kind = traits.mechanisms
    if not kind.leaky:
        return traits.unit_r
    return traits.unit_r and not kind.synapse and bool(np.all(traits.taus[0] >= 0.5))


def _contradiction(traits: Traits, dt: float) -> str:
    shortest = min((float(tau.min()) for tau in traits.taus if tau.size), default=dt)
    if shortest < 0.1 * dt:
        return (
            f"Sinabs writes τ in timesteps, so {shortest:.4g} would decay within one; where τ is in seconds, "
            "take framework nir and the dt of training"
        )
    return unit_resistance("Sinabs", traits)


def _lost(neurons: Collection[Mechanisms]) -> list[str]:
    if any(neuron.fires and not neuron.synapse for neuron in neurons):
        return ["no synaptic current in neurons that fire (Sinabs' export leaves tau_syn out)"]
    return []


EXPORT = Export(
    _dynamics,
    _integrator_gain,
    _fits,
    "r = 1 and τ counted in steps",
    contradiction=_contradiction,
    lost=_lost,
)
