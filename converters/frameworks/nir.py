"""NIR's own equations, for networks of which nobody knows who trained them."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.framework import Framework, Mechanisms
from snnrt.converters.frameworks.neuron import Dynamics


def _further_lines(choices: Choices, neurons: Collection[Mechanisms]) -> list[str]:
    if not neurons:
        return []
    return ["forward Euler on NIR's equations; a synaptic current acts one step after its input"]


FRAMEWORK = Framework(
    name="nir",
    title="NIR",
    dt=1e-4,
    dt_line="dt = {dt} s (NIR's usual step)",
    reset="value",
    reset_line="reset: to v_reset, at once (NIR's definition)",
    strict=True,
    further_lines=_further_lines,
)


def forward_euler(
    rate: np.ndarray,
    synapse_decay: np.ndarray | None = None,
    leak: np.ndarray | None = None,
    gain: np.ndarray | None = None,
) -> Dynamics:
    """v += k·((leak − v) + gain·i), k = ``rate`` = dt/τ; the current is the step before's.

    ``synapse_decay``: 1 − dt/τ_syn, of the current.
    """
    if synapse_decay is None:
        return Dynamics(rate, "euler", gain, leak)
    return Dynamics(rate, "euler", gain, leak, synapse=synapse_decay, synapse_order="previous")
