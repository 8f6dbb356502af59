"""Reads the data sets of these scripts from a folder, as tensors; nothing is downloaded."""

from __future__ import annotations

import gzip
import pickle
import struct
import wave
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch

from snnrt.data import Preprocessing
from snnrt.data.load import prepared_inputs
from snnrt.ir.graph import Edge, Exit, Graph, Input, Readout

Split = tuple[torch.Tensor, torch.Tensor]
"""Inputs and labels (N,) int64."""


def idx_images(folder: Path, split: str) -> Split:
    """MNIST's and Fashion-MNIST's files: (N, 1, 28, 28) uint8. ``split``: ``train`` or ``t10k``."""
    images = _idx(folder / f"{split}-images-idx3-ubyte.gz", 3)
    labels = _idx(folder / f"{split}-labels-idx1-ubyte.gz", 1)
    return torch.from_numpy(images)[:, None], torch.from_numpy(labels).long()


def _idx(path: Path, axes: int) -> np.ndarray:
    with gzip.open(path, "rb") as file:
        magic, *shape = struct.unpack(f">{axes + 1}I", file.read(4 * axes + 4))
        if magic != 0x0800 + axes:
            raise SystemExit(f"{path}: no idx file of {axes} axes of bytes")
        return np.frombuffer(file.read(), np.uint8).reshape(shape).copy()


def cifar10(folder: Path, split: str) -> Split:
    """CIFAR-10: (N, 3, 32, 32) uint8. ``split``: ``train`` or ``test``.

    The batches of its Python version (data_batch_1 …), or mosaics ``train_00.webp`` … of 25 × 40 images, of
    which image i has class i % 10 (read with Pillow).
    """
    names = [f"data_batch_{number}" for number in range(1, 6)] if split == "train" else ["test_batch"]
    batches = [folder / name for name in names]
    if all(path.exists() for path in batches):
        found = [pickle.loads(path.read_bytes(), encoding="bytes") for path in batches]
        images = np.concatenate([one[b"data"] for one in found]).reshape(-1, 3, 32, 32)
        labels = np.concatenate([one[b"labels"] for one in found])
        return torch.from_numpy(images), torch.from_numpy(labels).long()
    mosaics = sorted(folder.glob(f"{split}_[0-9][0-9].webp"))
    if not mosaics:
        raise SystemExit(f"{folder}: neither {names[0]} nor {split}_00.webp")
    from PIL import Image

    parts = []
    for path in mosaics:
        tiles = np.asarray(Image.open(path).convert("RGB")).reshape(25, 32, 40, 32, 3)
        parts.append(tiles.transpose(0, 2, 4, 1, 3).reshape(1000, 3, 32, 32))
    images = np.concatenate(parts)
    return torch.from_numpy(images), torch.arange(len(images)) % 10


def nmnist(folder: Path, split: str, bins: int, milliseconds: float = 300.0) -> Split:
    """N-MNIST from ``nmnist_small.npz``: (N, bins, 2, 17, 17) uint8, 1 where a polarity had an event.

    Pixels are joined two by two, time counts from a sample's first event: as a model with ``interval`` and
    ``size`` reads a recording. ``split``: ``train`` or ``test``. The file has the arrays ``<split>_x``,
    ``_y``, ``_p``, ``_t`` (µs) of all events, and ``_n`` (events) and ``_label`` of each sample.
    """
    with np.load(folder / "nmnist_small.npz") as file:
        x, y, p, t, n, labels = (file[f"{split}_{name}"] for name in ("x", "y", "p", "t", "n", "label"))
    sample = np.repeat(np.arange(len(n)), n)
    past = t.astype(np.int64) - np.repeat(np.minimum.reduceat(t, np.cumsum(n) - n).astype(np.int64), n)
    place = past // round(1000 * milliseconds / bins)
    inside = place < bins
    images = np.zeros((len(n), bins, 2, 17, 17), np.uint8)
    images[sample[inside], place[inside], p[inside], y[inside] // 2, x[inside] // 2] = 1
    return torch.from_numpy(images), torch.from_numpy(labels.astype(np.int64))


def write_nmnist(folder: Path, split: str, output: Path) -> None:
    """The samples as N-MNIST's own ``.bin`` files, ``output``/LABEL/NUMBER.bin: 5 bytes an event."""
    with np.load(folder / "nmnist_small.npz") as file:
        x, y, p, t, n, labels = (file[f"{split}_{name}"] for name in ("x", "y", "p", "t", "n", "label"))
    events = np.stack([x, y, p.astype(np.uint32) << 7 | t >> 16, t >> 8 & 255, t & 255], 1).astype(np.uint8)
    for number, (last, count) in enumerate(zip(np.cumsum(n), n)):
        path = output / str(labels[number]) / f"{number:05d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(events[last - count : last].tobytes())


def braille(folder: Path) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Braille letters read by touch, from ``braille_letters.npz``: pressures (N, 77, 4) from 0 to 1 of the
    sensors that vary, labels (N,), and which repetition (0 … 49) of its letter each is."""
    with np.load(folder / "braille_letters.npz") as file:
        taxels, lengths = file["taxel"], file["length"]
        labels, repetition = file["label"].astype(np.int64), file["repetition"].astype(np.int64)
    pressure = (255 - taxels[:, :, [1, 2, 6, 10]].astype(np.float32)) / 255
    # behind the end of a recording nothing touches
    pressure[np.arange(pressure.shape[1]) >= lengths[:, None]] = 0
    return torch.from_numpy(pressure), torch.from_numpy(labels), torch.from_numpy(repetition)


def spoken_digits(
    folder: Path, sound: Mapping[str, object], frames: int, bands: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """FSDD from ``fsdd.npz``: spikes (N, frames, 2·bands) as a model with the preprocessing ``sound`` makes
    them, labels (N,), and which take of its speaker and digit each is."""
    source = Input("input", (), (2 * bands,), encoding="spikes", low=0.0, high=1.0)
    nodes = (source, Readout("readout", (Edge("input"),), (10,)), Exit("exit", (Edge("readout"),), (10,)))
    metadata = {"preprocessing": Preprocessing.of(sound).to_dict()}
    graph = Graph(nodes, frames, metadata=metadata)
    found = [
        (prepared_inputs(samples[None], graph, None, "x")[0], digit, take)
        for samples, digit, take, _ in _spoken(folder)
    ]
    x, y, takes = (np.stack([one[field] for one in found]) for field in range(3))
    return torch.from_numpy(x), torch.from_numpy(y.astype(np.int64)), torch.from_numpy(takes)


def write_spoken_digits(folder: Path, output: Path, wanted: Callable[[int], bool]) -> None:
    """The recordings whose take is ``wanted`` as ``output``/DIGIT/NUMBER.wav."""
    for samples, digit, take, number in _spoken(folder):
        if wanted(take):
            path = output / str(digit) / f"{number:05d}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            with wave.open(str(path), "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(samples.astype("<i2").tobytes())


def _spoken(folder: Path) -> Iterator[tuple[np.ndarray, int, int, int]]:
    """Samples int16, digit, take and number of each recording."""
    with np.load(folder / "fsdd.npz") as file:
        samples, lengths, digits, takes = (file[name] for name in ("samples", "length", "digit", "index"))
    for number, (end, length) in enumerate(zip(np.cumsum(lengths), lengths)):
        yield samples[end - length : end], int(digits[number]), int(takes[number]), number
