"""What decays become where each is a shift: the nearest 1 − 2⁻ᵏ."""

from __future__ import annotations

import numpy as np

from snnrt.converters.passes.membrane_form import decay_form
from snnrt.ir.graph import Graph, Neuron
from snnrt.ir.spec import LARGEST_SHIFT

_EXACT = 2.0**-24
"""A float32 decay nearer to 1 − 2⁻ᵏ than this is that one."""


def nearest_shift(decay: np.ndarray) -> np.ndarray:
    """k, int32 of the shape of ``decay`` (0 … 1, below 1), of the 1 − 2⁻ᵏ whose 1 − α is nearest by ratio."""
    return np.asarray(np.clip(np.rint(-np.log2(1.0 - decay)), 0, LARGEST_SHIFT), np.int32)


def moved_decays(graph: Graph) -> list[str]:
    """A line for each decay in a float32 graph that is no 1 − 2⁻ᵏ, and so changes or stays a product."""
    return [line for node in graph if isinstance(node, Neuron) for line in _moved(node)]


def _moved(node: Neuron) -> list[str]:
    form = decay_form(node)
    found = {
        "membrane": form.membrane, "synapse": form.synapse, "synapse_rise": node.synapse_rise,
        "adaptation_decay": node.adaptation_decay,
    }  # fmt: skip
    decays = {name: value.astype(np.float64) for name, value in found.items() if value is not None}
    kept = [name for name, value in decays.items() if value.max() >= 1.0]
    if kept:
        if len(decays) == len(kept):
            return []
        return [f"node {node.name!r}: its decays stay products: {kept[0]} does not decay"]
    lines = []
    for name, value in decays.items():
        shift = nearest_shift(value)
        near = 1.0 - 0.5 ** shift.astype(np.float64)
        worst = int(np.argmax(np.abs(near - value)))
        if abs(near.flat[worst] - value.flat[worst]) > _EXACT:
            text = f"{value.flat[worst]:.6g} becomes {near.flat[worst]:.6g} (1 − 2^−{shift.flat[worst]})"
            lines.append(f"node {node.name!r}: {name}: a decay of {text}")
    return lines
