"""snnTorch: Leaky, Synaptic, and their recurrent forms."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from snnrt.converters.frameworks.choices import Choices
from snnrt.converters.frameworks.framework import Framework, Mechanisms
from snnrt.converters.frameworks.neuron import Dynamics


def _further_lines(choices: Choices, neurons: Collection[Mechanisms]) -> list[str]:
    fires = any(neuron.fires for neuron in neurons)
    if not fires or choices.reset_delay is not None or choices.reset not in (None, "subtract"):
        return []
    return ["a reset comes at the next step (snnTorch's default reset_delay)"]


FRAMEWORK = Framework(
    name="snntorch",
    title="snnTorch",
    dt=1e-4,
    dt_line="dt = {dt} s (snnTorch's export)",
    reset="subtract",
    reset_line="reset: subtract (snnTorch's default); 'zero' if it was trained so",
    strict=True,
    resets_late=True,
    further_lines=_further_lines,
)


def leaky(
    beta: np.ndarray,
    alpha: np.ndarray | None = None,
    gain: np.ndarray | None = None,
    bias: np.ndarray | None = None,
) -> Dynamics:
    """u = β·v + x; with ``alpha`` (Synaptic) i = α·i + x, u = β·v + i. Both decays are clamped to 0 … 1.

    ``gain`` and ``bias``, which snnTorch does not have: u = β·v + gain·i + bias.
    """
    synapse = None if alpha is None else _clamped(alpha)
    return Dynamics(_clamped(beta), synapse=synapse, gain=gain, bias=bias)


def alpha_neuron(alpha: np.ndarray, beta: np.ndarray) -> Dynamics:
    """Alpha: c = α·c + x, d = β·d + x, u = τ·(c − d) with τ = ln α / (ln β − ln α) + 1 in float32.

    0 < β < α < 1, float32; snnTorch's ``syn_exc`` is c, its ``syn_inh`` −d.
    """
    fast, slow = (np.log(decay.astype(np.float64)).astype(np.float32) for decay in (alpha, beta))
    gain = np.asarray(fast / (slow - fast) + np.float32(1), np.float32)
    return Dynamics(np.zeros((), np.float32), gain=gain, synapse=alpha, synapse_rise=beta)


def _clamped(decay: np.ndarray) -> np.ndarray:
    return np.asarray(np.clip(decay, 0, 1), np.float32)
