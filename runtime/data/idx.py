"""IDX files, as MNIST comes in; the labels lie in a file beside the images.

Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", "the IDX file format".
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path
from typing import IO

import numpy as np

from snnrt.errors import DataError

GZIP = b"\x1f\x8b"
_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}
_PART = 1 << 22


def is_idx(start: bytes) -> bool:
    """Whether a file begins as one does."""
    return len(start) >= 4 and start[:2] == b"\0\0" and start[2] in _TYPES and 1 <= start[3] <= 8


def read_idx(path: Path, name: str, most: int) -> np.ndarray:
    """The array of an IDX file, packed with gzip or not, of at most ``most`` bytes. Raises DataError."""
    with path.open("rb") as file:
        packed = file.read(2) == GZIP
        file.seek(0)
        try:
            with gzip.open(file) if packed else file as content:
                return _array(content, name, most)  # type: ignore[arg-type]
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"{name}: malformed gzip file: {error}") from None


def _array(file: IO[bytes], name: str, most: int) -> np.ndarray:
    head = file.read(4)
    if not is_idx(head):
        raise DataError(f"{name}: expected an IDX file, found one that starts with {head!r}")
    dtype, axes = np.dtype(_TYPES[head[2]]), head[3]
    sizes = file.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise DataError(f"{name}: expected {axes} sizes, found {len(sizes)} bytes: the file is cut off")
    shape = tuple(int(size) for size in np.frombuffer(sizes, ">u4"))
    needed = math.prod(shape) * dtype.itemsize
    if needed > most:
        raise DataError(f"{name}: {needed} bytes do not fit into memory; split the file")
    data = bytearray()
    while len(data) <= needed and (part := file.read(min(_PART, needed + 1 - len(data)))):
        data += part
    if len(data) != needed:
        found = len(data) if len(data) < needed else "more"
        raise DataError(f"{name}: expected {needed} bytes for shape {shape}, found {found}: it is damaged")
    return np.frombuffer(bytes(data), dtype).astype(dtype.newbyteorder("=")).reshape(shape)


def labels_beside(path: Path) -> Path | None:
    """``…labels-idx1…`` beside ``…images-idx3…``, if it is there."""
    name = path.name.replace("images", "labels").replace("idx3", "idx1")
    beside = path.with_name(name)
    return beside if name != path.name and beside.is_file() else None
