"""SpikingJelly: IFNode, LIFNode and its variants, and version 2.0's CUBALIFNode."""

from __future__ import annotations

import numpy as np

from snnrt.converters.frameworks.framework import Framework
from snnrt.converters.frameworks.neuron import Dynamics

FRAMEWORK = Framework(
    name="spikingjelly",
    title="SpikingJelly",
    dt=1e-4,
    dt_line="dt = {dt} s (SpikingJelly's export)",
    reset="value",
    reset_line="reset: to v_reset, at once (SpikingJelly's hard reset)",
    strict=False,
    starts_at_reset=True,
)


def lif(
    tau: np.ndarray, decay_input: bool, leak: np.ndarray | None = None, gain: np.ndarray | None = None
) -> Dynamics:
    """LIFNode with ``tau`` in timesteps.

    u = v + (gain·x − (v − leak))/τ with ``decay_input``, else u = v − (v − leak)/τ + gain·x.
    """
    return Dynamics(tau, "divide" if decay_input else "divide_leak", gain, leak)


def lif_by_factor(tau: np.ndarray) -> Dynamics:
    """u = (1 − 1/τ)·v + x: LIFNode of 0.0.0.0.14 in eval mode, without ``decay_input``, soft reset."""
    return Dynamics(_single(1 - 1 / tau.astype(np.float64)))


def parametric_lif(rate: np.ndarray, decay_input: bool, leak: np.ndarray | None = None) -> Dynamics:
    """ParametricLIFNode, which multiplies by ``rate`` k = sigmoid(w) (float32) where LIFNode divides by τ.

    u = v + k·(x − (v − leak)) with ``decay_input``; else u = v − k·(v − leak) + x, which is taken as a
    division by 1/k: the last bit of u may differ unless k is a power of two.
    """
    if decay_input:
        return Dynamics(rate, "euler", leak=leak)
    return Dynamics(_single(1 / rate.astype(np.float64)), "divide_leak", leak=leak)


def parametric_lif_by_factor(rate: np.ndarray) -> Dynamics:
    """ParametricLIFNode of 0.0.0.0.14 without ``decay_input``, reset to 0 or soft: u = (1 − k)·v + x."""
    return Dynamics(_single(np.float32(1) - rate))


def klif(tau: np.ndarray, k: np.ndarray, decay_input: bool, leak: np.ndarray | None) -> Dynamics:
    """KLIFNode: u = k·(v + (x − (v − leak))/τ) with ``decay_input``, else k·(v − (v − leak)/τ + x).

    As one product a term, so the last bit of u may differ; a lower bound of 0 is its ReLU.
    """
    k, tau = k.astype(np.float64), tau.astype(np.float64)
    bias = None if leak is None else _single(k * leak / tau)
    return Dynamics(_single(k - k / tau), gain=_single(k / tau if decay_input else k), bias=bias)


def cuba_lif(
    voltage_decay: np.ndarray,
    current_decay: np.ndarray,
    gain: np.ndarray | None = None,
    bias: np.ndarray | None = None,
) -> Dynamics:
    """CUBALIFNode: i = c_decay·i + x, u = v_decay·v + gain·i + bias."""
    return Dynamics(voltage_decay, synapse=current_decay, gain=gain, bias=bias)


def _single(values: np.ndarray) -> np.ndarray:
    return np.asarray(values, np.float32)
