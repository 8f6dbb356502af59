"""An input as a small picture that stands in the page itself: a PNG in a data address."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass

import numpy as np

LARGEST = 128
"""Pixels a side of a picture; of more, squares are averaged."""
BARS = 32
"""Rows of the picture of a vector."""

_PAPER = np.array([255, 255, 255], np.float64)
_ON, _OFF = np.array([31, 111, 235], np.float64), np.array([207, 34, 46], np.float64)
_INK = np.array([36, 41, 47], np.float64)


@dataclass(frozen=True)
class Picture:
    """``address``: of the PNG; ``width`` and ``height`` in its pixels; ``words``: how it was drawn."""

    address: str
    width: int
    height: int
    words: str


def pictures(inputs: np.ndarray, shape: tuple[int, ...]) -> list[Picture]:
    """Of inputs (n, *shape), or (n, T, *shape) over time, on one scale for all of them.

    Maps of one or three channels are drawn as grey or colour, two channels as two polarities, others as
    their mean; over time events are summed. Vectors are drawn as bars, over time as lines of time.
    """
    if not len(inputs):
        return []
    wide = inputs.astype(np.float64)
    over_time = wide.ndim == len(shape) + 2
    if len(shape) == 3:
        maps = wide.sum(axis=1) if over_time else wide
        drawn, words = _maps(maps)
        words += ", summed over time" if over_time else ""
    elif over_time:
        drawn = _ink(_scaled(np.swapaxes(wide.reshape(*wide.shape[:2], -1), 1, 2)))
        drawn, words = _squarer(drawn), "with elements from top to bottom and time from left to right"
    else:
        drawn = _squarer(_bars(wide.reshape(len(wide), -1)))
        words = "as bars, a bar an element from left to right"
    small = [_shrunk(one) for one in drawn]
    return [Picture(png_address(one), one.shape[1], one.shape[0], words) for one in small]


def _maps(maps: np.ndarray) -> tuple[np.ndarray, str]:
    """(n, height, width, 3) of (n, channels, height, width), 0 … 255."""
    channels = maps.shape[1]
    if channels == 2:
        peak = np.abs(maps).max() or 1.0
        on, off = (np.clip(maps[:, one, :, :, None] / peak, 0, 1) ** 0.5 for one in (1, 0))
        return np.clip(_PAPER - on * (_PAPER - _ON) - off * (_PAPER - _OFF), 0, 255), "two polarities"
    if channels == 3:
        lows = maps.min(axis=(0, 2, 3), keepdims=True)
        highs = maps.max(axis=(0, 2, 3), keepdims=True)
        span = np.where(highs > lows, highs - lows, 1.0)
        return np.moveaxis((maps - lows) / span, 1, -1) * 255, "in colour"
    grey = maps.mean(axis=1) if channels > 1 else maps[:, 0]
    words = "in grey" if channels == 1 else f"the mean of {channels} channels"
    return np.repeat(_scaled(grey)[..., None] * 255, 3, axis=-1), words


def _scaled(values: np.ndarray) -> np.ndarray:
    """From 0 to 1 over all inputs."""
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def _ink(shares: np.ndarray) -> np.ndarray:
    return _PAPER - shares[..., None] * (_PAPER - _INK)


def _bars(values: np.ndarray) -> np.ndarray:
    """(n, BARS, width, 3): a bar an element, upwards from 0, or from the least where that is below."""
    shares = _scaled(np.concatenate([values, np.zeros((len(values), 1))], axis=1))
    shares, zero = shares[:, :-1], shares[:, -1:, None]
    rows = (BARS - np.arange(BARS) - 0.5)[None, :, None] / BARS
    bars = shares[:, None, :]
    filled = (rows <= np.maximum(bars, zero)) & (rows > np.minimum(bars, zero))
    return _ink(filled.astype(np.float64))


def _squarer(drawn: np.ndarray) -> np.ndarray:
    """Pixels repeated, so that no side is much longer than the other."""
    height, width = drawn.shape[1:3]
    for axis, ratio in ((1, width / height), (2, height / width)):
        drawn = np.repeat(drawn, max(1, round(ratio / 1.5)), axis=axis)
    return drawn


def _shrunk(picture: np.ndarray) -> np.ndarray:
    """At most LARGEST pixels a side, uint8."""
    factors = [-(-side // LARGEST) for side in picture.shape[:2]]
    if max(factors) > 1:
        pad = [(0, -side % factor) for side, factor in zip(picture.shape[:2], factors)]
        padded = np.pad(picture, [*pad, (0, 0)], mode="edge")
        rows, columns = padded.shape[0] // factors[0], padded.shape[1] // factors[1]
        picture = padded.reshape(rows, factors[0], columns, factors[1], 3).mean(axis=(1, 3))
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def png_address(picture: np.ndarray) -> str:
    """``data:image/png;base64,…`` of (height, width, 3) uint8; grey where all channels are alike."""
    grey = bool((picture == picture[..., :1]).all())
    rows = picture[..., 0] if grey else picture.reshape(len(picture), -1)
    raw = b"".join(b"\0" + row.tobytes() for row in np.ascontiguousarray(rows))
    head = struct.pack(">IIBBBBB", picture.shape[1], picture.shape[0], 8, 0 if grey else 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")
