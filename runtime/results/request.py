"""What a run is asked for. :func:`checked_request` is the one place where a run's arguments are checked."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np

from snnrt.errors import DataError
from snnrt.exits import fixed_point
from snnrt.ir.graph import Graph, Input

Progress = Callable[[int, int], None]

RECORDABLE = ("spikes", "membranes")
MAX_TIMESTEPS = 65535
# what is looked at, or turned into float32, at a time: a data set may be a file larger than the memory
_BYTES_AT_ONCE = 2**22


@dataclass(frozen=True)
class Capabilities:
    """What a device called ``name`` can do: ``records`` of ``"spikes"`` and ``"membranes"``,
    ``arithmetics`` of ``"float32"`` and ``"integer"``, ``kernels``: names of kernel sets to choose from
    (none: no choice), ``counts``: whether it counts events (otherwise they are zero)."""

    name: str
    records: tuple[str, ...] = RECORDABLE
    arithmetics: tuple[str, ...] = ("float32", "integer")
    kernels: tuple[str, ...] = ()
    counts: bool = True


@dataclass(frozen=True, eq=False)
class RunRequest:
    """A run that makes sense, for any device; made by :func:`checked_request`.

    ``inputs`` (N, *shape), or (N, T, *shape) for spikes: finite numbers of the caller's dtype, not copied,
    read a part at a time by :meth:`values`. ``timesteps`` T at most, ``rule`` and ``threshold`` of the exit,
    ``threshold_q`` the integer that the core compares with. ``record``: of RECORDABLE. ``kernels``: a set's
    name or None; ``threads``: at most so many, None: all cores; ``progress(done, total)`` or None.
    """

    inputs: np.ndarray
    timesteps: int
    rule: str
    threshold: float
    threshold_q: int
    record: tuple[str, ...] = ()
    kernels: str | None = None
    threads: int | None = None
    progress: Progress | None = None

    def __len__(self) -> int:
        return len(self.inputs)

    def values(self, start: int, end: int) -> np.ndarray:
        """Inputs ``start`` … ``end`` as float32; a view where they are float32 already."""
        return _float32(self.inputs[start:end])

    def part(self, start: int, end: int) -> RunRequest:
        """The same for some of the inputs, without progress."""
        return replace(self, inputs=self.inputs[start:end], progress=None)

    def showing(self, progress: Progress | None) -> RunRequest:
        """The same with another ``progress``."""
        return replace(self, progress=progress)

    def for_all_timesteps(self) -> RunRequest:
        """The same with the exit rule ``never``."""
        return replace(self, rule="never", threshold=0.0, threshold_q=0)


def checked_request(
    graph: Graph,
    x: np.ndarray,
    capabilities: Capabilities,
    *,
    steps: int | None = None,
    exit_rule: str | None = None,
    threshold: float | None = None,
    record: Collection[str] = (),
    kernels: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> RunRequest:
    """The request of a run of ``graph``; arguments as in :meth:`snnrt.Network.run`, None: the graph's own.

    Raises DataError, or ModelError for an exit rule, that names the argument, what was expected and found.
    """
    if graph.arithmetic not in capabilities.arithmetics:
        raise DataError(
            f"device {capabilities.name}: expected a graph in int8, found {graph.numbers}; convert with int8"
            if graph.arithmetic == "float32"
            else f"device {capabilities.name}: expected a graph in float32, found {graph.numbers}"
        )
    timesteps = graph.timesteps if steps is None else _whole("steps", steps, MAX_TIMESTEPS)
    if threads is not None:
        _whole("threads", threads, 2**31 - 1)
    if progress is not None and not callable(progress):
        raise DataError(f"progress: expected a function of done and total, found {progress!r}")
    recorded = _recorded(record, capabilities)
    if kernels is not None and kernels not in capabilities.kernels:
        known = ", ".join(capabilities.kernels)
        expected = f"one of {known}" if known else f"none, since device {capabilities.name} has no choice"
        raise DataError(f"kernels: expected {expected}, found {kernels!r}")
    rule, real, integer = _exit(graph, exit_rule, threshold)
    inputs = checked_array(x, graph.input, timesteps)
    return RunRequest(inputs, timesteps, rule, real, integer, recorded, kernels, threads, progress)


def _whole(name: str, value: object, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= most:
        raise DataError(f"{name}: expected 1 to {most}, found {value!r}")
    return int(value)


def _recorded(record: object, capabilities: Capabilities) -> tuple[str, ...]:
    if isinstance(record, tuple) and not record:
        return ()
    if isinstance(record, (str, bytes)) or not isinstance(record, Collection):
        raise DataError(f"record: expected a collection such as ('spikes',), found {record!r}")
    known = capabilities.records
    for name in record:
        if not isinstance(name, str) or name not in known:
            expected = f"some of {', '.join(known)}" if known else "nothing"
            raise DataError(f"record: expected {expected} on device {capabilities.name}, found {name!r}")
    return tuple(name for name in RECORDABLE if name in record)


def _exit(graph: Graph, rule: str | None, threshold: float | None) -> tuple[str, float, int]:
    own = graph.exit
    classes = graph.readout.shape[0]
    if rule is None:
        rule = own.rule
    elif rule != own.rule:
        # an unknown rule is the caller's first mistake: a threshold would not help
        fixed_point.check_rule(rule, 0.0, classes)
    if isinstance(threshold, (bool, np.bool_)):
        raise DataError(f"threshold: expected a number from 0 to 1, found {threshold!r}")
    if threshold is None:
        if rule not in ("never", own.rule):
            raise DataError(f"threshold: expected a number from 0 to 1 for exit rule {rule!r}, found none")
        threshold = own.threshold
    if rule == own.rule and threshold == own.threshold:
        # the integer that the file has, whoever wrote it
        return rule, float(threshold), own.integer_threshold
    return rule, float(threshold), fixed_point.threshold_q(rule, threshold, classes)


def checked_array(x: np.ndarray, node: Input, steps: int) -> np.ndarray:
    """``x`` as an array (not copied) of finite numbers: (N, *shape), or (N, steps, *shape) for spikes.

    Raises DataError for a wrong shape, dtype or value; ``x`` is read a few MiB at a time.
    """
    try:
        x = np.asarray(x)
    except ValueError as error:
        raise DataError(f"input {node.name!r}: expected an array of numbers, found none ({error})") from None
    if x.dtype.kind not in "fiub":
        raise DataError(f"input {node.name!r}: expected numbers, found dtype {x.dtype}")
    expected = (steps, *node.shape) if node.encoding == "spikes" else node.shape
    if x.ndim != len(expected) + 1 or x.shape[1:] != expected or x.shape[0] == 0:
        axes = ", ".join(map(str, ("N", *expected)))
        raise DataError(f"input {node.name!r}: expected shape ({axes}) with N ≥ 1, found {x.shape}")
    if x.dtype.kind == "f":
        at_once = max(1, _BYTES_AT_ONCE // max(1, x[0].nbytes))
        for start in range(0, len(x), at_once):
            if not np.isfinite(_float32(x[start : start + at_once])).all():
                raise DataError(f"input {node.name!r}: expected finite float32 values, found NaN or infinity")
    return x


def checked_input(x: np.ndarray, node: Input, steps: int) -> np.ndarray:
    """:func:`checked_array` as float32, all of it at once."""
    return _float32(checked_array(x, node, steps))


def _float32(values: np.ndarray) -> np.ndarray:
    if values.dtype == np.float32:
        return values
    with np.errstate(over="ignore"):
        return values.astype(np.float32)
