"""What a network gave in its framework: logits and spikes that were recorded there, to compare a model with.

An ``.npz``, or a mapping of arrays, N inputs in the order of the data and T timesteps:

- ``outputs`` (N, T, classes): what the network gives at each timestep (spikes, or a potential); the model's
  readout makes logits of them
- ``logits`` (N, classes), or (N, T, classes) after each timestep: in place of ``outputs``; where the network
  gives a map, (channels, height, width) or that flattened row by row stands for the classes in both
- ``spikes/LAYER``, or only ``LAYER`` (N, T, *shape): spikes of a layer of the model
- ``membranes/LAYER`` (N, T, *shape): its membranes after each timestep

Each may be missing; ``x`` and ``y`` are not looked at. It takes three lines to write one::

    with torch.no_grad():
        record = [net(x) for _ in range(T)]           # a step each: (output, spikes of lif1)
    np.savez("recorded.npz", outputs=torch.stack([out for out, _ in record], 1).numpy(),
             **{"spikes/lif1": torch.stack([spikes for _, spikes in record], 1).numpy()})
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from snnrt.data.fit import as_array, shape_text
from snnrt.data.load import load_arrays
from snnrt.errors import DataError
from snnrt.exits import fixed_point
from snnrt.ir.graph import Graph, Neuron
from snnrt.results.result import in_class_order, in_map_order
from snnrt.texts import quoted

LEFT_ALONE = ("x", "y")
MOST_SPIKES = 65535
_LISTED = 12


@dataclass(frozen=True, eq=False)
class RecordedOutputs:
    """Checked against a model: ``spikes`` and ``membranes`` by layer (N, T, *shape), ``logits`` (N, K) at the
    end, ``step_logits`` (N, T, K); None: not recorded. ``timesteps``: T, None where nothing has that axis."""

    name: str
    inputs: int
    timesteps: int | None
    spikes: dict[str, np.ndarray] = field(default_factory=dict)
    membranes: dict[str, np.ndarray] = field(default_factory=dict)
    logits: np.ndarray | None = None
    step_logits: np.ndarray | None = None


def is_outputs(source: object) -> bool:
    """Whether ``source`` holds recorded outputs, by its suffix or type."""
    if isinstance(source, Mapping):
        return True
    return isinstance(source, (str, os.PathLike)) and os.fspath(source).lower().endswith(".npz")


def recorded_outputs(
    source: str | os.PathLike[str] | Mapping[str, object], graph: Graph, limit: int | None = None
) -> RecordedOutputs:
    """Outputs as the module's docstring says, held against ``graph``; of the first ``limit`` inputs.

    Raises DataError for a file that is none, layers that the model has not, and shapes and values that can't
    be.
    """
    if isinstance(source, Mapping):
        name, given = "outputs", dict(source)
    else:
        name, given = os.fspath(source), dict(load_arrays(source))
    arrays = {str(key): as_array(value, f"{name}: {key}") for key, value in given.items()}
    reading = _Reading(
        name, graph, {key: array[:limit] if array.ndim else array for key, array in arrays.items()}
    )
    return reading.outputs()


class _Reading:
    def __init__(self, name: str, graph: Graph, arrays: dict[str, np.ndarray]) -> None:
        self.name, self.graph = name, graph
        self.arrays = {key: array for key, array in arrays.items() if key not in LEFT_ALONE}
        self.inputs: tuple[str, int] | None = None
        self.timesteps: tuple[str, int] | None = None

    def outputs(self) -> RecordedOutputs:
        """All of it."""
        spikes: dict[str, np.ndarray] = {}
        membranes: dict[str, np.ndarray] = {}
        logits, steps = None, None
        for key, array in self.arrays.items():
            kind, slash, layer = key.partition("/")
            if key in ("logits", "outputs"):
                continue
            if not slash or kind not in ("spikes", "membranes"):
                kind, layer = "spikes", key
            values = self._of_layer(key, array, self._layer(key, layer, fires=kind == "spikes"))
            (spikes if kind == "spikes" else membranes)[layer] = values
        if "outputs" in self.arrays:
            given = self._of_classes("outputs", self.arrays["outputs"])
            if given.ndim != 3:
                raise self._complaint("outputs", "(N, T, classes)", shape_text(given.shape))
            last, shape = self._spiking_output(), self.graph.output_map
            if last is not None:
                spikes.setdefault(last, given if shape is None else in_map_order(given, shape))
            steps = self._accumulated(given)
        if "logits" in self.arrays:
            given = self._of_classes("logits", self.arrays["logits"])
            logits, steps = (given, steps) if given.ndim == 2 else (None, given)
        if logits is None and steps is not None:
            logits = steps[:, -1]
        if self.inputs is None:
            raise DataError(
                f"{self.name}: expected outputs or logits, or spikes of layers ({self._layers()}), found none"
            )
        for layer, values in spikes.items():
            self._check_spikes(layer, values)
        order = [node.name for node in self.graph if node.name in spikes]
        return RecordedOutputs(
            self.name, self.inputs[1], None if self.timesteps is None else self.timesteps[1],
            {layer: spikes[layer] for layer in order}, membranes, logits, steps,
        )  # fmt: skip

    def _complaint(self, key: str, expected: str, found: object) -> DataError:
        return DataError(f"{self.name}: {key}: expected {expected}, found {found}")

    def _layers(self) -> str:
        names = [node.name for node in self.graph if isinstance(node, Neuron)]
        more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
        return ", ".join(names[:_LISTED]) + more if names else "it has none"

    def _layer(self, key: str, layer: str, fires: bool) -> Neuron:
        node = next((node for node in self.graph if node.name == layer), None)
        if not isinstance(node, Neuron):
            raise DataError(
                f"{self.name}: {quoted(key)}: the model has no layer of neurons of that name; it has "
                f"{self._layers()}; name the arrays spikes/LAYER, outputs or logits"
            )
        if fires and not node.spikes:
            raise DataError(
                f"{self.name}: {quoted(key)}: the layer fires no spikes; record its potential as "
                f"membranes/{layer}"
            )
        return node

    def _of_layer(self, key: str, array: np.ndarray, node: Neuron) -> np.ndarray:
        """(N, T, *shape); axes of 1 may be left out, and all of a layer's may be one, row by row."""
        wanted = f"(N, T, {', '.join(map(str, node.shape))})"
        rest = array.shape[2:]
        same = [size for size in rest if size != 1] == [size for size in node.shape if size != 1]
        if array.ndim < 3 and not (array.ndim == 2 and math.prod(node.shape) == 1):
            raise self._complaint(key, wanted, shape_text(array.shape))
        if not same and rest != (math.prod(node.shape),):
            raise self._complaint(key, wanted, shape_text(array.shape))
        self._count(key, array, timed=True)
        return array.reshape(*array.shape[:2], *node.shape)

    def _of_classes(self, key: str, array: np.ndarray) -> np.ndarray:
        classes, shape = self.graph.readout.shape[0], self.graph.output_map
        if shape is not None:
            # as a framework has them: a map, or a map flattened row by row
            if array.shape[-3:] != shape and array.shape[-1:] == (classes,):
                array = array.reshape(*array.shape[:-1], *shape)
            if array.shape[-3:] == shape:
                array = in_class_order(array)
        if array.ndim not in (2, 3) or array.shape[-1] != classes:
            wanted = f"(N, {classes}) or (N, T, {classes})" if key == "logits" else f"(N, T, {classes})"
            raise self._complaint(key, wanted, shape_text(array.shape))
        self._count(key, array, timed=array.ndim == 3)
        if not np.isfinite(array).all():
            raise self._complaint(key, "finite numbers", "NaN or infinity")
        return array

    def _count(self, key: str, array: np.ndarray, timed: bool) -> None:
        """N and T are the same in all arrays."""
        if array.size == 0:
            raise self._complaint(key, "at least one input and timestep", shape_text(array.shape))
        self.inputs = self.inputs or (key, array.shape[0])
        if array.shape[0] != self.inputs[1]:
            hint = ""
            if timed and array.shape[1] == self.inputs[1]:
                hint = "; time is the second axis: np.swapaxes(x, 0, 1)"
            found = f"{self.inputs[1]} inputs as in {self.inputs[0]}"
            raise self._complaint(key, found, f"{shape_text(array.shape)}{hint}")
        if timed:
            self.timesteps = self.timesteps or (key, array.shape[1])
            if array.shape[1] != self.timesteps[1]:
                found = f"{self.timesteps[1]} timesteps as in {self.timesteps[0]}"
                raise self._complaint(key, found, shape_text(array.shape))

    def _check_spikes(self, layer: str, values: np.ndarray) -> None:
        for one in values:
            if one.min() < 0 or one.max() > MOST_SPIKES or (one != np.floor(one)).any():
                found = f"{one.min():g} … {one.max():g}"
                raise self._complaint(
                    f"spikes of {layer}", f"whole numbers from 0 to {MOST_SPIKES}", f"values in {found}"
                )

    def _spiking_output(self) -> str | None:
        """The layer that the readout reads, where it fires."""
        edge = self.graph.readout.inputs[0]
        node = self.graph[edge.source]
        if edge.delay == 0 and self.graph.output_map is not None:
            edge = node.inputs[0]
            node = self.graph[edge.source]
        fires = isinstance(node, Neuron) and node.spikes and edge.delay == 0
        return node.name if fires else None

    def _accumulated(self, given: np.ndarray) -> np.ndarray:
        """The logits after each timestep, as the model's readout makes them."""
        readout, steps = self.graph.readout, given.shape[1]
        total = np.zeros((len(given), given.shape[2]), np.float32)
        logits = np.empty(given.shape, np.float32)
        for step in range(steps):
            total = readout.accumulate(total, given[:, step].astype(np.float32), step + 1, steps)
            logits[:, step] = fixed_point.real_logits(total, None, readout.mode, step + 1)
        return logits
