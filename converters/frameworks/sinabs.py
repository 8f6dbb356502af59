"""Sinabs: IAF, LIF and ExpLeak, with and without a synaptic current."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.framework import Framework, Mechanisms
from snnrt.converters.frameworks.neuron import Dynamics


def _further_lines(choices: Choices, neurons: Collection[Mechanisms]) -> list[str]:
    lines = []
    if choices.multiple is None and any(neuron.fires for neuron in neurons):
        lines.append(f"a neuron fires up to {choices.max_spikes} spikes a step (Sinabs' default MultiSpike)")
    if choices.lower_bound is None and neurons:
        lines.append("no lower bound on the membrane (Sinabs' default; its export leaves min_v_mem out)")
    if choices.normalise_input is None:
        if any(neuron.leaky and neuron.fires for neuron in neurons):
            lines.append("LIF scales its input by 1 − α (Sinabs' default norm_input)")
        if any(neuron.leaky and not neuron.fires for neuron in neurons):
            lines.append("leaky integrators do not scale their input (ExpLeak's default norm_input)")
    return lines


FRAMEWORK = Framework(
    name="sinabs",
    title="Sinabs",
    dt=1.0,
    dt_line="dt = 1 step (Sinabs writes τ in steps)",
    reset="subtract",
    reset_line="reset: subtract, at once (Sinabs' default); 'zero' if it was trained so",
    strict=False,
    multiple=True,
    further_lines=_further_lines,
)


def exponential_decay(tau: np.ndarray, dt: float) -> np.ndarray:
    """exp(−dt/τ) as float32 code computes it: the quotient rounded, then the exponential."""
    steps = (tau / dt).astype(np.float32)
    with np.errstate(all="ignore"):
        return np.exp((np.float32(-1) / steps).astype(np.float64)).astype(np.float32)


def normalises_input(mechanisms: Mechanisms, choice: bool | None) -> bool:
    """Is the input scaled by 1 − α? norm_input where it is known, else the default: LIF yes, ExpLeak no."""
    return mechanisms.leaky and mechanisms.fires if choice is None else choice


def input_share(alpha: np.ndarray) -> np.ndarray:
    """1 − α, computed in float32, as float64."""
    return np.asarray(np.float32(1) - alpha, np.float64)


def lif(
    alpha: np.ndarray,
    synapse: np.ndarray | None = None,
    gain: np.ndarray | None = None,
    bias: np.ndarray | None = None,
) -> Dynamics:
    """u = α·v + gain·i + bias; with ``synapse`` αs the current takes its input in before it decays."""
    if synapse is None:
        return Dynamics(alpha, gain=gain, bias=bias)
    return Dynamics(alpha, gain=gain, bias=bias, synapse=synapse, synapse_order="add_then_decay")
