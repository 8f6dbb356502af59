"""What a run is asked for. :func:`checked_request` is the one place where a run's arguments are checked."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snnrt.brief import brief_repr
from snnrt.data.builtin import Split
from snnrt.data.fit import class_count, fitted_inputs, fitted_labels
from snnrt.data.load import Dataset, load_for_model, prepared_inputs
from snnrt.data.samples import gathered, is_samples, with_labels
from snnrt.errors import ArgumentTypeError, DataError
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Graph, Input

Inputs = Any
"""What a run takes: an array or tensor (N, …), alone or with labels as (x, y) or {"x": x, "y": y}; a
:class:`snnrt.data.Dataset`; a data set or loader of PyTorch; a list of samples (input, label); the path of
data (:func:`snnrt.data.load_for_model`), or a built-in name such as ``"digits"`` or ``"digits:train"``.
"""
Progress = Callable[[int, int], None]

RECORDABLE = ("spikes", "membranes", "accumulators")
RECORDED_ANYWHERE = RECORDABLE[:2]
MAX_TIMESTEPS = 65535


@dataclass(frozen=True)
class Capabilities:
    """What a device called ``name`` can do: ``records`` of ``"spikes"``, ``"membranes"`` and
    ``"accumulators"``, ``arithmetics`` of ``"float32"`` and ``"integer"``, ``kernels``: names of kernel sets
    to choose from (none: no choice), ``counts``: whether it counts events (otherwise they are zero)."""

    name: str
    records: tuple[str, ...] = RECORDED_ANYWHERE
    arithmetics: tuple[str, ...] = ("float32", "integer")
    kernels: tuple[str, ...] = ()
    counts: bool = True


@dataclass(frozen=True, eq=False)
class RunRequest:
    """A run that makes sense, for any device; made by :func:`checked_request`.

    ``inputs`` (N, *shape), or (N, T, *shape) for spikes: finite numbers of the caller's dtype, not copied,
    read a part at a time by :meth:`values`. ``labels`` (N,) int64, where the data came with them. At most
    ``timesteps`` T; ``exit``, and ``threshold_q``, the integer that the core compares with. ``record``: of
    RECORDABLE. ``kernels``: a set's name or None; ``threads``: at most so many, None: all cores;
    ``progress(done, total)`` or None.
    """

    inputs: np.ndarray
    labels: np.ndarray | None
    timesteps: int
    exit: Exit
    threshold_q: int
    record: tuple[str, ...] = ()
    kernels: str | None = None
    threads: int | None = None
    progress: Progress | None = None

    __repr__ = brief_repr

    def __len__(self) -> int:
        return len(self.inputs)

    def needed_labels(self) -> np.ndarray:
        """``labels``. Raises DataError where there are none."""
        if self.labels is None:
            raise DataError(
                "y: expected labels, one class number for each input, found none; give y, or data with labels"
            )
        return self.labels

    def values(self, start: int, end: int) -> np.ndarray:
        """Inputs ``start`` … ``end`` as float32; a view where they are float32 already."""
        return _float32(self.inputs[start:end])

    def part(self, start: int, end: int) -> RunRequest:
        """The same for some of the inputs, without progress."""
        labels = None if self.labels is None else self.labels[start:end]
        return replace(self, inputs=self.inputs[start:end], labels=labels, progress=None)

    def showing(self, progress: Progress | None) -> RunRequest:
        """The same with another ``progress``."""
        return replace(self, progress=progress)

    def for_all_timesteps(self) -> RunRequest:
        """The same with the exit ``never``."""
        return replace(self, exit=Exit.never(), threshold_q=0)


def checked_request(
    graph: Graph,
    x: Inputs,
    capabilities: Capabilities,
    *,
    y: object = None,
    timesteps: int | None = None,
    exit: Exit | str | None = None,
    record: Collection[str] = (),
    kernels: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
    split: Split = "test",
) -> RunRequest:
    """The request of a run of ``graph``; arguments as in :meth:`snnrt.Network.run`, None: the graph's own;
    ``y``: labels, in place of those that come with ``x``; ``split``: as for :func:`checked_data`.

    Raises DataError, or ModelError for an exit that the model cannot have, that names the argument, what was
    expected and found.
    """
    if graph.arithmetic not in capabilities.arithmetics:
        raise DataError(
            f"device {capabilities.name}: expected a graph in int8, found {graph.numbers}; convert with "
            "numbers int8"
            if graph.arithmetic == "float32"
            else f"device {capabilities.name}: expected a graph in float32, found {graph.numbers}"
        )
    asked = None if timesteps is None else _whole("timesteps", timesteps, MAX_TIMESTEPS)
    if threads is not None:
        _whole("threads", threads, 2**31 - 1)
    if progress is not None and not callable(progress):
        raise ArgumentTypeError(f"progress: expected a function of done and total, found {progress!r}")
    recorded = _recorded(record, capabilities)
    if kernels is not None and kernels not in capabilities.kernels:
        known = ", ".join(capabilities.kernels)
        expected = f"one of {known}" if known else f"none, since device {capabilities.name} has no choice"
        raise DataError(f"kernels: expected {expected}, found {kernels!r}")
    chosen, integer = _exit(graph, exit)
    inputs, labels = checked_data(graph, x, asked, y, split)
    steps = graph.timesteps if asked is None else asked
    request = object.__new__(RunRequest)
    # a frozen class sets each field by a call
    request.__dict__.update(
        inputs=inputs, labels=labels, timesteps=steps, exit=chosen, threshold_q=integer, record=recorded,
        kernels=kernels, threads=threads, progress=progress,
    )  # fmt: skip
    return request


def checked_data(
    graph: Graph, x: Inputs, timesteps: int | None = None, y: object = None, split: Split = "test"
) -> tuple[np.ndarray, np.ndarray | None]:
    """Inputs and labels as ``graph`` reads them; ``y``: labels, in place of those that come with ``x``;
    ``split``: of built-in data that does not name one.

    Raises DataError.
    """
    labels = None
    if isinstance(x, (str, os.PathLike)):
        x = load_for_model(x, graph, split=split, timesteps=timesteps)
        inputs, labels = x.x, x.y
    else:
        name, prepared = "x", False
        if isinstance(x, Dataset):
            x, labels, name, prepared = x.x, x.y, f"{x.name}: x", x.prepared
        elif not isinstance(x, np.ndarray):
            x, labels = with_labels(x, name)
            if is_samples(x):
                x, labels = gathered(x, name)
        inputs = prepared_inputs(x, graph, timesteps, name, prepared)
    if y is not None:
        labels = y
    if labels is not None:
        labels = fitted_labels(labels, len(inputs), class_count(graph))
    return inputs, labels


def _whole(name: str, value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= most:
        wrong = DataError if isinstance(value, (int, np.integer)) else ArgumentTypeError
        raise wrong(f"{name}: expected 1 to {most}, found {value!r}")
    return int(value)


def _recorded(record: object, capabilities: Capabilities) -> tuple[str, ...]:
    if isinstance(record, tuple) and not record:
        return ()
    if isinstance(record, (str, bytes)) or not isinstance(record, Collection):
        raise ArgumentTypeError(f"record: expected a collection such as ('spikes',), found {record!r}")
    known = capabilities.records
    for name in record:
        if not isinstance(name, str) or name not in known:
            expected = f"some of {', '.join(known)}" if known else "nothing"
            raise DataError(f"record: expected {expected} on device {capabilities.name}, found {name!r}")
    return tuple(name for name in RECORDABLE if name in record)


def _exit(graph: Graph, choice: Exit | str | None) -> tuple[Exit, int]:
    own = graph.exit
    chosen = own.choice if choice is None else Exit.of(choice)
    if choice is None or chosen == own.choice:
        # the integer that the file has, whoever wrote it
        return chosen, own.integer_threshold
    # of a combined one the number of terms: a device runs the model that has them (devices/models.py)
    return chosen, own.choosing(chosen).integer_threshold


def checked_input(x: object, node: Input, timesteps: int, name: str = "x") -> np.ndarray:
    """``x`` as float32 (N, *shape), or (N, T, *shape) for spikes, all of it at once
    (:func:`snnrt.data.fit.fitted_inputs`). Raises DataError."""
    return _float32(fitted_inputs(x, node, timesteps, timesteps, name))


def _float32(values: np.ndarray) -> np.ndarray:
    if values.dtype == np.float32:
        return values
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
