"""Which reader a recording needs: one line a format."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import IO

from snnrt.data.events.aedat4 import MAGIC, read_aedat4
from snnrt.data.events.event_stream import read_event_stream
from snnrt.data.events.evt import read_evt
from snnrt.data.events.nmnist import read_nmnist
from snnrt.data.events.recording import Recording
from snnrt.errors import DataError, DataFileError

Reader = Callable[[IO[bytes], str], Recording]
_FORMATS: tuple[tuple[str, bytes, str, Reader], ...] = (
    ("aedat4", MAGIC, ".aedat4", read_aedat4),
    ("event stream", b"Event Stream", ".es", read_event_stream),
    ("evt", b"% ", ".raw", read_evt),
    ("nmnist", b"", ".bin", read_nmnist),
)
"""Name, first bytes (none: the name's end alone tells), end of the name, reader."""


def format_of(name: str, start: bytes) -> Reader | None:
    """The reader of a file by its name's end or its first bytes; None where it is no recording."""
    end = Path(name).suffix.lower()
    for _, magic, suffix, reader in _FORMATS:
        if end == suffix or (magic and len(magic) > 2 and start.startswith(magic)):
            return reader
    return None


def read_events(path: str | os.PathLike[str]) -> Recording:
    """A recording: ``.bin`` of N-MNIST or N-Caltech101, Prophesee ``.raw`` (EVT 2 or 3), ``.aedat4``,
    ``.es``.

    Raises DataFileError where it cannot be read, DataError where it is malformed.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            reader = format_of(name, file.read(16))
            if reader is None:
                known = ", ".join(suffix for _, _, suffix, _ in _FORMATS)
                raise DataError(f"{name}: expected a recording of events ({known}), found another name")
            file.seek(0)
            return reader(file, name)
    except OSError as error:
        if isinstance(error, DataError):
            raise
        raise DataFileError(f"{name}: cannot be read: {error.strerror or error}; check the path") from error
