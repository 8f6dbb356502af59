"""Encodings: SpykeTorch's input to the last spike time, and each step against its formula."""

from __future__ import annotations

import math

import numpy as np
import pytest
from one_spike_network import GOLDEN_STEPS, golden
from spyketorch_form import NEVER

from snnrt.data.encodings import (
    MNIST_SCALES,
    NEAR_ZERO,
    difference_of_gaussians,
    filter_bank,
    filtered,
    latency,
    local_normalisation,
    rank_order,
    spikes_at,
)
from snnrt.errors import DataError


def test_golden_filters_and_spike_times() -> None:
    arrays = golden()
    bank = filter_bank()
    for place, name in ((0, "dog"), (2, "dog7"), (4, "dog13")):
        expected = arrays[name].reshape(-1, *arrays[name].shape[-2:])
        around = (13 - expected.shape[-1]) // 2
        found = bank[place : place + len(expected), around : 13 - around, around : 13 - around]
        np.testing.assert_array_equal(found, expected)
    maps = filtered(arrays["images"], bank, threshold=50)
    times = rank_order(local_normalisation(maps, radius=8), GOLDEN_STEPS)
    np.testing.assert_array_equal(np.where(times == GOLDEN_STEPS, NEVER, times), arrays["input"])


@pytest.mark.parametrize(("size", "centre", "surround"), [(3, 0.4, 0.9), (5, 1.5, 0.7), (7, 7 / 9, 14 / 9)])
def test_a_difference_of_gaussians(size: int, centre: float, surround: float) -> None:
    def gaussian(y: int, x: int, deviation: float) -> float:
        return math.exp(-(y * y + x * x) / (2 * deviation**2)) / (2 * math.pi * deviation**2)

    middle = size // 2
    places = range(-middle, middle + 1)
    values = [[gaussian(y, x, centre) - gaussian(y, x, surround) for x in places] for y in places]
    mean = math.fsum(map(math.fsum, values)) / size**2
    largest = max(max(row) for row in values) - mean
    found = difference_of_gaussians(size, centre, surround)
    assert found.dtype == np.float32 and found.max() == 1
    for y in range(size):
        for x in range(size):
            assert found[y, x] == pytest.approx((values[y][x] - mean) / largest, abs=1e-6)


def test_a_bank_has_both_signs_and_zeros_around() -> None:
    bank = filter_bank(((3, 0.5, 1.0), (5, 0.7, 1.4)))
    assert bank.shape == (4, 5, 5)
    assert not bank[:2, 0].any() and not bank[:2, :, 4].any()
    assert bank[0, 2, 2] == 1 and bank[1, 2, 2] < 0
    np.testing.assert_array_equal(bank[3], difference_of_gaussians(5, 1.4, 0.7))
    assert len(MNIST_SCALES) == 3


def test_filtering_by_hand() -> None:
    rng = np.random.default_rng(1)
    images = rng.integers(0, 256, (2, 4, 5), np.uint8)
    filters = rng.integers(-3, 4, (3, 3, 3)).astype(np.float32)
    found = filtered(images, filters)
    kept = filtered(images, filters, threshold=30)
    for n, k, y, x in np.ndindex(2, 3, 4, 5):
        total = 0
        for ky, kx in np.ndindex(3, 3):
            py, px = y + ky - 1, x + kx - 1
            if 0 <= py < 4 and 0 <= px < 5:
                total += int(filters[k, ky, kx]) * int(images[n, py, px])
        assert found[n, k, y, x] == total
        assert kept[n, k, y, x] == (total if total >= 30 else 0)
    assert found.dtype == np.float32 and 0 < np.count_nonzero(kept) < kept.size
    same = np.zeros((1, 3, 3))
    same[0, 1, 1] = 1
    assert filtered([[[29, 30, 31]]], same, threshold=30).tolist() == [[[[0, 30, 31]]]]


def test_equal_surroundings_give_equal_values() -> None:
    rng = np.random.default_rng(2)
    images = np.zeros((1, 40, 60), np.uint8)
    patch = rng.integers(0, 256, (9, 9))
    for y, x in ((3, 4), (25, 30), (26, 47)):
        images[0, y : y + 9, x : x + 9] = patch
    maps = local_normalisation(filtered(images, filter_bank(((3, 0.4, 0.7), (5, 1.0, 2.0)))), 2)
    expected = maps[:, :, 3:12, 4:13]
    np.testing.assert_array_equal(maps[:, :, 25:34, 30:39], expected)
    np.testing.assert_array_equal(maps[:, :, 26:35, 47:56], expected)


