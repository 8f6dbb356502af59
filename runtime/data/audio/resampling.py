"""Sound at another sample rate: a sinc under a Hann window, below half of both rates.

Source: J. O. Smith, "Digital Audio Resampling" (CCRMA, 2002), bandlimited interpolation.
"""

from __future__ import annotations

import math

import numpy as np

from snnrt.data.audio.wav import MOST_SAMPLES, Sound
from snnrt.errors import DataError

_CROSSINGS = 16
"""Zeros of the sinc on either side."""
_MOST_RATIO = 64
_AT_ONCE = 1 << 18


def at_rate(sound: Sound, rate: int) -> np.ndarray:
    """Samples (N · ``rate`` / the sound's,) float32. Raises DataError for rates that lie too far apart."""
    if sound.rate == rate:
        return sound.samples
    ratio = rate / sound.rate
    if not 1 / _MOST_RATIO <= ratio <= _MOST_RATIO:
        raise DataError(
            f"{sound.name}: expected a sample rate near the model's {rate} Hz, found {sound.rate} Hz; check "
            "sample_rate of the model's preprocessing"
        )
    count = math.ceil(len(sound) * rate / sound.rate)
    if count > MOST_SAMPLES:
        raise DataError(
            f"{sound.name}: expected at most {MOST_SAMPLES} samples at {rate} Hz; cut the recording"
        )
    cut = min(1.0, ratio)
    reach = math.ceil(_CROSSINGS / cut)
    padded = np.pad(sound.samples.astype(np.float64), (reach, reach + 1))
    taps = np.arange(-reach, reach + 1)
    out = np.zeros(count, np.float32)
    part = max(1, _AT_ONCE // len(taps))
    for first in range(0, count, part):
        # whole numbers: the place of a sample is the same however long the sound is
        places = np.arange(first, min(first + part, count)) * sound.rate
        begin = places // rate
        away = taps - (places % rate / rate)[:, None]
        weights = (
            cut
            * np.sinc(cut * away)
            * np.where(
                np.abs(cut * away) < _CROSSINGS, 0.5 + 0.5 * np.cos(np.pi * cut * away / _CROSSINGS), 0
            )
        )
        out[first : first + len(places)] = (padded[begin[:, None] + (taps + reach)] * weights).sum(1)
    return out
