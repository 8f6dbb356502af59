"""Values as spikes: what a device does in integers, by the letter of its rule."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.data import encodings
from snnrt.data.spike_encoding import (
    by_change,
    by_latency,
    by_rate,
    chances,
    change_threshold,
    draws,
    first_state,
    latency_bounds,
)
from snnrt.errors import DataError

BYTE, Q15 = np.dtype(np.uint8), np.dtype(np.int16)


def fmix32(z: int) -> int:
    z = (z ^ (z >> 16)) * 0x85EBCA6B & 0xFFFFFFFF
    z = (z ^ (z >> 13)) * 0xC2B2AE35 & 0xFFFFFFFF
    return z ^ (z >> 16)


def test_draws_are_halves_of_a_mixed_counter():
    # published: fmix32 of 1 and of 0
    assert first_state(0) == 0 and first_state(1) == 0x514E28B7
    found = draws(7, 3, 5)
    for step in range(3):
        for element in range(5):
            word = fmix32(((step * 3 + element // 2) * 0x9E3779B9 + fmix32(7)) % 2**32)
            assert found[step, element] == (word >> 16 * (element % 2)) & 0x7FFF
    many = draws(1, 64, 1024)
    # a chi-square of 64 classes, and of neighbours in time whether both are in the lower half
    counts = np.bincount(many.ravel() >> 9, minlength=64)
    assert ((counts - 1024) ** 2 / 1024).sum() < 63 + 5 * np.sqrt(126)
    both = ((many[1:] < 2**14) & (many[:-1] < 2**14)).mean()
    assert abs(both - 0.25) < 5 * np.sqrt(0.25 * 0.75 / many[1:].size)


def test_rate_has_the_probability_of_the_value():
    values = np.array([[0, 1, 64, 254, 255]], np.uint8)
    spikes = by_rate(values, 1 / 255, 4000, 3)
    rate = values[0] / 255
    assert np.abs(spikes[0].mean(0) - rate).max() < 5 * np.sqrt(0.25 / 4000)
    assert not spikes[0, :, 0].any() and spikes[0, :, 4].all()
    # floats and 16-bit values have the same draws; of maps the channel is last
    assert np.array_equal(by_rate(values / 255, None, 4000, 3), spikes)
    q15 = np.array([[-5, 0, 8192, 32767]], np.int16)
    assert chances(q15, 1 / 32768).tolist() == [[0, 0, 8192, 32767]]
    maps = np.random.default_rng(0).random((1, 3, 2, 2))
    flat = by_rate(np.moveaxis(maps, 1, -1).reshape(1, 12), None, 5, 9)
    assert np.array_equal(np.moveaxis(by_rate(maps, None, 5, 9), 2, -1).reshape(1, 5, 12), flat)


def test_integers_worth_more_than_one_have_no_probability():
    with pytest.raises(DataError, match="worth at most 1 each"):
        by_rate(np.ones((1, 2), np.uint8), 2.0, 3, 0)
    assert chances(np.array([[0, 1, 7]], np.uint8), 1.0).tolist()[0][:2] == [0, 1 << 15]


@pytest.mark.parametrize(("dtype", "scale"), [(BYTE, 1 / 255), (Q15, 1 / 32768), (BYTE, 1 / 16), (Q15, 0.01)])
def test_bounds_of_latency_are_its_times(dtype, scale):
    ends = np.iinfo(dtype)
    raw = np.arange(ends.min, ends.max + 1)
    spikes = by_latency((raw * scale)[None], 9)[0]
    bounds = latency_bounds(dtype, scale, 9)
    assert np.array_equal(spikes, (raw >= bounds[:, :1]) & (raw <= bounds[:, 1:]))
    assert spikes.sum() == (raw > 0).sum()
    times = encodings.latency(np.clip(raw * scale, 0, 1)[None], 9, 1.0)[0]
    assert np.array_equal(np.where(spikes.any(0), spikes.argmax(0), 9), times)


def test_steps_of_a_short_latency_without_a_value():
    # 40 steps of three values: most steps have none
    bounds = latency_bounds(BYTE, 0.5, 40)
    assert (bounds[:, 1] < bounds[:, 0]).sum() == 38 and bounds[0].tolist() == [2, 255]


def test_thresholds_of_integers():
    assert change_threshold(0.1, 1 / 255) == 26 and change_threshold(0.2, 1 / 255) == 51
    assert change_threshold(1e-9, 1 / 255) == 1 and change_threshold(0.1, None) == 0.1
    assert change_threshold(0.25, 1 / 32768) == 8192


@pytest.mark.parametrize("polarity", ["rising", "signed", "both"])
@pytest.mark.parametrize("moves_always", [True, False])
def test_changes_against_a_walk(moves_always, polarity):
    values = np.random.default_rng(2).integers(0, 256, (3, 20, 4), np.uint8)
    found = by_change(values, 60, moves_always, polarity)
    assert found.shape == (3, 20, 8 if polarity == "both" else 4)
    for n, c in np.ndindex(3, 4):
        last = int(values[n, 0, c])
        for t in range(20):
            change = int(values[n, t, c]) - last
            up, down = change >= 60, change <= -60
            if polarity == "both":
                assert found[n, t, [c, 4 + c]].tolist() == [up, down]
            else:
                assert found[n, t, c] == up - (down and polarity == "signed")
            if moves_always or up or down:
                last = int(values[n, t, c])
