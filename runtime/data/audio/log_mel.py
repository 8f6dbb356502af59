"""From sound to frames of a spectrum as ears divide it, in decibels below full scale.

A frame of ``window`` samples under a periodic Hann window w, its power |X[k]|² · (2 / Σ w)², so that a sine
of amplitude A has A² in its bin; ``bands`` triangles whose corners lie equally far apart in mel,
m(f) = 2595 · log₁₀(1 + f / 700), straight in Hz between them, of height 1; and
1 + 10·log₁₀(energy) / ``decibels``, limited to 0 … 1: 1 is full scale, 0 so many decibels below.

Sources: S. Young et al., "The HTK Book" (2006), 5.4, for the mel scale and the triangles' corners;
torchaudio's ``MelSpectrogram(center=False, mel_scale="htk", norm=None)``, whose triangles and windows these
are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snnrt.errors import DataError

_LEAST_ENERGY = 1e-30
_AT_ONCE = 1 << 12
MOST_VALUES = 1 << 26


@dataclass(frozen=True)
class LogMel:
    """How frames are made. ``rate``: samples a second; ``window``: samples a frame; ``hop``: samples from the
    begin of a frame to that of the next, None: as the number of frames asked for needs; ``lowest`` and
    ``highest``: where the triangles begin and end, Hz; ``decibels`` below full scale that become 0."""

    rate: int
    window: int
    hop: int | None
    bands: int
    lowest: float
    highest: float
    decibels: float

    def __post_init__(self) -> None:
        if not 0 <= self.lowest < self.highest <= self.rate / 2:
            raise DataError(
                f"preprocessing: frequencies: expected two within 0 … {self.rate / 2:g} Hz, half the sample "
                f"rate, the lower first, found {self.lowest:g} and {self.highest:g}"
            )
        if self.window < 2 or self.bands < 1:
            raise DataError(
                f"preprocessing: window: expected at least 2 samples and 1 band, found {self.window} samples "
                f"and {self.bands} bands; the window is in microseconds"
            )
        if self.window * self.bands > MOST_VALUES:
            raise DataError("preprocessing: window: its filters do not fit into memory; make it shorter")

    def filters(self) -> np.ndarray:
        """Triangles (bands, window // 2 + 1), float64."""
        low, high = (2595 * math.log10(1 + end / 700) for end in (self.lowest, self.highest))
        corners = 700 * (10 ** (np.linspace(low, high, self.bands + 2) / 2595) - 1)
        bins = np.arange(self.window // 2 + 1) * (self.rate / self.window)
        if not (np.diff(corners) > 0).all():
            raise DataError("preprocessing: frequencies: too close for so many bands; set them further apart")
        left, centre, right = (corners[first : first + self.bands, None] for first in range(3))
        return np.maximum(0, np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)))

    def frames(self, samples: np.ndarray, count: int) -> np.ndarray:
        """Values (``count``, bands), float64 in 0 … 1, of ``samples`` (N,) in −1 … 1.

        With a ``hop`` frame k begins at sample k · hop, silence follows the sound, and what is behind the
        last frame is left out; without, ⌊k · (N − window) / (count − 1)⌋, from the begin to the end.
        """
        if count * max(self.bands, 1) > MOST_VALUES:
            raise DataError("preprocessing: its frames do not fit into memory; convert with fewer timesteps")
        length = len(samples)
        if self.hop is None:
            starts = np.arange(count) * max(length - self.window, 0) // max(count - 1, 1)
        else:
            starts = np.arange(count) * self.hop
        needed = int(starts[-1]) + self.window
        # only frames within the sound need it: a long hop takes no memory
        heard = int(np.searchsorted(starts, length))
        padded = np.zeros(min(needed, int(starts[max(heard, 1) - 1]) + self.window))
        padded[: min(length, len(padded))] = samples[: len(padded)]
        place = np.arange(self.window)
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * place / self.window)
        filters = self.filters().T
        found = np.zeros((count, self.bands))
        part = max(1, _AT_ONCE * 64 // self.window)
        for first in range(0, heard, part):
            some = padded[starts[first : min(first + part, heard), None] + place]
            power = np.abs(np.fft.rfft(some * hann, axis=1) * (2 / hann.sum())) ** 2
            energy = np.maximum(power @ filters, _LEAST_ENERGY)
            found[first : first + len(some)] = 1 + 10 * np.log10(energy) / self.decibels
        return np.clip(found, 0, 1)
