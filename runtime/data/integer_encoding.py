"""Raw sensor values → an integer model's input, in the integers that firmware computes.

With slope a and intercept c of q over v: of uint8 q = ⌊(m·v + b) / 2¹⁶⌋ clipped to ± peak, m = round(a·2¹⁶)
and b = round((c + ½)·2¹⁶); of int16 (Q15) q = ⌊(⌊m·w / 2¹⁶⌋ + b) / 2¹⁶⌋ of
w = clip(v, low, high) − low − 2¹⁵, m = round(a·2³²), b as before for w = 0, where low and high are the first
and the last v that do not leave ± peak. All in 32 bits; csrc/encoding.c computes the same. The ½ makes a
floor a rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnrt.errors import DataError
from snnrt.ir.graph import Input

_BYTE = np.dtype(np.uint8)
_LEAST, _MOST = -32768, 32767


@dataclass(frozen=True, eq=False)
class IntegerEncoding:
    """``multiplier``, ``offset``, ``low`` and ``high`` (C,) int32, one a channel, and the input's ``peak``;
    of uint8 or int16."""

    multiplier: np.ndarray
    offset: np.ndarray
    low: np.ndarray
    high: np.ndarray
    peak: int
    dtype: np.dtype

    @property
    def needs_clipping(self) -> bool:
        """Whether a value can be beyond the peak: q is monotone, so the ends tell."""
        if self.dtype != _BYTE:
            return bool((self.low > _LEAST).any() or (self.high < _MOST).any())
        found = _of_bytes(np.array([0, 255]), self.multiplier[:, None], self.offset[:, None])
        return bool((np.abs(found) > self.peak).any())

    def apply(self, values: np.ndarray) -> np.ndarray:
        """int16 of values (N, C, …) of the dtype."""
        shape = (-1,) + (1,) * (values.ndim - 2)
        multiplier, offset, low, high = (
            one.reshape(shape) for one in (self.multiplier, self.offset, self.low, self.high)
        )
        if self.dtype == _BYTE:
            found = _of_bytes(values, multiplier, offset)
            return np.clip(found, -self.peak, self.peak).astype(np.int16)
        within = np.clip(values.astype(np.int64), low, high) - low + _LEAST
        return _of_q15(within, multiplier, offset).astype(np.int16)

    def tables(self) -> np.ndarray:
        """int16 (C, 256) of bytes: what each becomes."""
        every = np.tile(np.arange(256, dtype=np.uint8)[:, None], (1, len(self.multiplier)))
        return self.apply(every).T


def _of_bytes(values: np.ndarray, multiplier: np.ndarray, offset: np.ndarray) -> np.ndarray:
    return (values.astype(np.int64) * multiplier + offset) >> 16


def _of_q15(within: np.ndarray, multiplier: np.ndarray, offset: np.ndarray) -> np.ndarray:
    return ((within.astype(np.int64) * multiplier >> 16) + offset) >> 16


def integer_encoding(
    dtype: np.dtype, scale: float, mean: Sequence[float], std: Sequence[float], source: Input
) -> IntegerEncoding:
    """For values of ``dtype`` (uint8 or int16), worth ``scale`` each, normalised by ``mean`` and ``std``.

    Raises DataError where 32 bits do not hold what is computed, and where no value is within the input's
    range.
    """
    unit = np.asarray(std, np.float64) * float(np.float32(source.scale))
    slope, intercept = scale / unit, -np.asarray(mean, np.float64) / unit
    before, peak = (0 if dtype == _BYTE else 16), int(source.peak)
    multiplier = np.rint(slope * 2.0 ** (16 + before))
    offset = np.rint((intercept + 0.5) * 2.0**16)
    ends = np.iinfo(dtype)
    for end in (ends.min, ends.max):
        reached = np.abs(multiplier * end / 2.0**before) + np.abs(offset)
        if not (np.maximum(reached, np.maximum(np.abs(multiplier), np.abs(offset))) < 2**31 - 1).all():
            raise DataError(
                f"preprocessing: {dtype.name} values become up to {float(reached.max()) / 2**16:.3g} units "
                "of the input, more than 32 bits hold; use a larger std or scale"
            )
    low, high = np.full(len(slope), ends.min), np.full(len(slope), ends.max)
    if dtype != _BYTE:
        for channel in range(len(slope)):
            low[channel], high[channel], offset[channel] = _limits(
                int(multiplier[channel]), float(slope[channel]), float(intercept[channel]), peak
            )
    multiplier, offset, low, high = (one.astype(np.int32) for one in (multiplier, offset, low, high))
    return IntegerEncoding(multiplier, offset, low, high, peak, dtype)


def _limits(multiplier: int, slope: float, intercept: float, peak: int) -> tuple[int, int, int]:
    """Lowest and highest 16-bit value within ± ``peak``, and the offset."""
    raw = np.arange(_LEAST, _MOST + 1)
    inside = raw[np.abs(np.floor(slope * raw + intercept + 0.5)) <= peak]
    while len(inside):
        low, high = int(inside[0]), int(inside[-1])
        offset = round((intercept + slope * (low - _LEAST) + 0.5) * 2.0**16)
        reached = _of_q15(inside[[0, -1]] - low + _LEAST, np.int64(multiplier), np.int64(offset))
        outside = np.abs(reached) > peak
        if not outside.any():
            return low, high, offset
        # rounded multipliers may pass an end by one
        inside = inside[int(outside[0]) : len(inside) - int(outside[1])]
    raise DataError(
        f"preprocessing: no 16-bit value is within the input's range of {peak} units; check mean, std "
        "and scale"
    )
