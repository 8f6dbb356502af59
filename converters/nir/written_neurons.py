"""A neuron of the IR as one of NIR's, and what NIR does not say of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from snnrt.ir.graph import Neuron, broadcast

DT = 1e-4
"""NIR's usual step, in seconds."""


def written_neuron(node: Neuron) -> tuple[dict[str, Any] | None, list[str]]:
    """The fields of the NIR node, None where NIR has no such neuron; and what they leave out, in words.

    A decay α is τ = dt / (1 − α) with r = τ / dt, as snnTorch exports it; the step of forward Euler k is
    τ = dt / k; SpikingJelly's τ counts steps.
    """
    if node.synapse_rise is not None or node.adaptation is not None or node.refractory is not None:
        return None, []
    if node.one_spike or node.loihi or node.shift_decay:
        return None, []
    shape = node.shape
    membrane = _array(node.membrane, shape)
    gain = np.ones(shape) if node.gain is None else _array(node.gain, shape)
    leak = np.zeros(shape) if node.leak is None else _array(node.leak, shape)
    lines = _unsaid(node)
    with np.errstate(all="ignore"):
        if node.integration == "decay":
            tau = DT / (1.0 - membrane)
            r = tau / DT * gain
            if node.bias is not None:
                leak = _array(node.bias, shape) / (1.0 - membrane)
        else:
            tau = DT / membrane if node.integration == "euler" else DT * membrane
            r = gain * membrane if node.integration == "divide_leak" else gain
            if node.bias is not None:
                lines.append("bias")
    leaky = bool(np.isfinite(tau).all())
    if not leaky and node.bias is not None and node.integration == "decay":
        leak = np.where(np.isfinite(leak), leak, 0.0)
        lines.append("bias")
    written: dict[str, Any]
    if node.synapse is None and np.isinf(tau).all():
        written = {"type": "IF" if node.threshold is not None else "I", "r": gain / DT}
    elif node.synapse is None:
        written = {"type": "LIF" if node.threshold is not None else "LI", "tau": tau, "r": r, "v_leak": leak}
    else:
        synapse = _array(node.synapse, shape)
        with np.errstate(all="ignore"):
            tau_syn = DT / synapse if node.synapse_order == "use_then_decay" else DT / (1.0 - synapse)
        written = {
            "type": "CubaLIF" if node.threshold is not None else "CubaLI", "tau_mem": tau,
            "tau_syn": tau_syn, "r": r, "v_leak": leak, "w_in": tau_syn / DT,
        }  # fmt: skip
    if node.threshold is not None:
        written["v_threshold"] = _array(node.threshold, shape)
        resets = node.reset == "value" and node.reset_value is not None
        written["v_reset"] = _array(node.reset_value, shape) if resets else np.zeros(shape)
    # SpikingJelly writes float64, from which its count of steps comes back exactly
    dtype = np.float64 if node.integration.startswith("divide") else np.float32
    return {k: v if k == "type" else np.asarray(v, dtype) for k, v in written.items()}, lines


def _unsaid(node: Neuron) -> list[str]:
    lines = []
    if node.threshold is not None:
        reset = {"subtract": "subtract", "value": "to a value", "none": "none"}[node.reset]
        when = ", at the next step" if node.reset_next else ""
        lines.append(f"reset: {reset}{when}; fires where v {'>' if node.strict else '≥'} threshold")
    if node.multiple:
        lines.append(f"up to {node.max_spikes} spikes a step")
    if node.lower_bound is not None:
        lines.append("lower bound")
    if node.initial is not None and node.initial.any():
        lines.append("the membrane's first value")
    if node.synapse is not None and node.synapse_order != "previous":
        lines.append(f"the current's order: {node.synapse_order}")
    return lines


def _array(values: np.ndarray | None, shape: tuple[int, ...]) -> np.ndarray:
    assert values is not None
    return broadcast(values, shape).astype(np.float64)
