"""Raw sensor values → an integer model's input, in the integers that firmware computes.

q = ⌊(m·v + b) / 2¹⁶⌋ for uint8, ⌊(⌊m·v / 2¹⁶⌋ + b) / 2¹⁵⌋ for int16 (Q15), clipped to ± peak: with slope a
and intercept c of q over v, m = round(a·2¹⁶) (int16: a·2³¹), b = round((c + ½)·2¹⁶) (2¹⁵), all in 32 bits.
csrc/encoding.c computes the same; the ½ makes a floor a rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnrt.errors import DataError
from snnrt.ir.graph import Input


@dataclass(frozen=True, eq=False)
class IntegerEncoding:
    """``multiplier`` and ``offset`` (C,) int32, one a channel, and the input's ``peak``; of uint8 or
    int16."""

    multiplier: np.ndarray
    offset: np.ndarray
    peak: int
    dtype: np.dtype

    @property
    def needs_clipping(self) -> bool:
        """Whether a value can be beyond the peak: q is monotone, so the ends tell."""
        ends = np.iinfo(self.dtype)
        found = self._units(np.array([ends.min, ends.max]), self.multiplier[:, None], self.offset[:, None])
        return bool((np.abs(found) > self.peak).any())

    def apply(self, values: np.ndarray) -> np.ndarray:
        """int16 of values (N, C, …) of the dtype."""
        shape = (-1,) + (1,) * (values.ndim - 2)
        found = self._units(values, self.multiplier.reshape(shape), self.offset.reshape(shape))
        return np.clip(found, -self.peak, self.peak).astype(np.int16)

    def _units(self, values: np.ndarray, multiplier: np.ndarray, offset: np.ndarray) -> np.ndarray:
        products = values.astype(np.int64) * multiplier
        if self.dtype == np.uint8:
            return (products + offset) >> 16
        return ((products >> 16) + offset) >> 15


def integer_encoding(
    dtype: np.dtype, scale: float, mean: Sequence[float], std: Sequence[float], source: Input
) -> IntegerEncoding:
    """For values of ``dtype`` (uint8 or int16), worth ``scale`` each, normalised by ``mean`` and ``std``.

    Raises DataError where 32 bits do not hold what is computed.
    """
    unit = np.asarray(std, np.float64) * float(np.float32(source.scale))
    slope, intercept = scale / unit, -np.asarray(mean, np.float64) / unit
    bits, before = (16, 0) if dtype == np.uint8 else (15, 16)
    multiplier = np.rint(slope * 2.0 ** (bits + before))
    offset = np.rint((intercept + 0.5) * 2.0**bits)
    ends = np.iinfo(dtype)
    for end in (ends.min, ends.max):
        reached = np.abs(multiplier * end / 2.0**before) + np.abs(offset)
        if not (np.maximum(reached, np.maximum(np.abs(multiplier), np.abs(offset))) < 2**31 - 1).all():
            raise DataError(
                f"preprocessing: {dtype.name} values become up to "
                f"{float(reached.max()) / 2**bits:.3g} units of the "
                "input, more than 32 bits hold; use a larger std or scale"
            )
    return IntegerEncoding(multiplier.astype(np.int32), offset.astype(np.int32), int(source.peak), dtype)
