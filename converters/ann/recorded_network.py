"""An ordinary network whose runs are recorded, as :mod:`snnrt.converters.ann` takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from snnrt.converters.ann.activations import with_activations
from snnrt.converters.ann.conversion import Seen
from snnrt.converters.ann.spiking import NeuronChoice, activations_first, spiking_template
from snnrt.converters.common.rollup.adapted import Neurons
from snnrt.converters.common.rollup.calls import Recording, Value, as_array
from snnrt.converters.common.rollup.input_axes import Axes
from snnrt.converters.common.rollup.interpreter import Interpretation, Interpreter
from snnrt.converters.common.rollup.layout import Layout
from snnrt.converters.common.rollup.operations import Activation
from snnrt.converters.common.rollup.result import choose_output


class Runs(Protocol):
    """What an importer shows of an ordinary network: recordings of its runs."""

    @property
    def neurons(self) -> Neurons:
        """Of the recordings."""

    @property
    def axes(self) -> Axes | None:
        """Of the input; None: told by what reads it."""

    @property
    def batch(self) -> int:
        """Inputs that one run takes."""

    @property
    def exact(self) -> bool:
        """Whether a run takes no fewer."""

    def record(self, x: np.ndarray | None) -> Recording:
        """A run on ``x`` in the network's own axes; None: on the example."""


class RecordedNetwork:
    """``found``: what the network is; ``template``: with its activations; ``logits`` chooses its result."""

    def __init__(self, runs: Runs, logits: int | str | None) -> None:
        self.runs, self.logits = runs, logits
        recording, self.found, _ = self._observe(None)
        self.template = activations_first(self.found.template)
        self.layout = Layout(self.found.meanings[id(recording.inputs[0])])

    def seen(self, x: np.ndarray | None) -> Iterator[Seen]:
        """What it computes on ``x`` (N, …), or on the example."""
        if x is None:
            yield self._seen(None)
            return
        size = self.runs.batch if self.layout.batched else 1
        for start in range(0, len(x), size):
            part = np.asarray(x[start : start + size])
            count = len(part)
            if count < size and self.runs.exact:
                part = np.concatenate([part, np.repeat(part[-1:], size - count, axis=0)])
            found = self._seen(self.layout.array(part))
            if count < len(part):
                values = {path: one[:count] for path, one in found.activations.items()}
                found = Seen(values, found.outputs[:count])
            yield found

    def interpretation(
        self, thresholds: Mapping[str, np.ndarray], choice: NeuronChoice
    ) -> tuple[Interpretation, dict[int, int]]:
        """With neurons in the place of activations, and what stands for each node."""
        template, places = spiking_template(self.template, thresholds, choice)
        return replace(self.found, template=template), places

    def _observe(self, x: np.ndarray | None) -> tuple[Recording, Interpretation, dict[int, Activation]]:
        recording = with_activations(self.runs.record(x))
        interpreter = Interpreter(recording, self.runs.neurons, axes=self.runs.axes, spiking=True)
        found = interpreter.run()
        assert interpreter.activations is not None
        return recording, found, interpreter.activations

    def _seen(self, x: np.ndarray | None) -> Seen:
        recording, found, by_value = self._observe(x)
        values: dict[str, np.ndarray] = {}
        for call in recording.calls:
            for value in call.outputs:
                if id(value) in by_value:
                    values[by_value[id(value)].path] = _array(value, len(found.meanings[id(value)].lead))
        meaning, _ = choose_output(found, self.logits)
        outputs = next(value for value in _values(recording) if found.meanings.get(id(value)) is meaning)
        array = _array(outputs, len(meaning.lead))
        return Seen(values, array.reshape(len(array), -1))


def _values(recording: Recording) -> Iterator[Value]:
    for call in reversed(recording.calls):
        yield from call.outputs


def _array(value: Value, lead: int) -> np.ndarray:
    """(N, …), also where there is no batch axis."""
    array = as_array(value.tensor if value.kept is None else value.kept)
    return array if lead else array[np.newaxis]
