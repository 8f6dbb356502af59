"""Recorded runs of an ordinary network in an ONNX file."""

from __future__ import annotations

import numpy as np

from snnrt.converters.ann.activations import with_activations
from snnrt.converters.common.rollup.calls import Recording
from snnrt.converters.common.rollup.input_axes import Axes
from snnrt.converters.onnx.axes import find_axes
from snnrt.converters.onnx.bounds import TooLarge
from snnrt.converters.onnx.example import another
from snnrt.converters.onnx.file import OnnxModel
from snnrt.converters.onnx.fires import Fires, Tables
from snnrt.converters.onnx.neurons import OnnxNeurons
from snnrt.converters.onnx.observed import Observed
from snnrt.converters.onnx.states import Ports
from snnrt.converters.onnx.tensors import Tensor
from snnrt.converters.onnx.tracing import MAX_BYTES, MAX_TRACED_WORK, Tracer
from snnrt.converters.onnx.translation import Translation
from snnrt.errors import ModelError

MOST = 64
"""Inputs of one run."""
_SHARE = 4
"""Of what a run may take, how much is used."""


class OnnxRuns:
    """``model`` run on ``example``, or on other inputs of that shape.

    Several run side by side where the file computes them so, whatever batch it was exported with.
    """

    def __init__(self, model: OnnxModel, ports: Ports, example: np.ndarray) -> None:
        self.model, self.ports, self.example = model, ports, example
        self.neurons = OnnxNeurons()
        self._bytes, self._work = 0, 0
        recording = self.record(None)
        self.axes: Axes | None = find_axes(with_activations(recording), self.neurons, False, spiking=True)
        lead = self.axes[0]
        self.batch = example.shape[0] if lead[:1] == ("N",) else 1
        self.exact = True
        if lead[:1] == ("N",):
            self._widen()

    def record(self, x: np.ndarray | None) -> Recording:
        """A run on ``x`` in the file's axes. Raises ModelError, naming the node."""
        # a damaged or hostile model computes with NaN and infinity
        with np.errstate(all="ignore"):
            return Translation(self._observed(x)).recording()

    def _observed(self, x: np.ndarray | None) -> Observed:
        tracer = Tracer(self.model)
        array = self.example if x is None else np.asarray(x, self.example.dtype)
        given = tracer.trace.give(array, name=self.ports.data)
        outputs = tracer.run({self.ports.data: given})
        if x is None:
            self._bytes, self._work = tracer.trace.bytes, tracer.trace.work
        results = {name: outputs[name] for name in self.ports.results}
        return Observed(tracer.trace, given, 1, [results], Fires([], {}, [], Tables()), [])

    def _widen(self) -> None:
        """Take as many as one run has room for, if they give what each gives alone."""
        own = self.batch
        room = min(
            MAX_BYTES / max(self._bytes, 1), MAX_TRACED_WORK / max(self._work, 1), _SHARE * MOST / own
        )  # fmt: skip
        times = int(room / _SHARE)
        if times < 2:
            return
        other = another(self.example, float(self.example.min()), float(self.example.max()))
        try:
            with np.errstate(all="ignore"):
                alone, both = (self._results(x) for x in (None, np.concatenate([other, self.example])))
        except (ModelError, TooLarge):
            return
        fits = all(
            two.shape == (2 * own, *one.shape[1:]) and one.shape[:1] == (own,)
            and np.allclose(two[own:], one, rtol=1e-4, atol=1e-5) for one, two in zip(alone, both)
        )  # fmt: skip
        if fits:
            self.batch, self.exact = times * own, False

    def _results(self, x: np.ndarray | None) -> list[np.ndarray]:
        found: dict[str, Tensor] = self._observed(x).results[0]
        return [one.array for one in found.values()]
