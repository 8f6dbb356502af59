"""AEDAT4 files of iniVation's DV: the first stream of events.

Sources: docs.inivation.com, "AEDAT 4.0 file format"; flatbuffers.dev, "FlatBuffers internals".
"""

from __future__ import annotations

import re
import struct
from typing import IO

import numpy as np

from snnrt.data.events.bytes_in import check_count
from snnrt.data.events.lz4 import unpacked
from snnrt.data.events.recording import Recording
from snnrt.errors import DataError

MAGIC = b"#!AER-DAT4.0\r\n"
_MOST_PACKET = 1 << 26
_EVENT = np.dtype({
    "names": ["t", "x", "y", "on"], "formats": ["<i8", "<i2", "<i2", "u1"], "offsets": [0, 8, 10, 12],
    "itemsize": 16,
})  # fmt: skip


def read_aedat4(file: IO[bytes], name: str) -> Recording:
    """Events of an AEDAT4 file, packed with LZ4, or with Zstandard where the package zstandard is installed.

    Raises DataError for what is malformed, has no stream of events, or more than MOST_EVENTS.
    """
    try:
        return _read(file, name)
    except (struct.error, ValueError, IndexError, OverflowError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{name}: malformed AEDAT4 file: {' '.join(str(error).split())[:120]}") from None


def _read(file: IO[bytes], name: str) -> Recording:
    if file.read(len(MAGIC)) != MAGIC:
        raise DataError(f"{name}: expected an AEDAT 4.0 file, found another start")
    header = _Table.root(_sized(file))
    compression = header.number(0, "<i4", 0)
    table = header.number(1, "<i8", -1)
    stream, size = _stream(header.text(2), name)
    parts, total = [], 0
    end = table if table > 0 else float("inf")
    while file.tell() < end and (head := file.read(8)):
        if len(head) < 8:
            raise ValueError("a packet that is cut off")
        number, length = struct.unpack("<ii", head)
        if not 0 <= length <= _MOST_PACKET:
            raise ValueError(f"a packet of {length} bytes")
        data = file.read(length)
        if len(data) < length:
            raise ValueError("a packet that is cut off")
        if number != stream:
            continue
        events = _events(_unpacked(data, compression, name))
        parts.append(events)
        total += len(events)
        check_count(total, name)
    events = np.concatenate(parts) if parts else np.zeros(0, _EVENT)
    if len(events) and (events["t"].min() < 0 or events["x"].min() < 0 or events["y"].min() < 0):
        raise ValueError("a negative time or pixel")
    x, y = (np.ascontiguousarray(events[field]).astype(np.uint16) for field in ("x", "y"))
    return Recording(events["t"].astype(np.uint64), x, y, events["on"] != 0, size, name)


def _sized(file: IO[bytes]) -> bytes:
    (length,) = struct.unpack("<I", file.read(4))
    if length > _MOST_PACKET:
        raise ValueError(f"a header of {length} bytes")
    return file.read(length)


def _stream(info: str, name: str) -> tuple[int, tuple[int, int] | None]:
    """Number and (width, height) of the first stream of events; the header's XML says them."""
    streams = re.split(r'<node name="(\d+)"', info)
    for number, text in zip(streams[1::2], streams[2::2]):
        if re.search(r'key="typeIdentifier"[^>]*>EVTS<', text):
            wide, high = (re.search(rf'key="{key}"[^>]*>(\d{{1,5}})<', text) for key in ("sizeX", "sizeY"))
            size = (int(wide[1]), int(high[1])) if wide and high else None
            return int(number), size
    raise DataError(f"{name}: expected a stream of events (EVTS), found none in the file's header")


def _unpacked(data: bytes, compression: int, name: str) -> bytes:
    if compression == 0:
        return data
    if compression in (1, 2):
        return unpacked(data, _MOST_PACKET)
    if compression in (3, 4):
        try:
            import zstandard
        except ImportError:
            raise DataError(
                f"{name}: packed with Zstandard, which needs a package: pip install zstandard"
            ) from None
        try:
            return zstandard.ZstdDecompressor().decompress(data, max_output_size=_MOST_PACKET)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None
    raise ValueError(f"an unknown compression ({compression})")


def _events(packet: bytes) -> np.ndarray:
    """Of an EventPacket: its field 0 is a vector of structs of 16 bytes."""
    table = _Table.root(packet[4:])
    place = table.reference(0)
    if place is None:
        return np.zeros(0, _EVENT)
    (count,) = struct.unpack_from("<I", table.data, place)
    if place + 4 + count * _EVENT.itemsize > len(table.data):
        raise ValueError(f"{count} events in a packet of {len(table.data)} bytes")
    return np.frombuffer(table.data, _EVENT, count, place + 4)


class _Table:
    """A flatbuffer's table: fields by number, through its table of offsets."""

    def __init__(self, data: bytes, place: int) -> None:
        self.data, self.place = data, place
        self.offsets = place - struct.unpack_from("<i", data, place)[0]
        if self.offsets < 0:
            raise ValueError("a table of offsets outside the file")
        self.size = struct.unpack_from("<H", data, self.offsets)[0]

    @classmethod
    def root(cls, data: bytes) -> _Table:
        return cls(data, struct.unpack_from("<I", data, 0)[0])

    def field(self, number: int) -> int | None:
        slot = 4 + 2 * number
        if slot + 2 > self.size:
            return None
        offset = struct.unpack_from("<H", self.data, self.offsets + slot)[0]
        return self.place + offset if offset else None

    def number(self, number: int, kind: str, otherwise: int) -> int:
        place = self.field(number)
        return otherwise if place is None else int(np.frombuffer(self.data, kind, 1, place)[0])

    def reference(self, number: int) -> int | None:
        place = self.field(number)
        return None if place is None else place + struct.unpack_from("<I", self.data, place)[0]

    def text(self, number: int) -> str:
        place = self.reference(number)
        if place is None:
            return ""
        length = struct.unpack_from("<I", self.data, place)[0]
        return self.data[place + 4 : place + 4 + length].decode("utf-8", "replace")
