"""int8 → Loihi's integers: the same weights, neurons in the chip's own arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnrt.converters.passes.quantise_states import worst_membranes
from snnrt.errors import ModelError
from snnrt.ir.graph import Graph, Neuron, Node
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.node import complaint
from snnrt.ir.spec import LARGEST_LOIHI, ONE_LOIHI, ONE_Q15

_SHIFT = 64
"""Units of a Loihi membrane that make one of a weight."""
_LARGEST_THRESHOLD = 2**17 - 1
"""Of the chip's register."""
_OTHERS = ("synapse_rise", "multiple", "lower_bound", "adaptation", "refractory", "one_spike")


def to_loihi(graph: Graph) -> Graph:
    """``graph`` (int8, 32-bit states) with its spiking neurons in Loihi's integers (docs/ir.md).

    Weights stay as they are, decays are rounded to 1/4096, thresholds and biases are the chip's times 64. A
    neuron without a synaptic current gets one without memory; leaky integrators, which the chip leaves to its
    host, stay. Raises ModelError where a neuron has what the chip does not.
    """
    nodes = (_loihi_neuron(node) if isinstance(node, Neuron) and node.spikes else node for node in graph)
    found = graph.with_(nodes=tuple(nodes))
    check_graph(found)
    return found


def wrapping(graph: Graph) -> list[str]:
    """A line for each neuron of an int8 graph whose current could pass Loihi's 24 bits if all came in."""
    none, whole = np.zeros((), np.int32), {"bias": None, "reset_value": None, "initial": None}
    bare = [node.with_(membrane=none, **whole) if _fires(node) else node for node in graph]
    most = worst_membranes(graph.with_(nodes=tuple(bare)))
    return [
        f"node {node.name!r}: its current wraps beyond {LARGEST_LOIHI} units; if every input came at once it "
        f"could reach {_SHIFT * most[node.name]:.3g}"
        for node in graph
        if _fires(node) and _SHIFT * most[node.name] > LARGEST_LOIHI
    ]


def _fires(node: Node) -> bool:
    return isinstance(node, Neuron) and node.spikes


def _loihi_neuron(node: Neuron) -> Neuron:
    for field in _OTHERS:
        if node.has(field):
            raise complaint(node, field, "none on Loihi", "one; use --numbers int8")
    if not node.strict:
        raise complaint(node, "strict", "v > threshold, as Loihi fires", "≥; use --strict, or --numbers int8")
    if node.reset != "value" or node.reset_next or (node.reset_value is not None and node.reset_value.any()):
        found = f"{node.reset}{' at the next step' if node.reset_next else ''}"
        expected = "to 0 at once, as Loihi does it"
        raise complaint(node, "reset", expected, f"{found}; use --reset zero, or --numbers int8")
    if node.synapse is not None and node.synapse_order != "decay_then_add":
        found = f"{node.synapse_order}; use --numbers int8"
        raise complaint(node, "synapse_order", "decay_then_add on Loihi", found)
    assert node.threshold is not None
    if node.threshold.max() > _LARGEST_THRESHOLD:
        found = f"{node.threshold.max()}, its weights are small beside it; use --numbers int8"
        raise complaint(node, "threshold", f"at most {_LARGEST_THRESHOLD} units on Loihi", found)
    scaled = {}
    for field in ("threshold", "bias", "initial"):
        value = getattr(node, field)
        scaled[field] = None if value is None else _times_64(node, field, value)
    zero = np.zeros((), np.int32)
    return replace(
        node,
        **scaled,  # type: ignore[arg-type]
        loihi=True,
        synapse_order="decay_then_add",
        reset_value=zero,
        membrane=_decay(node.membrane),
        synapse=zero if node.synapse is None else _decay(node.synapse),
        scale=None if node.scale is None else np.asarray(node.scale / np.float32(_SHIFT), np.float32),
    )


def _decay(factor: np.ndarray) -> np.ndarray:
    """Q15 in 1/4096."""
    return np.asarray(np.rint(factor * (ONE_LOIHI / ONE_Q15)), np.int32)


def _times_64(node: Neuron, field: str, value: np.ndarray) -> np.ndarray:
    scaled = value.astype(np.int64) * _SHIFT
    if np.abs(scaled).max() > LARGEST_LOIHI:
        raise ModelError(
            f"node {node.name!r} ({node.kind}): {field}: expected at most {LARGEST_LOIHI // _SHIFT} units on "
            f"Loihi, found {np.abs(value).max()}; use --numbers int8"
        )
    return np.asarray(scaled, np.int32)
