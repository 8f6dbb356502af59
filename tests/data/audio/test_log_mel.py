"""Frames of a mel spectrum: closed forms of a sine, and a reference written without a fast transform."""

from __future__ import annotations

import math

import numpy as np
import pytest

from snnrt.data.audio import LogMel
from snnrt.errors import DataError


def test_a_sine_in_a_bin_has_its_amplitude_squared():
    # of a sine in bin 16 a Hann window leaves half the amplitude in each bin beside it
    form = LogMel(8000, 256, 128, 1, 0.0, 4000.0, 80.0)
    place = np.arange(1024)
    for amplitude in (1.0, 0.1, 0.003):
        sine = amplitude * np.sin(2 * np.pi * 16 * place / 256)
        weights = form.filters()[0, 15:18]
        energy = amplitude**2 * (weights * [0.25, 1, 0.25]).sum()
        found = form.frames(sine, 5)
        assert found.shape == (5, 1)
        assert np.allclose(found, min(1, 1 + 10 * math.log10(energy) / 80), atol=1e-9)


def reference(samples: list[float], rate: int, window: int, hop: int, bands: int, low: float, high: float,
              decibels: float, count: int) -> list[list[float]]:  # fmt: skip
    """The same by sums over samples, bins and bands."""

    def mel(hertz: float) -> float:
        return 2595 * math.log10(1 + hertz / 700)

    def hertz(mels: float) -> float:
        return 700 * (10 ** (mels / 2595) - 1)

    step = (mel(high) - mel(low)) / (bands + 1)
    corners = [hertz(mel(low) + step * k) for k in range(bands + 2)]
    hann = [math.sin(math.pi * n / window) ** 2 for n in range(window)]
    rows = []
    for frame in range(count):
        part = [samples[frame * hop + n] if frame * hop + n < len(samples) else 0.0 for n in range(window)]
        energies = [0.0] * bands
        for k in range(window // 2 + 1):
            angle = [2 * math.pi * k * n / window for n in range(window)]
            real = sum(x * w * math.cos(a) for x, w, a in zip(part, hann, angle))
            imaginary = sum(x * w * math.sin(a) for x, w, a in zip(part, hann, angle))
            power = (real**2 + imaginary**2) * 4 / sum(hann) ** 2
            f = k * rate / window
            for band in range(bands):
                left, centre, right = corners[band : band + 3]
                if left < f < right:
                    height = (f - left) / (centre - left) if f < centre else (right - f) / (right - centre)
                    energies[band] += height * power
        rows.append([min(1, max(0, 1 + 10 * math.log10(max(e, 1e-30)) / decibels)) for e in energies])
    return rows


def test_frames_are_those_of_a_reference():
    rng = np.random.default_rng(0)
    samples = 0.3 * rng.standard_normal(150)
    for window, hop, bands, low, high in ((40, 25, 5, 100.0, 3500.0), (33, 33, 4, 0.0, 4000.0)):
        found = LogMel(8000, window, hop, bands, low, high, 60.0).frames(samples, 7)
        expected = reference(samples.tolist(), 8000, window, hop, bands, low, high, 60.0, 7)
        assert np.abs(found - expected).max() < 1e-9
        assert (found[-1] == 0).all() and found[0].max() > 0.5  # silence behind the sound


def test_frames_without_a_hop_reach_from_the_begin_to_the_end():
    samples = 0.1 * np.random.default_rng(1).standard_normal(1000)
    form = LogMel(8000, 100, None, 8, 0.0, 4000.0, 80.0)
    found = form.frames(samples, 4)
    starts = [0, 300, 600, 900]
    assert np.allclose(found, [form.frames(samples[start : start + 100], 1)[0] for start in starts])
    # shorter than a window: silence follows
    short = form.frames(samples[:60], 3)
    assert np.allclose(short, form.frames(np.pad(samples[:60], (0, 40)), 1)[0])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"lowest": 4001.0, "highest": 5000.0}, r"within 0 … 4000 Hz"),
        ({"lowest": 300.0, "highest": 300.0}, "the lower first"),
        ({"window": 1}, "at least 2 samples"),
        ({"window": 1 << 26}, "do not fit into memory"),
    ],
)
def test_what_is_refused(fields, message):
    values = {"rate": 8000, "window": 256, "hop": 80, "bands": 10, "lowest": 0.0, "highest": 4000.0}
    with pytest.raises(DataError, match=message):
        LogMel(**{**values, "decibels": 80.0, **fields})


def test_too_many_frames_or_bands_too_close_are_refused():
    with pytest.raises(DataError, match="fewer timesteps"):
        LogMel(8000, 256, 80, 64, 0.0, 4000.0, 80.0).frames(np.zeros(10), 1 << 22)
    with pytest.raises(DataError, match="too close"):
        LogMel(8000, 256, 80, 4000, 100.0, 100.0 + 1e-10, 80.0).filters()
