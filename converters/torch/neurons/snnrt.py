"""The neurons of snnrt.training: the one step of snnrt, as it stands."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.adapted import Adapted, TimeAxes
from snnrt.converters.common.rollup.operations import Cell
from snnrt.converters.torch.adapter import NeuronClass
from snnrt.converters.torch.neurons.constants import constant
from snnrt.ir.graph import Neuron


def _adapted(module: Any, path: str) -> Adapted:
    subtracts = module.reset == "subtract"
    most = module.max_spikes
    values = {"decay": constant(module.decay), "threshold": constant(torch.tensor(module.threshold))}
    initial = np.array(module.initial, np.float32) if module.initial else None

    def make(found: Parameters) -> Neuron:
        return Neuron(
            found.node.name, (), found.shape, found.float32("decay"),
            threshold=found.positive("threshold"), reset="subtract" if subtracts else "value",
            reset_value=None if subtracts else np.zeros((), np.float32), initial=initial,
            multiple=most > 1, max_spikes=most,
        )  # fmt: skip

    reset = "subtract the threshold" if subtracts else "to zero"
    fires = f"up to {most} spikes: ⌊u / threshold⌋" if most > 1 else "fires where u ≥ threshold"
    begins = f", begins at v = {module.initial:g}" if module.initial else ""
    words = f"u = decay·v + x{begins}; {fires}; reset at once: {reset}"
    return Adapted(Cell(type(module).__name__, path, make, values, words), _time(module))


def _time(module: torch.nn.Module) -> TimeAxes:
    return "TN"


def _rest(module: torch.nn.Module) -> None:
    """Each call begins at rest."""


_NEURON = NeuronClass(_adapted, _time, rest=_rest)

NEURONS = {"LIF": _NEURON, "IF": _NEURON, "ParametricLIF": _NEURON}
