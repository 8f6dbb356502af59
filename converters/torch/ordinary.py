"""Recorded runs of an ordinary module."""

from __future__ import annotations

import numpy as np
import torch

from snnrt.converters.common.rollup.calls import Recording
from snnrt.converters.common.rollup.input_axes import Axes
from snnrt.converters.torch.adapter import Adapter
from snnrt.converters.torch.deployed import as_deployed
from snnrt.converters.torch.known_activations import KnownActivations
from snnrt.converters.torch.recording import record


class ModuleRuns:
    """``module`` called on ``inputs``, or with another first one."""

    axes: Axes | None = None
    batch = 64
    exact = False

    def __init__(self, module: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        self.module, self.inputs = module, inputs
        self.neurons, self.known = Adapter(), KnownActivations(module)

    def record(self, x: np.ndarray | None) -> Recording:
        """A run on ``x`` in the module's axes."""
        inputs = self.inputs
        if x is not None:
            inputs = (torch.from_numpy(x).to(inputs[0].dtype), *inputs[1:])

        def is_one(module: torch.nn.Module) -> bool:
            return self.neurons.is_cell(module) or self.known.is_one(module)

        with as_deployed(self.module, self.neurons):
            recording = record(self.module, inputs, is_one)
        for call in recording.calls:
            if call.cell is not None and self.known.is_one(call.cell):
                # a function from here on, as any other activation
                call.word = type(call.cell).__name__
                call.activation, call.cell = self.known.form(call.cell), None
        return recording
