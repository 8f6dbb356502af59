"""One run of a sweep: one chip at one point of the design space, on all inputs."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from snnrt.data.load import Dataset, load_arrays
from snnrt.devices.crossbar.calibration import Choice, DrivenWindows, calibrate, driven_windows
from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.models import read_model
from snnrt.devices.registry import find_device
from snnrt.errors import DataError, TargetError
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Weighted
from snnrt.results.request import RunRequest, checked_request
from snnrt.targets import in_memory
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.profiling import chip_of
from snnrt.targets.sweep.grid import Point, chip_at, label_of


@dataclass(frozen=True, slots=True)
class Task:
    """A ``point`` and the ``seed`` of a chip."""

    point: Point
    seed: int

    @property
    def name(self) -> str:
        """The same wherever the point lies in a grid."""
        text = json.dumps([sorted(self.point), self.seed])
        return hashlib.sha256(text.encode()).hexdigest()[:24]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one run gave for each of N inputs: ``correct`` (N,) bool, ``timesteps`` (N,) int32, ``energy_j``
    and ``latency_s`` (N,) float64."""

    correct: np.ndarray
    timesteps: np.ndarray
    energy_j: np.ndarray
    latency_s: np.ndarray

    def to_bytes(self) -> bytes:
        """An .npz of the fields."""
        buffer = io.BytesIO()
        np.savez(buffer, **{item.name: getattr(self, item.name) for item in dataclasses.fields(self)})
        return buffer.getvalue()

    @classmethod
    def read(cls, path: str | os.PathLike[str], inputs: int) -> Outcome:
        """What :meth:`to_bytes` gave, from a file, for so many inputs. Raises DataError for anything else."""
        arrays = load_arrays(path)
        for name, dtype in _DTYPES.items():
            array = arrays.get(name)
            if array is None or array.dtype != dtype or array.shape != (inputs,):
                found = "none" if array is None else f"{array.dtype} {array.shape}"
                raise DataError(f"{os.fspath(path)}: {name}: expected {dtype} ({inputs},), found {found}")
        return cls(**{name: arrays[name] for name in _DTYPES})


_DTYPES = {
    "correct": np.dtype(bool),
    "timesteps": np.dtype(np.int32),
    "energy_j": np.dtype(np.float64),
    "latency_s": np.dtype(np.float64),
}


@dataclass(frozen=True, eq=False)
class Work:
    """What all runs share, as it goes to another process: the model's bytes, inputs, labels, the chip.
    Each chip is calibrated from the inputs ``calibration`` as ``choice`` says, unless they are None."""

    model: bytes
    inputs: np.ndarray
    labels: np.ndarray
    timesteps: int
    exit: Exit
    target: InMemory
    calibration: np.ndarray | None = None
    choice: Choice = field(default_factory=Choice)

    def __getstate__(self) -> dict[str, object]:
        return {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}

    @cached_property
    def opened(self) -> Model:
        """The model, checked once a process."""
        return read_model(self.model)

    @cached_property
    def checksums(self) -> dict[str, str]:
        """SHA-256 of what a result depends on beside its point and seed."""
        data = hashlib.sha256()
        for array in (self.inputs, self.labels, *([] if self.calibration is None else [self.calibration])):
            data.update(f"{array.dtype.str}{array.shape}".encode())
            data.update(np.ascontiguousarray(array).data)
        described = [dataclasses.asdict(self.target)]
        if self.calibration is not None:
            described.append(dataclasses.asdict(self.choice))
        description = json.dumps(described, sort_keys=True, default=str)
        return {
            "model": hashlib.sha256(self.model).hexdigest(),
            "data": data.hexdigest(),
            "description": hashlib.sha256(description.encode()).hexdigest(),
        }

    @cached_property
    def windows(self) -> DrivenWindows:
        """What the layers read of the calibration inputs, once a process."""
        data = Dataset(np.asarray(self.calibration), None, "calibration", prepared=True)
        return driven_windows(self.opened, data, self.choice.windows, self.target.crossbar.seed)

    def request(self, target: InMemory) -> RunRequest:
        """The run on the chip of ``target``, by one thread: the processes are many."""
        capabilities = find_device(chip_of([target])).capabilities
        # through the model's preprocessing already
        data = Dataset(self.inputs, self.labels, "x", prepared=True)
        return checked_request(
            self.opened.graph, data, capabilities, timesteps=self.timesteps, exit=self.exit, threads=1
        )


def check_fit(work: Work, point: Point) -> None:
    """Whether the chip at ``point`` can be built and has room for each layer. Raises TargetError."""
    target = chip_at(work.target, point, work.target.crossbar.seed)
    chip = Crossbar(target.crossbar)
    try:
        for node in work.opened.graph:
            if isinstance(node, Weighted):
                chip.mapping(node)
    except TargetError as error:
        raise TargetError(f"vary {label_of(point)}: {error}" if point else str(error)) from error


def run_task(work: Work, task: Task) -> Outcome:
    """Program the chip, run the inputs on it, cost that run by the same description.

    The same in any process: everything that is drawn comes from the task's seed. Raises TargetError for a
    network that does not fit on the chip.
    """
    target = chip_at(work.target, task.point, task.seed)
    request = work.request(target)
    chip = chip_of([target])
    if work.calibration is not None:
        calibrate(chip, work.opened, work.windows, work.choice)
    with find_device(chip).open(work.opened) as session:
        result = session.run(request)
    graph = work.opened.graph.with_exit(request.exit).with_(timesteps=request.timesteps)
    ledger = in_memory.book(graph, result.counts, target)
    return Outcome(
        correct=np.asarray(result.predictions == request.needed_labels(), bool),
        timesteps=result.timesteps.astype(np.int32),
        energy_j=ledger.total_energy,
        latency_s=ledger.total_latency,
    )
