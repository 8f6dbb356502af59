"""WAV files: PCM of 8, 16, 24 and 32 bits, and 32-bit floats; several channels become their mean.

Sources: IBM and Microsoft, "Multimedia Programming Interface and Data Specifications 1.0" (1991), RIFF WAVE;
Microsoft, "Multiple channel audio data and WAVE files" (WAVE_FORMAT_EXTENSIBLE).
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from snnrt.errors import DataError

ENDING = ".wav"
MOST_SAMPLES = 1 << 26
"""In one file: 256 MiB of them, more than 20 minutes at 48 kHz."""
_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_MOST_CHANNELS = 64
_RATES = 1, 1 << 22
_LOUDEST = 8.0
"""Floats may go beyond full scale a little."""
_UNKNOWN = 0xFFFFFFFF
"""Size of the data in a file that was written to a pipe: they go on to the end."""


@dataclass(frozen=True, eq=False)
class Sound:
    """``samples`` (N,) float32 in −1 … 1, so many a second: ``rate``, in Hz."""

    samples: np.ndarray
    rate: int
    name: str

    def __len__(self) -> int:
        return len(self.samples)


def is_wav(start: bytes) -> bool:
    """Whether a file begins as one does."""
    return start[:4] == b"RIFF" and start[8:12] == b"WAVE"


def read_wav(path: Path, name: str) -> Sound:
    """The sound of a WAV file. Raises DataError for another or a damaged file, for packed sound, for none."""
    with path.open("rb") as file:
        head = file.read(12)
        if not is_wav(head):
            raise DataError(f"{name}: expected a WAV file, found one that starts with {head[:12]!r}")
        form = None
        while True:
            chunk = file.read(8)
            if len(chunk) < 8:
                missing = "format" if form is None else "sound"
                raise DataError(f"{name}: expected a WAV file with its {missing}, found none: it is cut off")
            kind, size = chunk[:4], int.from_bytes(chunk[4:], "little")
            if kind == b"fmt ":
                form = _form(file.read(min(size, 64)), name)
                file.seek(max(size - 64, 0) + size % 2, 1)
            elif kind == b"data":
                if form is None:
                    raise DataError(
                        f"{name}: expected the format ahead of the sound, found none: it is damaged"
                    )
                return _sound(file, size, form, name)
            else:
                # a chunk of an odd size has a byte behind it
                file.seek(size + size % 2, 1)


def _form(data: bytes, name: str) -> tuple[int, int, int, int]:
    """Channels, rate, bytes a sample, and the kind of number."""
    if len(data) < 16:
        raise DataError(f"{name}: expected a format of 16 bytes, found {len(data)}: the file is cut off")
    kind, channels, rate, _, _, bits = struct.unpack("<HHIIHH", data[:16])
    if kind == _EXTENSIBLE and len(data) >= 26:
        kind = int.from_bytes(data[24:26], "little")
    if not (kind == _PCM and bits in (8, 16, 24, 32)) and not (kind == _FLOAT and bits == 32):
        raise DataError(
            f"{name}: expected PCM of 8, 16, 24 or 32 bits or floats of 32 bits, found format {kind} with "
            f"{bits} bits; save it as 16-bit PCM"
        )
    if not 1 <= channels <= _MOST_CHANNELS:
        raise DataError(f"{name}: expected 1 to {_MOST_CHANNELS} channels, found {channels}")
    if not _RATES[0] <= rate <= _RATES[1]:
        raise DataError(f"{name}: expected {_RATES[0]} to {_RATES[1]} samples a second, found {rate}")
    return channels, rate, bits // 8, kind


def _sound(file: IO[bytes], size: int, form: tuple[int, int, int, int], name: str) -> Sound:
    channels, rate, width, kind = form
    frame = channels * width
    data = file.read(min(size, MOST_SAMPLES * frame + 1))
    if size != _UNKNOWN and len(data) < min(size, MOST_SAMPLES * frame + 1):
        raise DataError(f"{name}: expected {size} bytes of sound, found {len(data)}: the file is cut off")
    if len(data) > MOST_SAMPLES * frame:
        raise DataError(f"{name}: expected at most {MOST_SAMPLES} samples, found more; cut the recording")
    count = len(data) // frame
    if not count:
        raise DataError(f"{name}: expected at least one sample, found none")
    total = np.zeros(count, np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        for channel in range(channels):
            total += _numbers(data, count, channel, frame, width, kind)
        loudest = float(np.abs(total).max()) / channels
    if not math.isfinite(loudest):
        raise DataError(f"{name}: expected finite samples, found NaN or infinity: it is damaged")
    if loudest > _LOUDEST:
        raise DataError(
            f"{name}: expected samples in −1 … 1, found up to {loudest:g}; divide them by their full scale"
        )
    return Sound(total / np.float32(channels), rate, name)


def _numbers(data: bytes, count: int, channel: int, frame: int, width: int, kind: int) -> np.ndarray:
    """float32 in −1 … 1 of one channel; bytes are unsigned, wider numbers are not."""
    raw = np.frombuffer(data, np.uint8, count * frame).reshape(count, frame)
    own = np.ascontiguousarray(raw[:, channel * width : (channel + 1) * width])
    if kind == _FLOAT:
        return own.view("<f4")[:, 0]
    if width == 1:
        return (own[:, 0].astype(np.float32) - 128) / 128
    if width == 3:
        # as the upper three bytes of 32-bit numbers
        own = np.concatenate([np.zeros((count, 1), np.uint8), own], 1)
        width = 4
    values = np.ascontiguousarray(own).view(f"<i{width}")[:, 0]
    return (values / 2.0 ** (8 * width - 1)).astype(np.float32)
