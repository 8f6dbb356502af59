"""An ordinary module that shall spike, as :mod:`snnrt.converters.ann` takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch

from snnrt.converters.ann.conversion import Seen
from snnrt.converters.ann.spiking import NeuronChoice, activations_first, spiking_template
from snnrt.converters.common.rollup.calls import Recording, Value
from snnrt.converters.common.rollup.interpreter import Interpretation, Interpreter
from snnrt.converters.common.rollup.operations import Activation
from snnrt.converters.common.rollup.result import choose_output
from snnrt.converters.torch.adapter import Adapter
from snnrt.converters.torch.deployed import as_deployed
from snnrt.converters.torch.layout import Layout
from snnrt.converters.torch.quantised_activations import QuantisedActivations
from snnrt.converters.torch.recording import record

BATCH = 64


class Ordinary:
    """``module`` called on ``inputs``. ``found``: what it is; ``template``: with its activations."""

    def __init__(
        self, module: torch.nn.Module, inputs: tuple[torch.Tensor, ...], logits: int | str | None
    ) -> None:
        self.module, self.inputs, self.logits = module, inputs, logits
        self.adapter, self.quantised = Adapter(), QuantisedActivations(module)
        recording, self.found, _ = self._observe(inputs)
        self.template = activations_first(self.found.template)
        self.layout = Layout(self.found, recording)

    def seen(self, x: np.ndarray | None) -> Iterator[Seen]:
        """What it computes on ``x`` (N, …), or on the example."""
        if x is None:
            yield self._seen(self.inputs)
            return
        for start in range(0, len(x), BATCH):
            yield self._seen((self.layout.tensor(x[start : start + BATCH]), *self.inputs[1:]))

    def interpretation(
        self, thresholds: Mapping[str, np.ndarray], choice: NeuronChoice
    ) -> tuple[Interpretation, dict[int, int]]:
        """With neurons in the place of activations, and what stands for each node."""
        template, places = spiking_template(self.template, thresholds, choice)
        return replace(self.found, template=template), places

    def _observe(
        self, inputs: tuple[torch.Tensor, ...]
    ) -> tuple[Recording, Interpretation, dict[int, Activation]]:
        def is_one(module: torch.nn.Module) -> bool:
            return self.adapter.is_cell(module) or self.quantised.is_one(module)

        with as_deployed(self.module, self.adapter):
            recording = record(self.module, inputs, is_one)
        for call in recording.calls:
            if call.cell is not None and self.quantised.is_one(call.cell):
                # a function from here on, as any other activation
                call.levels, call.cell = self.quantised.levels(call.cell), None
        interpreter = Interpreter(recording, self.adapter, spiking=True)
        found = interpreter.run()
        assert interpreter.activations is not None
        return recording, found, interpreter.activations

    def _seen(self, inputs: tuple[torch.Tensor, ...]) -> Seen:
        recording, found, by_value = self._observe(inputs)
        values: dict[str, np.ndarray] = {}
        for call in recording.calls:
            for value in call.outputs:
                if id(value) in by_value:
                    values[by_value[id(value)].path] = self._array(value, len(found.meanings[id(value)].lead))
        meaning, _ = choose_output(found, self.logits)
        outputs = next(value for value in self._values(recording) if found.meanings.get(id(value)) is meaning)
        array = self._array(outputs, len(meaning.lead))
        return Seen(values, array.reshape(len(array), -1))

    @staticmethod
    def _values(recording: Recording) -> Iterator[Value]:
        for call in reversed(recording.calls):
            yield from call.outputs

    @staticmethod
    def _array(value: Value, lead: int) -> np.ndarray:
        """(N, …), also where there is no batch axis."""
        array = (value.tensor if value.kept is None else value.kept).detach().cpu().numpy()
        return array if lead else array[np.newaxis]
