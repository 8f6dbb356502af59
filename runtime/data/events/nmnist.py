"""``.bin`` files of N-MNIST and N-Caltech101: 5 bytes an event.

Source: G. Orchard, github.com/gorchard/event-Python, eventvision.py (``read_dataset``): x, y, polarity in
bit 7, then 23 bits of time in microseconds; an event in row 240 says that the time went round 2¹³.
"""

from __future__ import annotations

from typing import IO

import numpy as np

from snnrt.data.events.bytes_in import check_count, chunks
from snnrt.data.events.recording import Recording

_OVERFLOW_ROW = 240
_OVERFLOW_US = 1 << 13


def read_nmnist(file: IO[bytes], name: str) -> Recording:
    """Events of a .bin file, whose size it does not say. Raises DataError where the last event is cut off."""
    parts, total = [], 0
    for chunk in chunks(file, 5, name):
        parts.append(chunk.reshape(-1, 5))
        total += len(parts[-1])
        check_count(total, name)
    data = np.concatenate(parts) if parts else np.zeros((0, 5), np.uint8)
    t = (data[:, 2].astype(np.uint64) & 0x7F) << 16 | data[:, 3].astype(np.uint64) << 8 | data[:, 4]
    overflow = data[:, 1] == _OVERFLOW_ROW
    t += _OVERFLOW_US * np.cumsum(overflow, dtype=np.uint64)
    kept = data[~overflow]
    x, y = (kept[:, column].astype(np.uint16) for column in (0, 1))
    return Recording(t[~overflow], x, y, kept[:, 2] >= 128, None, name)
