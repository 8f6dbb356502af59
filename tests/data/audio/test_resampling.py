"""Sound at another rate is the same: a sine stays a sine, and what the lower rate cannot hold is gone."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.data.audio.resampling import at_rate
from snnrt.data.audio.wav import Sound
from snnrt.errors import DataError


def sine(hertz: float, rate: int, seconds: float = 0.25) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate).astype(np.float32)


@pytest.mark.parametrize(("given", "rate"), [(44100, 8000), (16000, 8000), (8000, 16000), (48000, 44100)])
def test_a_sine_stays_one(given, rate):
    found = at_rate(Sound(sine(700, given), given, "a"), rate)
    expected = sine(700, rate)
    assert abs(len(found) - len(expected)) <= 1
    inner = slice(len(expected) // 8, -len(expected) // 8)
    assert np.abs(found[: len(expected)] - expected)[inner].max() < 2e-3


def test_what_the_lower_rate_cannot_hold_is_gone():
    found = at_rate(Sound(sine(6000, 44100), 44100, "a"), 8000)
    assert np.abs(found[200:-200]).max() < 2e-2


def test_the_same_rate_changes_nothing():
    sound = Sound(sine(700, 8000), 8000, "a")
    assert at_rate(sound, 8000) is sound.samples


def test_rates_that_lie_too_far_apart():
    with pytest.raises(DataError, match="near the model's 8000 Hz, found 4000000 Hz"):
        at_rate(Sound(np.zeros(10, np.float32), 4_000_000, "a"), 8000)
