"""One run of a sweep: one chip at one point of the design space, on all inputs."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from snnrt.devices.models import read_model
from snnrt.devices.registry import find_device
from snnrt.errors import DataError
from snnrt.format.model import Model
from snnrt.ir.exit_choice import Exit
from snnrt.results.request import RunRequest, checked_request
from snnrt.targets import in_memory
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.profiling import chip_of
from snnrt.targets.sweep.grid import Point, chip_at


@dataclass(frozen=True)
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
    def from_bytes(cls, raw: bytes, inputs: int) -> Outcome:
        """What :meth:`to_bytes` gave, for so many inputs. Raises DataError for any other bytes."""
        try:
            with np.load(io.BytesIO(raw), allow_pickle=False) as arrays:
                found = {name: arrays[name] for name in _DTYPES}
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
            raise DataError(f"is no result of a sweep ({type(error).__name__})") from error
        for name, dtype in _DTYPES.items():
            array = found[name]
            if array.dtype != dtype or array.shape != (inputs,) or not np.isfinite(array).all():
                raise DataError(f"{name}: expected {dtype} ({inputs},), found {array.dtype} {array.shape}")
        return cls(**found)


_DTYPES = {
    "correct": np.dtype(bool),
    "timesteps": np.dtype(np.int32),
    "energy_j": np.dtype(np.float64),
    "latency_s": np.dtype(np.float64),
}


@dataclass(frozen=True, eq=False)
class Work:
    """What all runs share, as it goes to another process: the model's bytes, inputs, labels, the chip."""

    model: bytes
    inputs: np.ndarray
    labels: np.ndarray
    timesteps: int
    exit: Exit
    target: InMemory

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
        for array in (self.inputs, self.labels):
            data.update(f"{array.dtype.str}{array.shape}".encode())
            data.update(np.ascontiguousarray(array).data)
        description = json.dumps(dataclasses.asdict(self.target), sort_keys=True, default=str)
        return {
            "model": hashlib.sha256(self.model).hexdigest(),
            "data": data.hexdigest(),
            "description": hashlib.sha256(description.encode()).hexdigest(),
        }

    def request(self, target: InMemory) -> RunRequest:
        """The run on the chip of ``target``, by one thread: the processes are many."""
        capabilities = find_device(chip_of([target])).capabilities
        return checked_request(
            self.opened.graph, self.inputs, capabilities, y=self.labels, timesteps=self.timesteps,
            exit=self.exit, threads=1,
        )  # fmt: skip


def run_task(work: Work, task: Task) -> Outcome:
    """Program the chip, run the inputs on it, cost that run by the same description.

    The same in any process: everything that is drawn comes from the task's seed. Raises TargetError for a
    network that does not fit on the chip.
    """
    target = chip_at(work.target, task.point, task.seed)
    request = work.request(target)
    with find_device(chip_of([target])).open(work.opened) as session:
        result = session.run(request)
    graph = work.opened.graph.with_exit(request.exit).with_(timesteps=request.timesteps)
    ledger = in_memory.book(graph, result.counts, target)
    return Outcome(
        correct=np.asarray(result.predictions == request.needed_labels(), bool),
        timesteps=result.timesteps.astype(np.int32),
        energy_j=ledger.total_energy,
        latency_s=ledger.total_latency,
    )
