"""A stream of frames: windows that stop where the exit says, and begin anew with the next frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from snnrt.data.fit import as_array, check_dtype, check_values
from snnrt.devices.core import Execution, aligned_copy
from snnrt.devices.core_values import CoreValues, shown_scores
from snnrt.devices.models import with_exit
from snnrt.errors import ArgumentTypeError, DataError
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Input
from snnrt.results.request import Capabilities, checked_request


@dataclass(frozen=True)
class Window:
    """Frames that gave one answer: the first is number ``start``, from 0, ``timesteps`` of them; the
    ``prediction``, and the exit's ``score`` (NaN without a rule), as :class:`snnrt.Result` has them."""

    start: int
    timesteps: int
    prediction: int
    score: float


def windows(
    model: Model,
    frames: Iterable[np.ndarray],
    *,
    timesteps: int | None = None,
    exit: Exit | str | None = None,
) -> Iterator[Window]:
    """Windows of ``frames``, each of ``input_shape``, in turn, as ``snnrt_network_stream`` gives them; frames
    behind the last window that ended give none.

    ``timesteps``: the most of a window (the model's T). Frames are asked for one at a time. Raises DataError
    for a model with a constant input, and for a frame that is none, with its number.
    """
    model = with_exit(model, exit)
    graph = model.graph
    if graph.input.encoding != "spikes":
        raise DataError("stream: expected a model whose input differs from timestep to timestep; use run")
    shape = graph.input.shape
    most = graph.timesteps if timesteps is None else timesteps
    nothing = np.zeros((1, most if isinstance(most, int) and 0 < most < 65536 else 1, *shape), np.float32)
    asked = checked_request(graph, nothing, Capabilities("cpu"), timesteps=timesteps, exit=exit)
    if isinstance(frames, (str, bytes)) or not isinstance(frames, Iterable):
        raise ArgumentTypeError(
            f"stream: expected frames, arrays of shape {shape} one a timestep, found {type(frames).__name__}"
        )
    execution = Execution(aligned_copy(model.raw), model.info)
    execution.set_up(None, asked.exit.rule, asked.threshold_q, asked.timesteps)
    return _windows(model, execution, frames, asked.exit.rule)


def _windows(model: Model, execution: Execution, frames: Iterable[np.ndarray], rule: str) -> Iterator[Window]:
    values, start = CoreValues(model), 0
    for place, frame in enumerate(frames):
        stored = values.stored_input(_checked(frame, model.graph.input, place)[None])[0]
        best, steps, score, done = execution.stream(stored)
        if done:
            shown = shown_scores(rule, model.graph, np.array([score]))
            yield Window(start, steps, best, float(shown[0]))
            start = place + 1


def _checked(frame: np.ndarray, source: Input, place: int) -> np.ndarray:
    name = f"stream: frame {place}"
    found = as_array(frame, name)
    check_dtype(found.dtype, name)
    if found.shape != source.shape:
        raise DataError(f"{name}: expected the shape {source.shape}, found {found.shape}")
    # as an input of one timestep
    check_values(found[None, None], source, name)
    return found.astype(np.float32)
