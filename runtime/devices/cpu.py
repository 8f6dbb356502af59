"""The C core on this machine's processor: ``cpu``, or ``cpu:avx2`` with one kernel set.

A session may be used by many threads at once: each run takes an execution of its own, and a batch is shared
among threads, in parts that an interrupt can end.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np

from snnrt._core import ffi, lib
from snnrt.devices.base import Capabilities, RunRequest, Session
from snnrt.devices.batches import StopFlag, all_cores, run_in_turn, run_parts
from snnrt.devices.core import RULES, Execution, aligned_copy, check_model, kernel_sets, status_text
from snnrt.devices.core_values import CoreValues, Recording
from snnrt.errors import DataError, SnnrtError
from snnrt.format.model import Model
from snnrt.ir.operations import dense_operations
from snnrt.results.counts import Counts
from snnrt.results.request import RECORDABLE
from snnrt.results.result import Result

__all__ = ["RULES", "CpuDevice", "check_model", "find", "kernel_sets", "names", "status_text"]

_INPUTS_AT_ONCE = 64
_BYTES_AT_ONCE = 2**23
# operations (ir/operations.py): worth a thread of its own, some 100 µs; and the most between two looks at
# signals, well below a second for the slowest kernels
_WORTH_A_THREAD = 2**22
_WITHOUT_A_LOOK = 2**25


def names() -> tuple[str, ...]:
    """``cpu``, and one for each kernel set."""
    return ("cpu", *(f"cpu:{name}" for name in kernel_sets()))


@cache
def find(argument: str) -> CpuDevice:
    """With the fastest kernel set, or the one of that name."""
    if argument and argument not in kernel_sets():
        raise DataError(
            f"device cpu: expected a kernel set of {', '.join(kernel_sets())}, found {argument!r}"
        )
    return CpuDevice(argument)


class CpuDevice:
    """The core with the kernel set ``kernels``, or the fastest for an empty name."""

    def __init__(self, kernels: str = "") -> None:
        self.kernels = kernels or None
        self.capabilities = Capabilities(
            f"cpu:{kernels}" if kernels else "cpu",
            records=RECORDABLE,
            kernels=(kernels,) if kernels else kernel_sets(),
        )

    def open(self, model: Model) -> CpuSession:
        """Cheap after the first time for a model."""
        return CpuSession(program_of(model), self.kernels)


class Program:
    """A model in the core's memory, and executions of it that are not in use.

    It must not hold the model, whose end it would put off.
    """

    def __init__(self, model: Model) -> None:
        self.info = model.info
        self.values = CoreValues(model)
        self.room = aligned_copy(model.raw)
        self.operations = dense_operations(model.graph)
        self.integer = model.graph.integer
        self.source = model.graph.input
        self.spikes = self.source.encoding == "spikes"
        self.idle: list[Execution] = []
        self.most_idle = all_cores()

    def take(self) -> Execution:
        # list.pop and list.append are atomic
        try:
            return self.idle.pop()
        except IndexError:
            return Execution(self.room, self.info)

    def give_back(self, execution: Execution) -> None:
        if len(self.idle) < self.most_idle:
            self.idle.append(execution)


_programs: weakref.WeakKeyDictionary[Model, Program] = weakref.WeakKeyDictionary()
_programs_lock = threading.Lock()


def program_of(model: Model) -> Program:
    with _programs_lock:
        program = _programs.get(model)
        if program is None:
            program = _programs[model] = Program(model)
        return program


class CpuSession(Session):
    """A model in the core; any number of threads may run it at once."""

    def __init__(self, program: Program, kernels: str | None) -> None:
        self._program = program
        self._kernels = kernels

    def run(self, request: RunRequest) -> Result:
        """Each input until it is sure enough; the same bits for any kernels, threads and order."""
        return run_on_core(self._program, request, request.kernels or self._kernels)


class Attachment(Protocol):
    """What works beside an execution, one for each thread: it is joined to it for each part of a request."""

    place: Any
    """``snnrt_host_place *``, where the core writes which input and timestep it is at."""

    def join(self, execution: Execution) -> None:
        """Before a part."""
        ...

    def leave(self, execution: Execution) -> None:
        """After it, whatever happened."""
        ...


def run_on_core(
    program: Program, request: RunRequest, kernels: str | None, attach: Callable[[], Attachment] | None = None
) -> Result:
    """Each input of the request until it is sure enough, with what ``attach`` gives each thread, if
    anything."""
    inputs = len(request)
    work = program.operations * request.timesteps
    alone = inputs == 1 and attach is None and not request.record
    if alone and work <= _WITHOUT_A_LOOK and request.progress is None:
        return _run_alone(program, request, kernels)
    run = _Run(program, request, kernels, attach)
    most = min(_INPUTS_AT_ONCE, max(1, _BYTES_AT_ONCE // max(1, 4 * request.inputs[0].size)))
    size = min(most, max(1, _WITHOUT_A_LOOK // work))
    threads = 1
    if inputs > 1 and inputs * work > _WORTH_A_THREAD and request.threads != 1:
        threads = min(request.threads or all_cores(), inputs)
        size = min(size, max(1, inputs // (4 * threads)))
    done = _reporter(request)
    if threads > 1 or work > _WITHOUT_A_LOOK:
        run_parts(inputs, size, threads, run.worker, run.stop, done)
    else:
        run_in_turn(inputs, size, most, run.worker(), done)
    return run.result()


def _run_alone(program: Program, request: RunRequest, kernels: str | None) -> Result:
    """A single input, from which nothing is recorded: without the arrays and pointers that parts need."""
    values, exit = program.values, request.exit
    x, source = request.values(0, 1), program.source
    execution = program.take()
    try:
        execution.set_up(kernels, exit.rule, request.threshold_q, request.timesteps)
        if program.spikes or not program.integer:
            stored = values.stored_input(x)
            out = execution.run(stored, stored[0, 0].nbytes if program.spikes else 0)
        else:
            out = execution.run_constant(values.ordered_input(x), source.scale, source.peak)
        return values.result(
            exit.rule, out.classes, out.steps, out.scores, values.accumulators(out.accumulators),
            out.counts.copy(), (),
        )  # fmt: skip
    finally:
        program.give_back(execution)


def _reporter(request: RunRequest) -> Any:
    progress, total = request.progress, len(request)
    if progress is None:
        return lambda done: None
    return lambda done: progress(done, total)


@dataclass(frozen=True)
class _Outputs:
    """Where the core writes: arrays of N entries."""

    classes: np.ndarray
    steps: np.ndarray
    scores: np.ndarray
    accumulators: np.ndarray
    counts: np.ndarray
    recordings: list[Recording]


class _Run:
    """One request on its way through the core."""

    def __init__(
        self,
        program: Program,
        request: RunRequest,
        kernels: str | None,
        attach: Callable[[], Attachment] | None,
    ) -> None:
        self.program = program
        self.attach = attach
        self.request = request
        self.kernels = kernels
        self.stop = StopFlag()
        inputs, values = len(request), program.values
        self.outputs = _Outputs(
            np.zeros(inputs, np.uint32),
            np.zeros(inputs, np.uint32),
            np.zeros(inputs, np.uint32),
            values.accumulators(np.zeros((inputs, values.classes), np.int32)),
            np.zeros((inputs, values.node_count, len(Counts.FIELDS)), np.uint64),
            values.recordings(request.record, inputs, request.timesteps),
        )
        outputs = self.outputs
        # the arrays outlive the pointers: this object holds both
        self._classes = ffi.from_buffer("uint32_t[]", outputs.classes)
        self._steps = ffi.from_buffer("uint32_t[]", outputs.steps)
        self._scores = ffi.from_buffer("uint32_t[]", outputs.scores)
        self._accumulators = ffi.from_buffer("uint8_t[]", outputs.accumulators)
        self._counts = ffi.from_buffer("snnrt_counts[]", outputs.counts)
        self._recorded = [ffi.from_buffer("uint8_t[]", one.raw) for one in outputs.recordings]
        self._stop = ffi.from_buffer("uint8_t[]", self.stop.byte)

    def worker(self) -> _Worker:
        """For one thread."""
        return _Worker(self)

    def batch(self) -> Any:
        """What all parts have in common, in the core's words."""
        values, recordings = self.program.values, self.outputs.recordings
        batch = ffi.new("snnrt_host_batch *")
        batch.nodes = values.node_count
        batch.timesteps = self.request.timesteps
        batch.accumulator_bytes = values.classes * 4
        batch.recording_count = len(recordings)
        batch.stop = self._stop
        return batch

    def point(self, batch: Any, start: int) -> None:
        """Let the outputs of a part begin at input ``start``."""
        values = self.program.values
        batch.classes = self._classes + start
        batch.steps = self._steps + start
        batch.scores_q16 = self._scores + start
        batch.accumulators = self._accumulators + start * values.classes * 4
        batch.counts = self._counts + start * values.node_count

    def recordings(self, start: int) -> Any:
        """The core's list of recordings, from input ``start`` on."""
        wanted = ffi.new("snnrt_host_recording[]", len(self._recorded))
        for place, (recording, target) in enumerate(zip(self.outputs.recordings, self._recorded)):
            size = recording.raw.shape[2]
            wanted[place].node = recording.index
            wanted[place].state = recording.state
            wanted[place].bytes = size
            wanted[place].target = target + start * self.request.timesteps * size
        return wanted

    def result(self) -> Result:
        """Once every part is done."""
        out = self.outputs
        return self.program.values.result(
            self.request.exit.rule, out.classes, out.steps, out.scores, out.accumulators, out.counts,
            out.recordings,
        )  # fmt: skip


