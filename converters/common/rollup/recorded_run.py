"""What the module's neurons did in a recording, as :class:`Recorded` has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from snnrt.converters.common.recorded import Recorded
from snnrt.converters.common.rollup.calls import Recording, as_array
from snnrt.converters.common.rollup.cells import CellRecord
from snnrt.converters.common.rollup.interpreter import Interpretation
from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.errors import ModelError


def neuron_names(found: Interpretation, places: Mapping[int, str]) -> dict[str, str]:
    """Names of the neurons in ``places`` of the template, by their modules' paths.

    A hook may compute something else at a second call, so that places are others there.
    """
    cells = {**found.cells, **found.membranes}
    return {path: places[cell.place] for path, cell in cells.items() if cell.place in places}


def recorded_run(found: Interpretation, recording: Recording, names: Mapping[str, str]) -> Recorded:
    """The input, each neuron's spikes, and the membranes of those that never fire; ``names`` by its module's
    path, only those are taken."""
    timesteps = found.timesteps
    given = recording.inputs[0]
    meaning = found.meanings[id(given)]
    assert given.kept is not None
    inputs = by_input(given.kept, meaning, timesteps)
    spikes = {
        names[path]: np.rint(_whole(cell, found, timesteps) / cell.factor).astype(np.int64)
        for path, cell in found.cells.items()
        if cell.fires and path in names
    }
    membranes = {
        names[path]: _whole(cell, found, timesteps).astype(np.float64)
        for path, cell in {**found.cells, **found.membranes}.items()
        if not cell.fires and path in names and _of_each_step(cell, found, timesteps)
    }
    return Recorded(inputs, spikes, timesteps, membranes)


def _of_each_step(cell: CellRecord, found: Interpretation, timesteps: int) -> bool:
    """Some modules give of an integrator's membrane only the last, or the largest."""
    times = [found.meanings[id(one)].time if id(one) in found.meanings else "" for one in cell.values]
    return times == ["sequence"] or (times == ["step"] * timesteps)


def _whole(cell: CellRecord, found: Interpretation, timesteps: int) -> np.ndarray:
    """(N, T, …) of what it gave."""
    parts = []
    for value in cell.values:
        assert value.kept is not None
        parts.append(by_input(value.kept, found.meanings[id(value)], timesteps))
    if len({part.shape for part in parts}) > 1:
        raise ModelError(
            f"a neuron gives {parts[0].shape} at the first timestep, and another shape later; expected the "
            "same network at every timestep"
        )
    return parts[0] if found.meanings[id(cell.values[0])].time == "sequence" else np.stack(parts, axis=1)


def by_input(tensor: Any, meaning: Meaning, timesteps: int) -> np.ndarray:
    """(N, *sample), or (N, T, *sample) where there is time."""
    array = as_array(tensor)
    if meaning.tail:
        # time behind the sample goes in front
        array = np.moveaxis(array, -1, 0)
        meaning = replace(meaning, lead=(*meaning.tail, *meaning.lead), tail=())
    shape: list[int] = []
    axes: list[str] = []
    for axis, length in zip(meaning.lead, array.shape):
        if axis == "TN":
            shape += [timesteps, length // timesteps]
            axes += ["T", "N"]
        elif axis == "NT":
            shape += [length // timesteps, timesteps]
            axes += ["N", "T"]
        elif axis != "1":
            shape.append(length)
            axes.append(axis)
    array = array.reshape(*shape, *meaning.sample)
    if "N" not in axes:
        array = array[None]
        axes.insert(0, "N")
    if axes[:2] == ["T", "N"]:
        array = array.swapaxes(0, 1)
    return array


def together(runs: list[Recorded]) -> Recorded:
    """One recording of all their inputs."""
    spikes = {name: np.concatenate([run.spikes[name] for run in runs]) for name in runs[0].spikes}
    membranes = {name: np.concatenate([run.membranes[name] for run in runs]) for name in runs[0].membranes}
    return Recorded(np.concatenate([run.inputs for run in runs]), spikes, runs[0].timesteps, membranes)
