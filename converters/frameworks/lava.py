"""Lava: LIF in floating point, with its synaptic current; equations as its source has them (0.10).

Its fixed-point processes compute in Loihi's integers: import in float, and take the numbers ``loihi``.
"""

from __future__ import annotations

import numpy as np

from snnrt.converters.frameworks.framework import Framework
from snnrt.converters.frameworks.neuron import Dynamics

FRAMEWORK = Framework(
    name="lava",
    title="Lava",
    dt=1e-4,
    dt_line="dt = {dt} s (NIR's usual step)",
    reset="value",
    reset_line="reset: to 0, at once (Lava's rule)",
    strict=True,
)


def lif(
    voltage_decay: np.ndarray,
    current_decay: np.ndarray | None = None,
    gain: np.ndarray | None = None,
    bias: np.ndarray | None = None,
) -> Dynamics:
    """u = current_decay·u + a, v = voltage_decay·v + gain·u + bias: the decays are 1 − du and 1 − dv."""
    return Dynamics(voltage_decay, synapse=current_decay, gain=gain, bias=bias)
