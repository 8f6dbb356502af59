"""Norse: IF, LIF and leaky integrators, with and without a synaptic current."""

from __future__ import annotations

import numpy as np

from snnrt.converters.frameworks.framework import Framework
from snnrt.converters.frameworks.neuron import INTEGRATOR, Dynamics

FRAMEWORK = Framework(
    name="norse",
    title="Norse",
    dt=1e-3,
    dt_line="dt = {dt} s (Norse's export)",
    reset="value",
    reset_line="reset: to 0, at once (Norse's default; its export leaves v_reset out)",
    strict=True,
)


def decay_rate(inverse_tau: np.ndarray, dt: float) -> np.ndarray:
    """k = dt·τ⁻¹ in the precision of ``inverse_tau``, a rate a second."""
    return (np.float32(dt) if inverse_tau.dtype == np.float32 else dt) * inverse_tau


def integrate_and_fire() -> Dynamics:
    """IAF: u = v + x."""
    return Dynamics(INTEGRATOR)


def adaptive(rate: np.ndarray, synapse_rate: np.ndarray, leak: np.ndarray | None = None) -> Dynamics:
    """LSNN: u = v + k·((leak − v) + i) with the i of the step before, which then is (1 − ks)·i + x.

    Norse computes i − ks·i: the last bit may differ.
    """
    synapse = np.asarray(1 - synapse_rate.astype(np.float64), np.float32)
    return Dynamics(rate, "euler", leak=leak, initial=leak, synapse=synapse, synapse_order="previous")


def adaptation_decay(rate: np.ndarray) -> np.ndarray:
    """1 − k of the threshold b = b + k·(v_th − b), as b − v_th = (1 − k)·(b − v_th)."""
    return np.asarray(1 - rate.astype(np.float64), np.float32)


def lif(
    rate: np.ndarray,
    synapse_rate: np.ndarray | None = None,
    leak: np.ndarray | None = None,
    gain: np.ndarray | None = None,
) -> Dynamics:
    """u = v + k·((leak − v) + gain·i), from v = leak on; i decays after its use, by ``synapse_rate``."""
    if synapse_rate is None:
        return Dynamics(rate, "euler", gain, leak, initial=leak)
    return Dynamics(
        rate, "euler", gain, leak, initial=leak, synapse=synapse_rate, synapse_order="use_then_decay"
    )
