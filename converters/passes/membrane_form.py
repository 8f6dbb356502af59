"""Every neuron's update written as u = α·v + g·i + b, whatever its framework computes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.graph import Neuron, Shape, broadcast


@dataclass(frozen=True)
class DecayForm:
    """u = ``membrane``·v + ``gain``·i + ``bias``; c decays by ``synapse``.

    float64 arrays of shape (), (channels,) or the node's.
    """

    membrane: np.ndarray
    gain: np.ndarray
    bias: np.ndarray | None
    synapse: np.ndarray | None


def decay_form(node: Neuron) -> DecayForm:
    """The decay form of a float32 neuron.

    euler: α = 1 − k, g → k·g, b → k·l + b. divide: α = 1 − 1/τ, g → g/τ, b → l/τ + b. divide_leak: the
    same α and b, g as it is. Raises ModelError where α is outside 0 … 1 or a gain is not positive.
    """
    membrane = node.membrane.astype(np.float64)
    gain = np.ones(()) if node.gain is None else node.gain.astype(np.float64)
    if node.integration == "decay":
        alpha, share, leak_share = membrane, np.ones(()), None
    elif node.integration == "euler":
        alpha, share, leak_share = 1.0 - membrane, membrane, membrane
    else:
        alpha, leak_share = 1.0 - 1.0 / membrane, 1.0 / membrane
        share = leak_share if node.integration == "divide" else np.ones(())
    gain = _product(gain, share, node.shape)
    bias = None if node.bias is None else node.bias.astype(np.float64)
    if node.leak is not None and leak_share is not None:
        towards = _product(node.leak.astype(np.float64), leak_share, node.shape)
        bias = towards if bias is None else _sum(towards, bias, node.shape)
    synapse = None if node.synapse is None else node.synapse.astype(np.float64)
    if synapse is not None and node.synapse_order == "use_then_decay":
        synapse = 1.0 - synapse
    if alpha.min() < 0.0 or alpha.max() > 1.0:
        raise ModelError(
            f"node {node.name!r} ({node.kind}): membrane: expected a decay of 0 to 1 a step for int8, found "
            f"{alpha.min():.6g} to {alpha.max():.6g}; use a smaller dt, or --numbers float32"
        )
    if gain.min() <= 0.0:
        raise ModelError(
            f"node {node.name!r} ({node.kind}): gain: expected positive input gains for int8, found "
            f"{gain.min():.6g}; fold the sign into the weights, or use --numbers float32"
        )
    return DecayForm(alpha, gain, bias, synapse)


def _product(a: np.ndarray, b: np.ndarray, shape: Shape) -> np.ndarray:
    return a * b if a.shape in ((), b.shape) or b.shape == () else broadcast(a, shape) * broadcast(b, shape)


def _sum(a: np.ndarray, b: np.ndarray, shape: Shape) -> np.ndarray:
    return a + b if a.shape in ((), b.shape) or b.shape == () else broadcast(a, shape) + broadcast(b, shape)
