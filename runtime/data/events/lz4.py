"""LZ4 frames, unpacked: what AEDAT4 packs its packets with.

Sources: "LZ4 Frame Format Description" 1.6 and "LZ4 Block Format Description" (github.com/lz4/lz4, doc/).
"""

from __future__ import annotations

_MAGIC = b"\x04\x22\x4d\x18"


def unpacked(data: bytes, most: int) -> bytes:
    """The content of one frame of at most ``most`` bytes. Raises ValueError where it is malformed or larger.

    Checksums are skipped, as the packets that they guard have checks of their own.
    """
    if data[:4] != _MAGIC or len(data) < 7:
        raise ValueError("expected an LZ4 frame")
    flags = data[4]
    if flags >> 6 != 1 or flags & 1:
        raise ValueError("an LZ4 frame of another version or with a dictionary")
    place = 6 + 1 + (8 if flags & 8 else 0)
    out = bytearray()
    while True:
        size = int.from_bytes(data[place : place + 4], "little")
        if len(data) < place + 4:
            raise ValueError("an LZ4 frame that is cut off")
        place += 4
        if size == 0:
            return bytes(out)
        packed, size = not size >> 31, size & 0x7FFFFFFF
        block = data[place : place + size]
        if len(block) < size:
            raise ValueError("an LZ4 block that is cut off")
        if packed:
            _block(block, out, most)
        else:
            out += block
        if len(out) > most:
            raise ValueError(f"an LZ4 frame of more than {most} bytes")
        place += size + (4 if flags & 16 else 0)


def _block(data: bytes, out: bytearray, most: int) -> None:
    place, end = 0, len(data)
    while place < end:
        token = data[place]
        place += 1
        length = token >> 4
        if length == 15:
            length, place = _longer(data, place, length)
        if place + length > end:
            raise ValueError("LZ4 literals that are cut off")
        out += data[place : place + length]
        place += length
        if place == end:
            return
        if place + 2 > end:
            raise ValueError("an LZ4 match that is cut off")
        back = data[place] | data[place + 1] << 8
        place += 2
        length = token & 15
        if length == 15:
            length, place = _longer(data, place, length)
        length += 4
        if not 0 < back <= len(out) or len(out) + length > most:
            raise ValueError("an LZ4 match outside of its frame")
        start = len(out) - back
        if back >= length:
            out += out[start : start + length]
        else:
            # a match that overlaps itself repeats
            pattern = bytes(out[start:])
            out += (pattern * (length // back + 1))[:length]


def _longer(data: bytes, place: int, length: int) -> tuple[int, int]:
    while True:
        if place >= len(data):
            raise ValueError("an LZ4 length that is cut off")
        length += data[place]
        place += 1
        if data[place - 1] != 255:
            return length, place
