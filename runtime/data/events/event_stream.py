"""Event Stream files (``.es``), version 2, of DVS events.

Source: A. Marcireau, github.com/neuromorphic-paris/event_stream: a byte of 7 bits of time difference and the
polarity, x and y in 16 bits each; 0xFF: 127 microseconds without an event; 0xFE: nothing.
Its rows count from the lower border: they are turned here, as in every other reader.
"""

from __future__ import annotations

from array import array
from typing import IO

import numpy as np

from snnrt.data.events.bytes_in import CHUNK_BYTES, check_count
from snnrt.data.events.recording import Recording
from snnrt.errors import DataError

_KINDS = ("generic", "DVS", "ATIS", "colour")


def read_event_stream(file: IO[bytes], name: str) -> Recording:
    """Events of an .es file. Raises DataError for another version, events that are not of a DVS, an event
    that is cut off or outside the sensor."""
    head = file.read(20)
    if len(head) < 16 or not head.startswith(b"Event Stream"):
        raise DataError(f"{name}: expected an Event Stream file, found {head[:12]!r}")
    version, kind = head[12], head[15]
    if version != 2 or kind != 1:
        what = _KINDS[kind] if kind < len(_KINDS) else f"unknown ({kind})"
        raise DataError(
            f"{name}: expected an Event Stream of version 2 with DVS events, found version {version} with "
            f"{what} events"
        )
    if len(head) < 20:
        raise DataError(f"{name}: expected a header of 20 bytes, found {len(head)}: the file is cut off")
    width, height = (int(one) for one in np.frombuffer(head[16:], "<u2"))
    parts, total, clock, rest = [], 0, 0, b""
    while data := file.read(CHUNK_BYTES):
        data = rest + data
        starts, clocks, end, clock = _walk(data, clock)
        rest = data[end:]
        bytes_ = np.frombuffer(data, np.uint8)
        events = bytes_[starts[:, None] + np.arange(5)] if len(starts) else np.zeros((0, 5), np.uint8)
        parts.append((clocks, np.ascontiguousarray(events)))
        total += len(starts)
        check_count(total, name)
    if rest:
        raise DataError(
            f"{name}: expected events of 5 bytes, found {len(rest)} at the end: the file is cut off"
        )
    t = np.concatenate([clocks for clocks, _ in parts] or [np.zeros(0, np.uint64)])
    events = np.concatenate([part for _, part in parts] or [np.zeros((0, 5), np.uint8)])
    xy = np.ascontiguousarray(events[:, 1:]).view("<u2").astype(np.uint16).reshape(-1, 2)
    if len(xy) and (int(xy[:, 0].max()) >= width or int(xy[:, 1].max()) >= height):
        raise DataError(f"{name}: expected pixels within {width}×{height}, found some outside: it is damaged")
    x, y = np.ascontiguousarray(xy[:, 0]), (height - 1 - xy[:, 1]).astype(np.uint16)
    return Recording(t, x, y, (events[:, 0] & 1) == 1, (width, height), name)


def _walk(data: bytes, clock: int) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Where whole events start and their times, where the first that is not whole does, and the clock
    then."""
    starts, clocks = array("I"), array("Q")
    place, end = 0, len(data)
    while place < end:
        first = data[place]
        if first >= 0xFE:
            clock += 127 if first == 0xFF else 0
            place += 1
            continue
        if place + 5 > end:
            break
        clock += first >> 1
        starts.append(place)
        clocks.append(clock)
        place += 5
    return np.array(starts, np.int64), np.array(clocks, np.uint64), place, clock
