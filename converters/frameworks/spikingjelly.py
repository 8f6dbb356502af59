"""SpikingJelly: IFNode, LIFNode, and version 2.0's CUBALIFNode."""

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


def cuba_lif(
    voltage_decay: np.ndarray,
    current_decay: np.ndarray,
    gain: np.ndarray | None = None,
    bias: np.ndarray | None = None,
) -> Dynamics:
    """CUBALIFNode: i = c_decay·i + x, u = v_decay·v + gain·i + bias."""
    return Dynamics(voltage_decay, synapse=current_decay, gain=gain, bias=bias)
