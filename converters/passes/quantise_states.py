"""16 or 32 bits for each membrane of an int8 graph."""

from __future__ import annotations

from typing import Literal

import numpy as np

from snnrt.converters.passes.observe import membrane_peaks
from snnrt.converters.passes.quantise_units import MEMBRANE_PARAMETERS
from snnrt.errors import ModelError
from snnrt.ir.graph import Graph, Neuron
from snnrt.ir.spec import LARGEST_INT16, ONE_Q15
from snnrt.ir.value_types import largest_values, output_types

_HEADROOM = 2.0


def choose_state_bits(
    graph: Graph, calibration: np.ndarray | None, state_bits: Literal[16, 32] | None
) -> Graph:
    """``graph`` (int8, 32-bit states) with 16-bit states where they hold, or everywhere if told so.

    They hold where the worst case of u fits, or where twice the largest |u| over ``calibration``
    does. Raises ModelError where 16 bits are asked for and a parameter does not fit.
    """
    if state_bits == 32:
        return graph
    neurons = [node for node in graph if isinstance(node, Neuron)]
    if state_bits == 16:
        chosen = {node.name for node in neurons}
        for node in neurons:
            if _largest_parameter(node) > LARGEST_INT16:
                raise ModelError(
                    f"node {node.name!r} ({node.kind}): state_bits: expected parameters of at most "
                    f"{LARGEST_INT16} units, found {_largest_parameter(node)}; leave state_bits out"
                )
    else:
        largest = worst_membranes(graph)
        open_ = [node for node in neurons if largest[node.name] > LARGEST_INT16 >= _largest_parameter(node)]
        if calibration is not None and open_:
            peaks = membrane_peaks(graph, calibration)
            largest = {name: min(bound, _HEADROOM * peaks[name]) for name, bound in largest.items()}
        chosen = {
            node.name
            for node in neurons
            if largest[node.name] <= LARGEST_INT16 and _largest_parameter(node) <= LARGEST_INT16
        }
    nodes = tuple(node.with_(state_bits=16) if node.name in chosen else node for node in graph)
    return graph.with_(nodes=nodes)


def _largest_parameter(node: Neuron) -> int:
    fields = [getattr(node, name) for name in MEMBRANE_PARAMETERS]
    return max(
        (int(np.abs(value.astype(np.int64)).max()) for value in fields if value is not None), default=0
    )


def worst_membranes(graph: Graph) -> dict[str, float]:
    """An upper bound of |u| for each neuron over the graph's timesteps (infinite where none is simple)."""
    current: dict[str, float] = {}
    membranes: dict[str, float] = {}
    types = output_types(graph)
    spikes = {name: float(value) for name, value in largest_values(graph).items()}
    # twice: what is read delayed has its bound only after a first round
    for node in graph.nodes[:-2] * 2:
        sources = [spikes.get(edge.source, current.get(edge.source, np.inf)) for edge in node.inputs]
        if isinstance(node, Neuron):
            membranes[node.name] = _worst_membrane(node, sources[0], graph.timesteps)
        if types[node.name] == "int32":
            current[node.name] = (
                membranes[node.name] if node.name in membranes else node.worst_current(sources)
            )
    return membranes


def _worst_membrane(node: Neuron, current: float, timesteps: int) -> float:
    """Everything that can come in, added up over the steps that the leak lets it last; resets, too."""
    if node.synapse is not None:
        lasting = _steps(node, node.synapse, timesteps)
        if node.synapse_rise is not None:
            lasting += _steps(node, node.synapse_rise, timesteps)
        current = (current + 1.0) * lasting
    bias = 0.0 if node.bias is None else float(np.abs(node.bias.astype(np.int64)).max())
    parameters = [node.reset_value, node.lower_bound, node.initial]
    if node.reset_next and node.reset == "subtract":
        # a late reset may be taken from a membrane that has leaked in the meantime
        parameters.append(node.threshold)
    start = sum(float(np.abs(value.astype(np.int64)).max()) for value in parameters if value is not None)
    return start + (current + bias + 1.0) * _steps(node, node.membrane, timesteps)


def _steps(node: Neuron, decay: np.ndarray, timesteps: int) -> float:
    """1 + α + α² + … over the run, for the slowest decay."""
    slowest = 1.0 - 0.5 ** float(decay.max()) if node.shift_decay else float(decay.max()) / ONE_Q15
    return float(timesteps) if slowest == 1.0 else min(float(timesteps), 1.0 / (1.0 - slowest))
