"""Rockpool: LIF neurons with and without a synaptic current, and exponential synapses."""

from __future__ import annotations

import numpy as np

from snnrt.converters.frameworks.framework import Framework
from snnrt.converters.frameworks.neuron import Dynamics

FRAMEWORK = Framework(
    name="rockpool",
    title="Rockpool",
    dt=1e-3,
    dt_line="dt = {dt} s (Rockpool's default)",
    reset="subtract",
    reset_line="reset: subtract, at once (Rockpool's rule)",
    strict=False,
    multiple=True,
)


def lif(alpha: np.ndarray, beta: np.ndarray | None = None, bias: np.ndarray | None = None) -> Dynamics:
    """v = α·v + i + bias; with ``beta`` β the current takes its input in before it decays, i = β·(i + x)."""
    if beta is None:
        return Dynamics(alpha, bias=bias)
    return Dynamics(alpha, bias=bias, synapse=beta, synapse_order="add_then_decay")


def exponential_synapse(beta: np.ndarray) -> Dynamics:
    """i = β·(i + x) is what a membrane that keeps nothing, α = 0, hands on."""
    return Dynamics(np.zeros((), np.float32), synapse=beta, synapse_order="add_then_decay")
