"""Rockpool: LIFNeuron, LIF with a synaptic current, and exponential synapses without spikes (ExpSyn)."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.framework import Framework, Mechanisms
from snnrt.converters.frameworks.neuron import Dynamics


def _further_lines(choices: Choices, neurons: Collection[Mechanisms]) -> list[str]:
    if choices.multiple is not None or not any(neuron.fires for neuron in neurons):
        return []
    limits = "Rockpool's limit is 65536, Xylo's 31"
    return [f"a neuron fires up to {choices.max_spikes} spikes a step ({limits})"]


FRAMEWORK = Framework(
    name="rockpool",
    title="Rockpool",
    dt=1e-3,
    dt_line="dt = {dt} s (Rockpool writes r = τ·exp(−dt/τ)/dt)",
    reset="subtract",
    reset_line="reset: subtract, at once (Rockpool's rule)",
    strict=False,
    multiple=True,
    further_lines=_further_lines,
)


def exponential_decay(tau: np.ndarray, dt: float) -> np.ndarray:
    """exp(−dt/τ) as float32 code computes it: the quotient rounded, then the exponential."""
    with np.errstate(all="ignore"):
        exponent = np.float32(-dt) / np.asarray(tau, np.float32)
        return np.exp(exponent.astype(np.float64)).astype(np.float32)


def lif(
    alpha: np.ndarray,
    beta: np.ndarray | None = None,
    bias: np.ndarray | None = None,
    gain: np.ndarray | None = None,
) -> Dynamics:
    """LIFNeuron: u = α·v + x + bias; LIF, with ``beta``: i = (i + x)·β, u = α·v + i + bias."""
    if beta is None:
        return Dynamics(alpha, gain=gain, bias=bias)
    return Dynamics(alpha, gain=gain, bias=bias, synapse=beta, synapse_order="add_then_decay")


def exponential_synapse(beta: np.ndarray, gain: np.ndarray | None = None) -> Dynamics:
    """ExpSyn: i = (i + x)·β is what it gives."""
    return lif(np.zeros((), np.float32), beta, gain=gain)
