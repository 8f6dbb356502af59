"""Which reader a file or folder of inputs needs: one line a format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snnrt.data.audio import wav
from snnrt.data.audio.wav import Sound, read_wav
from snnrt.data.events import Recording, binned, format_of, read_events
from snnrt.data.folder import read_folder
from snnrt.data.idx import GZIP, is_idx, labels_beside, read_idx
from snnrt.data.images import ENDINGS, read_image
from snnrt.data.preprocessing import Preprocessing
from snnrt.data.table import read_table
from snnrt.errors import DataError
from snnrt.ir.graph import Graph

KNOWN = "IDX, CSV, images, WAV, or recordings of events (.bin, .raw, .aedat4, .es)"
_RECORDINGS = (".bin", ".raw", ".aedat4", ".es")
_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"BM")

Read = tuple[np.ndarray, "np.ndarray | None"]
"""Inputs (N, …) and labels (N,)."""


@dataclass(frozen=True)
class Wanted:
    """What a model makes of recordings; None where it makes nothing of them."""

    spikes: Callable[[Recording], np.ndarray] | None
    """Of events, (T, *shape)."""
    frames: Callable[[Sound], np.ndarray] | None
    """Of sound, values in 0 … 1."""


def wanted_by(graph: Graph, chosen: Preprocessing | None, timesteps: int | None) -> Wanted:
    """How recordings become what ``graph`` reads."""
    steps, source = timesteps or graph.timesteps, graph.input
    if chosen is None or chosen.sample_rate is None:
        return Wanted(_spikes_of(graph, chosen, steps), None)
    return Wanted(None, lambda sound: chosen.frames(sound, source, steps))


def _spikes_of(
    graph: Graph, chosen: Preprocessing | None, timesteps: int
) -> Callable[[Recording], np.ndarray] | None:
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
            recording, timesteps, shape, size=how.size, interval=how.interval,  # type: ignore[arg-type]
            count=how.count, highest=source.high,
        )  # fmt: skip
        return maps.reshape(len(maps), *source.shape) if maps[0].size == np.prod(source.shape) else maps

    return spikes


def read_other(path: Path, name: str, start: bytes, wanted: Wanted | None, most: int) -> Read | None:
    """Inputs and labels of a file that is no array of NumPy; None where no reader knows it."""
    end = path.suffix.lower()
    if format_of(name, start) is not None:
        return _spikes(path, name, wanted)[None], None
    if start[:2] == GZIP or is_idx(start):
        beside = labels_beside(path)
        return read_idx(path, name, most), None if beside is None else read_idx(beside, str(beside), most)
    if end == wav.ENDING or wav.is_wav(start):
        return _heard(path, name, wanted)[None], None
    if end in ENDINGS or start.startswith(_MAGIC):
        return _channels_first(read_image(path, name)[None]), None
    if end in (".csv", ".tsv", ".txt"):
        return read_table(path, name, most)
    return None


def read_files(path: Path, name: str, wanted: Wanted | None, most: int) -> Read:
    """Inputs and labels of a folder of images, or of recordings of events or sound."""
    inner = [path, *sorted(one for one in path.iterdir() if one.is_dir())[:64]]
    ends = {one.suffix.lower() for folder in inner for one in folder.iterdir()}
    if ends.intersection(_RECORDINGS):
        return read_folder(path, name, _RECORDINGS, lambda one: _spikes(one, str(one), wanted), most)
    if wav.ENDING in ends:
        return read_folder(path, name, (wav.ENDING,), lambda one: _heard(one, str(one), wanted), most)
    x, y = read_folder(path, name, ENDINGS, lambda one: read_image(one, str(one)), most)
    return _channels_first(x), y


def _channels_first(images: np.ndarray) -> np.ndarray:
    """(N, C, H, W) of (N, H, W, C), a view; grey images as they are."""
    return np.moveaxis(images, -1, 1) if images.ndim == 4 else images


def _spikes(path: Path, name: str, wanted: Wanted | None) -> np.ndarray:
    if wanted is None or wanted.spikes is None:
        why = "the model reads sound" if wanted and wanted.frames else "it needs a network that reads spikes"
        raise DataError(
            f"{name}: a recording of events is for a network that reads spikes over time; {why}: convert "
            "with encoding spikes, or read it with snnrt.data.events.read_events"
        )
    return wanted.spikes(read_events(path))


def _heard(path: Path, name: str, wanted: Wanted | None) -> np.ndarray:
    """Frames for a model; without one the samples."""
    if wanted is None:
        return read_wav(path, name).samples
    if wanted.frames is None:
        raise DataError(
            f"{name}: sound is for a model that says how it becomes frames; convert with --preprocess "
            "sample_rate=8000 (in Python preprocessing={'sample_rate': 8000})"
        )
    return wanted.frames(read_wav(path, name))
