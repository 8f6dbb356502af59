"""What an ONNX model gives for many inputs: its results and every neuron's spikes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from snnrt.converters.common.rollup.drafting import draft_names
from snnrt.converters.common.rollup.recorded_run import by_input, neuron_names, recorded_run
from snnrt.converters.common.rollup.result import choose_output
from snnrt.converters.onnx.file import read_onnx
from snnrt.converters.onnx.importer import OnnxReading, output_name
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
    reading.read(reading.example)
    chosen = output_name(logits, reading.ports)
    arrays: dict[str, list[np.ndarray]] = {}
    size, done = reading.inputs, 0
    while done < len(x):
        part = np.asarray(x[done : done + size])
        count = len(part)
        if count < size:
            part = np.concatenate([part, np.repeat(part[-1:], size - count, axis=0)])
        calls = timesteps if timesteps is not None and reading.ports.states else reading.calls
        observed, recording, found = reading.read(_as_given(part, reading), calls)
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


def _as_given(x: np.ndarray, reading: OnnxReading) -> np.ndarray:
    """``x`` (N, …) or (N, T, …) in the axes of the model's input."""
    assert reading.axes is not None
    lead, tail, _ = reading.axes
    shape, dtype = reading.example.shape, reading.example.dtype
    timed = "T" in "".join((*lead, *tail))
    sample = shape[len(lead) : len(shape) - len(tail)]
    front = 2 if timed else 1
    if int(np.prod(x.shape[front:])) != int(np.prod(sample)):
        wanted = "(N, T, …)" if timed else "(N, …)"
        raise DataError(f"data: expected {wanted} of samples {sample} as the model takes, found {x.shape}")
    x = x.reshape(*x.shape[:front], *sample)
    if lead == ("TN",) or lead[:1] == ("T",):
        x = x.swapaxes(0, 1)
    elif tail == ("T",):
        x = np.moveaxis(x, 1, -1)
    if x.size != int(np.prod(shape)):
        raise DataError(f"data: expected inputs that make {shape} as the model takes, found {x.shape}")
    return np.ascontiguousarray(x.reshape(shape), dtype)
