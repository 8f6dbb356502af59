"""What an ONNX model gives for many inputs: its results and every neuron's spikes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from snnrt.converters.common.rollup.drafting import draft_names
from snnrt.converters.common.rollup.layout import Layout
from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.converters.common.rollup.recorded_run import by_input, neuron_names, recorded_run
from snnrt.converters.common.rollup.result import choose_output
from snnrt.converters.onnx.file import read_onnx
from snnrt.converters.onnx.importer import OnnxReading, is_spiking, output_name
from snnrt.errors import DataError, ModelError


def onnx_outputs(
    source: object,
    x: np.ndarray,
    *,
    example: Any = None,
    timesteps: int | None = None,
    logits: int | str | None = None,
    progress: Callable[[int, int], None] | None = None,
    **others: object,
) -> dict[str, np.ndarray]:
    """``spikes/LAYER`` (N, T, …) of each neuron, and ``outputs`` (N, T, K), or ``logits`` (N, K) where the
    model reduces over time itself, as :mod:`snnrt.comparison.outputs` takes them.

    ``x``: inputs as :meth:`snnrt.Network.run` takes them, (N, …) or (N, T, …). The rest as for
    :func:`snnrt.converters.onnx.importer.import_onnx`. Raises ModelError and DataError.
    """
    if others:
        raise ModelError(f"{next(iter(others))}: an ONNX model says it itself; leave it out")
    reading = OnnxReading(read_onnx(source), example, timesteps)
    # which axes are time and batch
    observed, _, shown = reading.read(reading.example)
    if not is_spiking(observed) and not reading.ports.states:
        return _of_ordinary(reading, x, logits, progress)
    assert reading.axes is not None
    layout = Layout(Meaning(0, "static", reading.axes[0], reading.sample, tail=reading.axes[1]))
    chosen = output_name(logits, reading.ports)
    arrays: dict[str, list[np.ndarray]] = {}
    size, done = reading.inputs, 0
    while done < len(x):
        part = np.asarray(x[done : done + size])
        count = len(part)
        if count < size:
            part = np.concatenate([part, np.repeat(part[-1:], size - count, axis=0)])
        calls = timesteps if timesteps is not None and reading.ports.states else reading.calls
        observed, recording, found = reading.read(_as_given(part, reading, layout, shown.timesteps), calls)
        meaning, _ = choose_output(found, chosen)
        _, _, places = draft_names(found, meaning.node)
        run = recorded_run(found, recording, neuron_names(found, places))
        values = {f"spikes/{name}": spikes for name, spikes in run.spikes.items()}
        given = [one[chosen if isinstance(chosen, str) else reading.ports.results[0]]
                 for one in observed.results]  # fmt: skip
        outputs = [by_input(one.array, replace_time(meaning, found.called), found.timesteps) for one in given]
        if found.called:
            values["outputs"] = np.stack(outputs, axis=1).reshape(size, len(outputs), -1)
        elif meaning.time == "sequence":
            values["outputs"] = outputs[0].reshape(size, found.timesteps, -1)
        else:
            values["logits"] = outputs[0].reshape(size, -1)
        for name, one in values.items():
            arrays.setdefault(name, []).append(one[:count])
        done += count
        if progress is not None:
            progress(done, len(x))
    return {name: np.concatenate(parts) for name, parts in arrays.items()}


def replace_time(meaning: Any, called: bool) -> Any:
    """Of one call, where the model is called once a timestep."""
    if not called:
        return meaning
    lead = tuple(axis for axis in meaning.lead if axis != "T")
    return type(meaning)(meaning.node, "static", lead, meaning.sample)


def _of_ordinary(
    reading: OnnxReading, x: np.ndarray, logits: int | str | None,
    progress: Callable[[int, int], None] | None,
) -> dict[str, np.ndarray]:  # fmt: skip
    """The logits of a model without neurons, which was made to spike."""
    parts: list[np.ndarray] = []
    for batch in reading.ordinary(logits).seen(x):
        parts.append(batch.outputs)
        if progress is not None:
            progress(sum(map(len, parts)), len(x))
    return {"logits": np.concatenate(parts)}


def _as_given(x: np.ndarray, reading: OnnxReading, layout: Layout, timesteps: int) -> np.ndarray:
    """``x`` (N, …) or (N, T, …) in the axes of the model's input."""
    shape, found = reading.example.shape, layout.array(x, timesteps)
    if found.size != int(np.prod(shape)):
        raise DataError(f"data: expected inputs that make {shape} as the model takes, found {x.shape}")
    return np.asarray(found.reshape(shape), reading.example.dtype)