class _Worker:
    """Runs parts of a request, one after the other, in one thread."""

    def __init__(self, run: _Run) -> None:
        self.run = run
        self.batch = run.batch()
        self.attachment = None if run.attach is None else run.attach()
        if self.attachment is not None:
            self.batch.place = self.attachment.place

    def __call__(self, start: int, end: int) -> None:
        """Inputs ``start`` … ``end``. Raises SnnrtError where the core refuses."""
        run, batch = self.run, self.batch
        program, request = run.program, run.request
        # stored a part at a time: a whole data set would need a second copy of itself
        values = program.values.stored_input(request.values(start, end))
        batch.input = ffi.from_buffer("uint8_t[]", values)
        batch.input_bytes = values[0].nbytes
        batch.timestep_bytes = values[0, 0].nbytes if program.spikes else 0
        batch.inputs = end - start
        batch.first_input = start
        run.point(batch, start)
        recordings = run.recordings(start) if request.record else ffi.NULL
        batch.recordings = recordings
        execution = program.take()
        try:
            execution.set_up(run.kernels, request.exit.rule, request.threshold_q, request.timesteps)
            if self.attachment is not None:
                self.attachment.join(execution)
            status = lib.snnrt_host_run_batch(execution.network, batch)
        finally:
            if self.attachment is not None:
                self.attachment.leave(execution)
            program.give_back(execution)
        if status != lib.SNNRT_OK:
            raise SnnrtError(f"input {start}: {status_text(status)}")
