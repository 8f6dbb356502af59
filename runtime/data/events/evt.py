"""Prophesee RAW files, EVT 2.0 and EVT 3.0.

Sources: Prophesee, "EVT 2.0 format" and "EVT 3.0 format" (docs.prophesee.ai, data/encoding_formats).
"""

from __future__ import annotations

import re
from typing import IO

import numpy as np

from snnrt.data.events.bytes_in import check_count, chunks, filled, unwrapped
from snnrt.data.events.recording import Recording
from snnrt.errors import DataError

_MOST_HEADER_BYTES = 1 << 16
_SENSORS = {"gen31": (640, 480), "gen3": (640, 480), "gen41": (1280, 720), "gen4": (1280, 720)}


def read_evt(file: IO[bytes], name: str) -> Recording:
    """A RAW file from its first byte; the header says which version and, where it does, the size.

    Raises DataError for another format, records that are cut off, more than MOST_EVENTS.
    """
    version, size = _header(file, name)
    read = _Evt2() if version == 2 else _Evt3()
    parts, total = [], 0
    for chunk in chunks(file, read.record, name):
        parts.append(read(chunk))
        total += len(parts[-1][0])
        check_count(total, name)
    t, x, y, on = (np.concatenate([part[field] for part in parts] or [np.zeros(0)]) for field in range(4))
    return Recording(
        t.astype(np.uint64), x.astype(np.uint16), y.astype(np.uint16), on.astype(bool), size, name
    )


def _header(file: IO[bytes], name: str) -> tuple[int, tuple[int, int] | None]:
    """Version 2 or 3 and (width, height); the file then stands at the first record."""
    text, start = "", file.tell()
    while file.read(1) == b"%":
        file.seek(start)
        line = file.readline(_MOST_HEADER_BYTES)
        start = file.tell()
        text += line.decode("latin-1")
        if re.match(rb"% ?end", line) or start > _MOST_HEADER_BYTES:
            break
    file.seek(start)
    found = re.search(r"^% ?(?:evt ([\d.]+)|format EVT([\d.]+))", text, re.MULTILINE | re.IGNORECASE)
    version = (found[1] or found[2]) if found else "no version"
    if version not in ("2", "2.0", "3", "3.0"):
        raise DataError(f"{name}: expected a Prophesee RAW file of EVT 2.0 or 3.0, found {version}")
    wide = re.search(r"width=(\d{1,5})", text), re.search(r"height=(\d{1,5})", text)
    stated = re.search(r"^% ?geometry (\d{1,5})x(\d{1,5})", text, re.MULTILINE)
    size = None
    if stated:
        size = int(stated[1]), int(stated[2])
    elif wide[0] and wide[1]:
        size = int(wide[0][1]), int(wide[1][1])
    else:
        plugin = re.search(r"plugin_name \w*?(gen\d+)", text)
        size = _SENSORS.get(plugin[1]) if plugin else None
    return int(version[0]), size


Events = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


class _Evt2:
    """32-bit words: bits 31–28 the type; 0 and 1 an event, darker and brighter, 8 the upper bits of the
    time."""

    record = 4
    high, turns, last = 0, 0, -1

    def __call__(self, data: np.ndarray) -> Events:
        words = data.view("<u4")
        kind = words >> 28
        is_time = kind == 8
        upper = np.zeros(len(words), np.int64)
        given = (words[is_time] & 0xFFFFFFF).astype(np.int64)
        if len(given):
            whole = unwrapped(given, 1 << 28, self.last, self.turns)
            upper[is_time] = whole
            self.last, self.turns = int(given[-1]), int(whole[-1]) >> 28
        high = filled(upper, is_time, self.high)
        self.high = int(high[-1])
        event = kind <= 1
        word = words[event].astype(np.int64)
        t = (high[event] << 6) | (word >> 22 & 0x3F)
        return t, word >> 11 & 0x7FF, word & 0x7FF, kind[event] == 1


class _Evt3:
    """16-bit words: bits 15–12 the type; a row, then events of it, single or as masks from a base on."""

    record = 2

    def __init__(self) -> None:
        self.y = self.base = self.on = self.low = self.high = self.turns = 0
        self.last = -1

    def __call__(self, data: np.ndarray) -> Events:
        words = data.view("<u2").astype(np.int64)
        kind, value = words >> 12, words & 0xFFF
        y = filled(value & 0x7FF, kind == 0, self.y)
        self.y = int(y[-1])
        time = self._times(kind, value)
        # a mask of 12 or 8 pixels starts where the one before it ended
        width = np.where(kind == 4, 12, np.where(kind == 5, 8, 0))
        travelled = np.cumsum(width) - width
        anchor = kind == 3
        base = filled((value & 0x7FF) - travelled, anchor, self.base) + travelled
        on = filled(value >> 11, anchor, self.on)
        self.base, self.on = int(base[-1] + width[-1]), int(on[-1])

        single = np.flatnonzero(kind == 2)
        vector = np.flatnonzero(width)
        mask = value[vector] & np.where(width[vector] == 12, 0xFFF, 0xFF)
        row, bit = np.nonzero(mask[:, None] >> np.arange(12) & 1)
        word = np.concatenate([single, vector[row]])
        x = np.concatenate([value[single] & 0x7FF, base[vector[row]] + bit])
        brighter = np.concatenate([value[single] >> 11, on[vector[row]]])
        # by word, within a mask from its lowest bit: as the sensor wrote them
        order = np.argsort(word, kind="stable")
        word = word[order]
        return time[word], np.minimum(x[order], 0xFFFF), y[word], brighter[order] == 1

    def _times(self, kind: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Microseconds at each word. The lower bits are 0 from a new upper half until their own word."""
        is_high = kind == 8
        upper = np.zeros(len(kind), np.int64)
        changed = np.zeros(len(kind), bool)
        given = value[is_high]
        if len(given):
            whole = unwrapped(given, 1 << 12, self.last, self.turns)
            upper[is_high] = whole
            before = np.concatenate(([self.high], whole[:-1]))
            changed[is_high] = whole != before
            self.last, self.turns = int(given[-1]), int(whole[-1]) >> 12
        high = filled(upper, is_high, self.high)
        low = filled(np.where(changed, 0, value), changed | (kind == 6), self.low)
        self.high, self.low = int(high[-1]), int(low[-1])
        return high << 12 | low
