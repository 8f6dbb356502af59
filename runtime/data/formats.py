"""Which reader a file or folder of inputs needs: one line a format."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from snnrt.data.events import Recording, binned, format_of, read_events
from snnrt.data.folder import read_folder
from snnrt.data.idx import GZIP, is_idx, labels_beside, read_idx
from snnrt.data.images import ENDINGS, read_image
from snnrt.data.preprocessing import Preprocessing
from snnrt.data.table import read_table
from snnrt.errors import DataError
from snnrt.ir.graph import Graph

KNOWN = "IDX, CSV, images, or recordings of events (.bin, .raw, .aedat4, .es)"
_RECORDINGS = (".bin", ".raw", ".aedat4", ".es")
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"BM")

Bins = Callable[[Recording], np.ndarray]
"""A recording as spikes (T, *shape)."""
Read = tuple[np.ndarray, "np.ndarray | None"]
"""Inputs (N, …) and labels (N,)."""


def spikes_of(graph: Graph, chosen: Preprocessing | None, timesteps: int | None) -> Bins | None:
    """How a recording becomes what ``graph`` reads; None for a network that does not read spikes."""
    source = graph.input
    if source.encoding != "spikes":
        return None
    how = chosen or Preprocessing()
    shape = source.shape
    if len(shape) == 1 and how.size is not None:
        pixels = how.size[0] * how.size[1]
        shape = (max(1, source.shape[0] // pixels), how.size[1], how.size[0])

    def spikes(recording: Recording) -> np.ndarray:
        maps = binned(
            recording, timesteps or graph.timesteps, shape, size=how.size, interval=how.interval,  # type: ignore[arg-type]
            count=how.count, highest=source.high,
        )  # fmt: skip
        return maps.reshape(len(maps), *source.shape) if maps[0].size == np.prod(source.shape) else maps

    return spikes


def read_other(path: Path, name: str, start: bytes, bins: Bins | None, most: int) -> Read | None:
    """Inputs and labels of a file that is no array of NumPy; None where no reader knows it."""
    end = path.suffix.lower()
    if format_of(name, start) is not None:
        return _spikes(path, name, bins)[None], None
    if start[:2] == GZIP or is_idx(start):
        beside = labels_beside(path)
        return read_idx(path, name, most), None if beside is None else read_idx(beside, str(beside), most)
    if end in ENDINGS or start.startswith(_MAGIC):
        return _channels_first(read_image(path, name)[None]), None
    if end in (".csv", ".tsv", ".txt"):
        return read_table(path, name, most)
    return None


def read_files(path: Path, name: str, bins: Bins | None, most: int) -> Read:
    """Inputs and labels of a folder of images, or of recordings."""
    inner = [path, *sorted(one for one in path.iterdir() if one.is_dir())[:64]]
    ends = {one.suffix.lower() for folder in inner for one in folder.iterdir()}
    if ends.intersection(_RECORDINGS):
        return read_folder(path, name, _RECORDINGS, lambda one: _spikes(one, str(one), bins), most)
    x, y = read_folder(path, name, ENDINGS, lambda one: read_image(one, str(one)), most)
    return _channels_first(x), y


def _channels_first(images: np.ndarray) -> np.ndarray:
    """(N, C, H, W) of (N, H, W, C), a view; grey images as they are."""
    return np.moveaxis(images, -1, 1) if images.ndim == 4 else images


def _spikes(path: Path, name: str, bins: Bins | None) -> np.ndarray:
    if bins is None:
        raise DataError(
            f"{name}: a recording of events is for a network that reads spikes over time; convert "
            "with encoding "
            "spikes, or read it with snnrt.data.events.read_events"
        )
    return bins(read_events(path))