@pytest.mark.parametrize("radius", [0, 1, 3])
def test_local_normalisation_by_hand(radius: int) -> None:
    maps = np.random.default_rng(3).integers(0, 9, (2, 4, 5))
    found = local_normalisation(maps, radius)
    assert found.shape == maps.shape and found.dtype == np.float32
    for n, y, x in np.ndindex(maps.shape):
        window = maps[n, max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
        mean = int(window.sum()) / (2 * radius + 1) ** 2 + NEAR_ZERO
        assert found[n, y, x] == pytest.approx(maps[n, y, x] / mean, rel=1e-6)


def test_rank_order_by_hand() -> None:
    # seven that are not zero: two a step, the least is left over; equals as they lie
    values = np.array([[[3, 0, 9], [3, 1, 3], [2, 0, 5]], [[0, 0, 0], [0, 4, 0], [0, 0, 0]]])
    times = rank_order(values, 3)
    assert times.tolist() == [[[1, 3, 0], [1, 3, 2], [2, 3, 0]], [[3, 3, 3]] * 3]
    assert times.dtype == np.int32
    assert rank_order(values, 1)[1].tolist() == [[1, 1, 1], [1, 0, 1], [1, 1, 1]]


def test_equals_of_a_rank_are_taken_as_they_lie() -> None:
    values = np.random.default_rng(4).integers(0, 4, (2, 20, 20))
    for one, times in zip(values.reshape(2, -1), rank_order(values, 15).reshape(2, -1)):
        ranked = sorted(np.flatnonzero(one).tolist(), key=lambda place: (-one[place], place))
        count = len(ranked) // 15
        for step in range(15):
            assert np.flatnonzero(times == step).tolist() == sorted(ranked[count * step : count * (step + 1)])


def test_latency_by_hand() -> None:
    values = np.array([[0.0, 1.0, 0.5, 0.25, 1e-9], [0.0, 2.0, 1.0, 0.0, 0.0], [0.0] * 5])
    assert latency(values, 5).tolist() == [[5, 0, 2, 3, 4], [5, 0, 2, 5, 5], [5] * 5]
    assert latency(values, 5, largest=1.0).tolist() == [[5, 0, 2, 3, 4], [5, 0, 0, 5, 5], [5] * 5]
    assert latency(values[0], 1).tolist() == [1, 0, 0, 0, 0]


def test_spikes_of_times() -> None:
    times = np.array([[0, 2, 3], [1, 9, 2]])
    events = spikes_at(times, 3)
    assert events.dtype == np.float32 and events.shape == (2, 3, 3)
    assert events[0].tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    assert events[1].tolist() == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]
    np.testing.assert_array_equal(spikes_at(times, 3, hold=True), events.cumsum(axis=1))


IMAGES = np.zeros((1, 5, 5))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: difference_of_gaussians(4, 1, 2), "size: expected an odd number of pixels from 3, found 4"),
        (lambda: difference_of_gaussians(1, 1, 2), "found 1"),
        (lambda: difference_of_gaussians(3, 1, 1), "two positive numbers that differ, found 1 and 1"),
        (lambda: difference_of_gaussians(3, -1, 1), "found -1 and 1"),
        (lambda: filter_bank(()), "expected at least one"),
        (lambda: filtered(IMAGES[0], filter_bank()), r"images: expected numbers with 3 axes, .*\(5, 5\)"),
        (lambda: filtered(IMAGES, np.ones((1, 2, 2))), r"odd size, found \(1, 2, 2\)"),
        (lambda: filtered(IMAGES, np.ones((1, 3, 5))), r"odd size, found \(1, 3, 5\)"),
        (lambda: filtered(IMAGES * np.nan, filter_bank()), "images: expected finite numbers"),
        (lambda: filtered(np.full((1, 3, 3), "a"), filter_bank()), "images: expected numbers"),
        (lambda: local_normalisation(IMAGES, -1), "radius from 0, found 3 axes and -1"),
        (lambda: local_normalisation(np.ones(3), 1), "two or more axes"),
        (lambda: rank_order(-np.ones((1, 3)), 2), "from 0, found negative"),
        (lambda: rank_order(IMAGES, 0), "steps: expected at least 1 timestep, found 0"),
        (lambda: latency(IMAGES, 3, largest=0), "largest: expected a positive number, found 0"),
        (lambda: latency(np.ones(()), 3), "single number"),
        (lambda: spikes_at(np.ones((1, 3)), 3), "times: expected timesteps from 0.*float64"),
        (lambda: spikes_at(np.array([[-1]]), 3), "times: expected timesteps from 0"),
        (lambda: spikes_at(np.array([[1]]), 0), "found 0"),
    ],
)
def test_what_cannot_be_encoded_is_refused(call, words: str) -> None:
    with pytest.raises(DataError, match=words):
        call()
