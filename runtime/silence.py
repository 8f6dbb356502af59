"""Layers that never fire: most often a sign of rules that are not the framework's."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from snnrt.devices.registry import find_device
from snnrt.errors import SilentLayerWarning
from snnrt.format.model import Model
from snnrt.ir.graph import Graph
from snnrt.results.counts import Counts
from snnrt.results.request import Capabilities, Inputs, checked_request
from snnrt.results.result import Result

AT_ONCE = 64
_LISTED = 8


def silent_layers(graph: Graph, counts: Counts) -> tuple[str, ...]:
    """The layers of ``graph`` that can fire, and did not for any input."""
    spikes = counts.spikes
    return _silent(graph, spikes[0] if len(spikes) == 1 else spikes.sum(axis=0))


def with_silence(graph: Graph, result: Result, device: Capabilities) -> Result:
    """``result`` with its silent layers, where the device counts spikes."""
    if not device.counts:
        return result
    silent = silent_layers(graph, result.counts)
    return replace(result, silent_layers=silent) if silent != result.silent_layers else result


def silent_on(model: Model, calibration: Inputs) -> tuple[tuple[str, ...], int]:
    """The layers that do not fire for any input of ``calibration`` (of built-in data the training split) in
    all timesteps, and how many inputs there are. Stops as soon as every layer has fired."""
    graph, device = model.graph, find_device("cpu")
    request = checked_request(graph, calibration, device.capabilities, split="train").for_all_timesteps()
    fired = np.zeros(len(graph.nodes), np.uint64)
    with device.open(model) as session:
        for start in range(0, len(request), AT_ONCE):
            fired += session.run(request.part(start, start + AT_ONCE)).counts.spikes.sum(axis=0)
            if not _silent(graph, fired):
                break
    return _silent(graph, fired), len(request)


def silence_text(layers: tuple[str, ...], inputs: int) -> str:
    """What to say of them, on one line."""
    names = ", ".join(map(repr, layers[:_LISTED]))
    more = f" and {len(layers) - _LISTED} more" if len(layers) > _LISTED else ""
    who = f"layer {names} never fires" if len(layers) == 1 else f"layers {names}{more} never fire"
    data = "this input" if inputs == 1 else f"any of these {inputs} inputs"
    return (
        f"{who} for {data}: "
        "check framework, dt, reset and threshold ('snnrt inspect' shows each neuron's rule), and that the "
        "inputs are scaled as in training"
    )


def warn_of_silence(model: Model, calibration: Inputs, stacklevel: int) -> None:
    """A :class:`SilentLayerWarning` where a layer does not fire for any input of ``calibration``."""
    silent, inputs = silent_on(model, calibration)
    if silent:
        told = SilentLayerWarning(silence_text(silent, inputs), silent)
        warnings.warn(told, stacklevel=stacklevel + 1)


def _silent(graph: Graph, fired: np.ndarray) -> tuple[str, ...]:
    """``fired``: spikes by node, in the order of the graph."""
    spikes = fired.tolist()
    return tuple([name for place, name in graph.firing if not spikes[place]])
