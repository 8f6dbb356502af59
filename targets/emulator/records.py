"""What boards/inference.c reads and writes, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snnrt.devices.cpu import Recording
from snnrt.errors import SnnrtError
from snnrt.results.counts import Counts
from snnrt.targets.emulator.cores import Core

LOOP_ROUNDS = 1000
HEAD_BYTES = 16


@dataclass(frozen=True)
class Settings:
    """What the firmware is told: the exit rule in the core's integers, inputs N, frames an input has, and
    what to record (none: a build without tracing)."""

    rule: int
    threshold_q: int
    timesteps: int
    inputs: int
    frames: int
    nodes: int
    recordings: Sequence[Recording] | None = None

    def to_bytes(self) -> bytes:
        """The file ``settings``."""
        words = [self.rule, self.threshold_q, self.timesteps, self.inputs, self.frames]
        if self.recordings is not None:
            sizes = np.zeros((self.nodes, 2), np.uint32)
            for recording in self.recordings:
                sizes[recording.index, int(recording.state)] = recording.raw.shape[2]
            words += sizes.ravel().tolist()
        return np.array(words, "<u4").tobytes()


@dataclass(frozen=True)
class Records:
    """For N inputs: what the core said, and instructions: of the initialisation, of each reset (N,), of
    each step (N, T), 0 after the exit. Stack bytes of the deepest call."""

    classes: np.ndarray
    steps: np.ndarray
    scores: np.ndarray
    accumulators: np.ndarray
    monitor_levels: np.ndarray | None
    counts: np.ndarray
    init_instructions: int
    reset_instructions: np.ndarray
    step_instructions: np.ndarray
    init_stack_bytes: int
    step_stack_bytes: int


def record_type(
    accumulator: str, classes: int, nodes: int, counted: bool, monitored: bool = False
) -> np.dtype:
    """One input's record; ``accumulator`` is "<i4" or "<f4"; ``monitored``: with a drift monitor's level."""
    fields: list[tuple] = [(name, "<u4") for name in ("class", "steps", "score", "reset", "stack")]
    fields.append(("accumulators", accumulator, (classes,)))
    if monitored:
        fields.append(("monitor", "<i4"))
    if counted:
        fields.append(("counts", "<u8", (nodes, len(Counts.FIELDS))))
    return np.dtype(fields)


def read_records(folder: Path, core: Core, settings: Settings, kind: np.dtype) -> Records:
    """The files ``records``, ``steps`` and ``recording`` (into the settings' recordings).

    Raises SnnrtError where a loop of known length was not counted right, or something is missing."""
    raw = (folder / "records").read_bytes()
    if len(raw) != HEAD_BYTES + settings.inputs * kind.itemsize:
        raise SnnrtError(
            f"emulator {core.name}: expected records of {HEAD_BYTES + settings.inputs * kind.itemsize} bytes "
            f"from the firmware, found {len(raw)}; is the disk full?"
        )
    nothing, loop, init, init_stack = np.frombuffer(raw, "<u4", 4).tolist()
    overhead = core.instructions(nothing)
    _check_counter(core, core.instructions(loop) - overhead)
    found = np.frombuffer(raw, kind, offset=HEAD_BYTES)
    taken = found["steps"].astype(np.int64)
    ticks = np.fromfile(folder / "steps", "<u4")
    if len(ticks) != taken.sum():
        raise SnnrtError(f"emulator {core.name}: expected {taken.sum()} steps, found {len(ticks)}")
    happened = np.arange(settings.timesteps) < taken[:, None]
    steps = np.zeros(happened.shape, np.int64)
    steps[happened] = _instructions(core, ticks) - overhead
    if settings.recordings is not None:
        _read_recording(folder / "recording", settings.recordings, happened)
    return Records(
        classes=found["class"], steps=found["steps"], scores=found["score"],
        accumulators=found["accumulators"],
        monitor_levels=_levels(found),
        counts=found["counts"] if "counts" in (kind.names or ()) else np.zeros((0,)),
        init_instructions=core.instructions(init) - overhead,
        reset_instructions=_instructions(core, found["reset"]) - overhead, step_instructions=steps,
        init_stack_bytes=init_stack, step_stack_bytes=int(found["stack"].max(initial=0)),
    )  # fmt: skip


def _levels(found: np.ndarray) -> np.ndarray | None:
    """None where there is no monitor, or it does not watch the exit in force."""
    if "monitor" not in (found.dtype.names or ()) or (found["monitor"] == -(2**31)).any():
        return None
    return found["monitor"].astype(np.int64)


def _instructions(core: Core, ticks: np.ndarray) -> np.ndarray:
    """As Core.instructions, exact in integers: round(ticks · d / n)."""
    top, bottom = core.ticks.denominator, core.ticks.numerator
    return (2 * ticks.astype(np.int64) * top + bottom) // (2 * bottom)


def _check_counter(core: Core, counted: int) -> None:
    # the loop's instructions, its call and its argument
    low, high = 2 * LOOP_ROUNDS + 2, 2 * LOOP_ROUNDS + 6
    if not low <= counted <= high:
        raise SnnrtError(
            f"emulator {core.name}: a loop of {low} to {high} instructions was counted as {counted}; "
            "this version of QEMU counts otherwise than QEMU 7.2"
        )


def _read_recording(path: Path, recordings: Sequence[Recording], happened: np.ndarray) -> None:
    raw = np.fromfile(path, np.uint8)
    step_bytes = sum(recording.raw.shape[2] for recording in recordings)
    rows = raw.reshape(-1, step_bytes) if step_bytes else raw.reshape(len(raw), 0)
    at = 0
    # the firmware sends a node's output before its state
    for recording in sorted(recordings, key=lambda one: (one.index, one.state)):
        size = recording.raw.shape[2]
        recording.raw[happened] = rows[:, at : at + size]
        at += size
