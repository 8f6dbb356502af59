"""What readers of event files share: bounded input, and one way to refuse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

import numpy as np

from snnrt.data.events.recording import MOST_EVENTS
from snnrt.errors import DataError

CHUNK_BYTES = 1 << 22


def chunks(file: IO[bytes], record: int, name: str) -> Iterator[np.ndarray]:
    """uint8 arrays of whole records of ``record`` bytes. Raises DataError where the last one is cut off."""
    while data := file.read(CHUNK_BYTES // record * record):
        if len(data) % record:
            raise DataError(
                f"{name}: expected records of {record} bytes, found {len(data) % record} bytes behind "
                "the last; "
                "the file is cut off or of another format"
            )
        yield np.frombuffer(data, np.uint8)


def check_count(events: int, name: str) -> None:
    """Raises DataError where a recording has more events than a reader's memory is meant for."""
    if events > MOST_EVENTS:
        raise DataError(f"{name}: expected at most {MOST_EVENTS} events, found more; cut the recording")


def filled(values: np.ndarray, given: np.ndarray, before: int) -> np.ndarray:
    """``values`` where ``given``, else the last that was given; ``before`` ahead of the first. int64."""
    last = np.maximum.accumulate(np.where(given, np.arange(len(values)), -1))
    return np.where(last < 0, before, values[last])


def unwrapped(values: np.ndarray, period: int, last: int, turns: int) -> np.ndarray:
    """A counter that starts again at ``period``, as one that goes on: a fall by more than half a period is a
    turn. ``last``: its value before these (-1: none), after ``turns``."""
    before = np.concatenate(([values[0] if last < 0 else last], values[:-1]))
    return values + period * (turns + np.cumsum(before - values > period // 2))
