"""An ordinary module that shall spike: activations become neurons, thresholds come from calibration data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from snnrt.converters.ann.spiking import spiking_template
from snnrt.converters.ann.thresholds import best_thresholds
from snnrt.converters.torch.adapter import Adapter
from snnrt.converters.torch.deployed import as_deployed
from snnrt.converters.torch.interpreter import Interpretation, Interpreter
from snnrt.converters.torch.layout import Layout
from snnrt.converters.torch.operations import Activation
from snnrt.converters.torch.recording import Recording, record

BATCH = 64
SAMPLES = 8192
"""Of a channel's activations that are kept."""

NOT_CALIBRATED = (
    "thresholds from the example alone; calibrate with inputs like those of the device (calibrate=…, "
    "--calibrate)"
)


class Ordinary:
    """``module`` called on ``inputs``; its activations by path."""

    def __init__(self, module: torch.nn.Module, inputs: tuple[torch.Tensor, ...], timesteps: int) -> None:
        self.module, self.inputs, self.timesteps = module, inputs, timesteps
        self.adapter = Adapter()
        self.recording, self.found, self.activations = self._observe(inputs)
        self.layout = Layout(self.found, self.recording)
        self.random = np.random.default_rng(0)

    def thresholds(self, x: np.ndarray | None = None) -> dict[str, np.ndarray]:
        """By path (C,), from the example or from ``x`` (N, …)."""
        kept: dict[str, list[np.ndarray]] = {}
        if x is None:
            batches = [self.inputs]
        else:
            parts = [x[start : start + BATCH] for start in range(0, len(x), BATCH)]
            batches = [(self.layout.tensor(part), *self.inputs[1:]) for part in parts]
        most = max(1, SAMPLES // len(batches))
        for batch in batches:
            for path, values in self._values(batch).items():
                kept.setdefault(path, []).append(self._some(values, most))
        ceilings = {one.path: one.ceiling for one in self.activations}
        return {
            path: best_thresholds(np.concatenate(parts, axis=1), self.timesteps, ceilings[path])
            for path, parts in kept.items()
        }

    def interpretation(self, thresholds: dict[str, np.ndarray]) -> tuple[Interpretation, dict[int, int]]:
        """With neurons in the place of activations, and what stands for each node."""
        template, places = spiking_template(self.found.template, thresholds)
        return replace(self.found, template=template), places

    def _observe(
        self, inputs: tuple[torch.Tensor, ...]
    ) -> tuple[Recording, Interpretation, list[Activation]]:
        with as_deployed(self.module, self.adapter):
            recording = record(self.module, inputs, self.adapter.is_cell)
        interpreter = Interpreter(recording, self.adapter, spiking=True)
        found = interpreter.run()
        assert interpreter.activations is not None
        self._by_value = interpreter.activations
        return recording, found, list(interpreter.activations.values())

    def _values(self, inputs: tuple[torch.Tensor, ...]) -> dict[str, np.ndarray]:
        """(C, N·…) of each activation."""
        recording, found, _ = self._observe(inputs)
        values: dict[str, np.ndarray] = {}
        for call in recording.calls:
            for value in call.outputs:
                activation = self._by_value.get(id(value))
                if activation is not None:
                    axis = len(found.meanings[id(value)].lead)
                    array = np.moveaxis(value.tensor.detach().cpu().numpy(), axis, 0)
                    values[activation.path] = array.reshape(array.shape[0], -1)
        return values

    def _some(self, values: np.ndarray, most: int) -> np.ndarray:
        if values.shape[1] <= most:
            return values
        return values[:, np.sort(self.random.choice(values.shape[1], most, replace=False))]
