"""Reads the data sets of these scripts from a folder, as tensors; nothing is downloaded."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import torch

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
