"""Event Stream files (``.es``), version 2: events of a DVS, an ATIS, a colour camera, or generic ones.

Source: A. Marcireau, github.com/neuromorphicsystems/event_stream and the readers of its sepia.hpp. An event
begins with a byte that holds the time since the one before; the largest such bytes hold time alone:

- DVS: polarity in bit 0, time above; x and y, 16 bits each. 0xFF: 127 µs, 0xFE: none.
- ATIS: bit 0 says that it measures exposure, which is no change and left out here, bit 1 the polarity, time
  above; x and y. 0xFC … 0xFF: 63 µs as often as the lower two bits say.
- colour: time; x and y; red, green, blue. 0xFF: 254 µs, 0xFE: none.
- generic: time; how many bytes follow, 7 bits at a time from the lowest, bit 0 saying that more come; these.

Rows count from the lower border: they are turned here, as in every other reader.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import IO

import numpy as np

from snnrt.data.events.bytes_in import CHUNK_BYTES, check_count
from snnrt.data.events.recording import Recording
from snnrt.errors import DataError

_GENERIC, _DVS, _ATIS, _COLOUR = 0, 1, 2, 4
_MOST_PAYLOAD = 1 << 24
"""Bytes of one generic event."""


@dataclass(frozen=True)
class _Layout:
    """``size`` bytes an event; of each first byte the time, and the time of those that hold nothing else."""

    size: int
    times: list[int]
    gaps: dict[int, int]


_LAYOUTS = {
    _DVS: _Layout(5, [first >> 1 for first in range(256)], {0xFE: 0, 0xFF: 127}),
    _ATIS: _Layout(5, [first >> 2 for first in range(256)], {0xFC + n: 63 * n for n in range(4)}),
    _COLOUR: _Layout(8, list(range(256)), {0xFE: 0, 0xFF: 254}),
}


def read_event_stream(file: IO[bytes], name: str) -> Recording:
    """Events of an .es file. Raises DataError for another version or kind of event, an event that is cut off
    or outside the sensor."""
    head = file.read(16)
    if len(head) < 16 or not head.startswith(b"Event Stream"):
        raise DataError(f"{name}: expected an Event Stream file, found {head[:12]!r}")
    version, kind = head[12], head[15]
    if version != 2 or (kind != _GENERIC and kind not in _LAYOUTS):
        raise DataError(
            f"{name}: expected an Event Stream of version 2 with events of kind 0 (generic), 1 (DVS), 2 "
            f"(ATIS) or 4 (colour), found version {version} with kind {kind}"
        )
    if kind == _GENERIC:
        return _generic(file, name)
    sides = file.read(4)
    if len(sides) < 4:
        raise DataError(
            f"{name}: expected a header of 20 bytes, found {16 + len(sides)}: the file is cut off"
        )
    width, height = (int(one) for one in np.frombuffer(sides, "<u2"))
    t, events = _records(file, _LAYOUTS[kind], name)
    xy = np.ascontiguousarray(events[:, 1:5]).view("<u2").astype(np.uint16).reshape(-1, 2)
    if len(xy) and (int(xy[:, 0].max()) >= width or int(xy[:, 1].max()) >= height):
        raise DataError(f"{name}: expected pixels within {width}×{height}, found some outside: it is damaged")
    x, y = np.ascontiguousarray(xy[:, 0]), (height - 1 - xy[:, 1]).astype(np.uint16)
    size = width, height
    if kind == _COLOUR:
        on = np.ones(len(t), bool)
        colour = np.ascontiguousarray(events[:, 5:])
        return Recording(t, x, y, on, size, name, has_polarity=False, colour=colour)
    if kind == _ATIS:
        change = (events[:, 0] & 1) == 0
        return Recording(t[change], x[change], y[change], (events[change, 0] & 2) == 2, size, name)
    return Recording(t, x, y, (events[:, 0] & 1) == 1, size, name)


def _records(file: IO[bytes], layout: _Layout, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Times (N,) uint64 and bytes (N, size) of all events."""
    parts, total, clock, rest = [], 0, 0, b""
    while data := file.read(CHUNK_BYTES):
        data = rest + data
        starts, clocks, end, clock = _walk(data, clock, layout)
        rest = data[end:]
        bytes_ = np.frombuffer(data, np.uint8)
        parts.append((clocks, bytes_[starts[:, None] + np.arange(layout.size)]))
        total += len(starts)
        check_count(total, name)
    if rest:
        raise DataError(
            f"{name}: expected events of {layout.size} bytes, found {len(rest)} at the end: the file is cut "
            "off"
        )
    t = np.concatenate([clocks for clocks, _ in parts] or [np.zeros(0, np.uint64)])
    return t, np.concatenate([part for _, part in parts] or [np.zeros((0, layout.size), np.uint8)])


def _walk(data: bytes, clock: int, layout: _Layout) -> tuple[np.ndarray, np.ndarray, int, int]:
    """Where whole events start and their times, where the first that is not whole does, and the clock
    then."""
    starts, clocks = array("I"), array("Q")
    times, gaps, size = layout.times, layout.gaps, layout.size
    least, place, end = min(gaps), 0, len(data)
    while place < end:
        first = data[place]
        if first >= least:
            clock += gaps[first]
            place += 1
            continue
        if place + size > end:
            break
        clock += times[first]
        starts.append(place)
        clocks.append(clock)
        place += size
    return np.array(starts, np.int64), np.array(clocks, np.uint64), place, clock


def _generic(file: IO[bytes], name: str) -> Recording:
    """Events of a time and some bytes, all at the one place of a sensor of one pixel."""
    clocks, ends, payload = array("Q"), array("Q"), bytearray()
    clock = 0
    while first := file.read(1):
        if first[0] >= 0xFE:
            clock += 254 if first[0] == 0xFF else 0
            continue
        clock += first[0]
        size, shift, more = 0, 0, True
        while more:
            part = file.read(1)
            if not part:
                raise DataError(f"{name}: expected how many bytes an event has, found none: it is cut off")
            size |= part[0] >> 1 << shift
            shift += 7
            more = part[0] & 1 == 1
            if size > _MOST_PAYLOAD or shift > 63:
                raise DataError(
                    f"{name}: expected events of at most {_MOST_PAYLOAD} bytes, found more: it is damaged"
                )
        data = file.read(size)
        if len(data) < size:
            raise DataError(
                f"{name}: expected an event of {size} bytes, found {len(data)} at the end: the file is cut "
                "off"
            )
        payload += data
        clocks.append(clock)
        ends.append(len(payload))
        check_count(len(clocks), name)
    count = len(clocks)
    nowhere = np.zeros(count, np.uint16)
    return Recording(
        np.array(clocks, np.uint64), nowhere, nowhere, np.ones(count, bool), (1, 1), name, has_polarity=False,
        payload=np.frombuffer(bytes(payload), np.uint8), payload_ends=np.array(ends, np.int64),
    )  # fmt: skip
