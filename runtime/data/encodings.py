"""From intensities to spikes: filters, local normalisation, rank order, latency.

What networks of one spike a neuron read. As SpykeTorch's MNIST networks do it, with images (N, H, W) to 255:

    maps = filtered(images, filter_bank(), threshold=50)        # (N, 6, H, W)
    times = rank_order(local_normalisation(maps, radius=8), steps=15)
    x = spikes_at(times, steps=15)                              # (N, 15, 6, H, W), for Network.run

Times are timesteps from 0; what never spikes has the time ``steps``. Sums are taken in float64, in one order
for every place, and rounded to float32: equal surroundings give equal values.

Sources: SpykeTorch (Mozafari et al. 2019, ``utils.py``); the coding of Kheradpisheh et al. 2018.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from snnrt.errors import DataError

MNIST_SCALES = ((3, 3 / 9, 6 / 9), (7, 7 / 9, 14 / 9), (13, 13 / 9, 26 / 9))
"""(size, centre, surround) in pixels of the filters of SpykeTorch's MNIST networks."""

NEAR_ZERO = 1e-12
"""Added to a mean that is divided by."""


def difference_of_gaussians(size: int, centre: float, surround: float) -> np.ndarray:
    """A filter (size, size), float32: a Gaussian less another, its mean removed, over its largest value.

    ``centre`` and ``surround`` are their standard deviations in pixels; the narrower first answers to bright
    spots, the wider first to dark ones. SpykeTorch's ``DoGKernel``. Raises DataError for a ``size`` that is
    not odd and at least 3, and for deviations that are not positive or that are equal.
    """
    if size < 3 or size % 2 == 0:
        raise DataError(f"filter: size: expected an odd number of pixels from 3, found {size}")
    if not (centre > 0 and surround > 0 and centre != surround):
        found = f"{centre} and {surround}"
        raise DataError(f"filter: centre, surround: expected two positive numbers that differ, found {found}")
    y, x = np.mgrid[-(size // 2) : size // 2 + 1, -(size // 2) : size // 2 + 1]
    distance = x * x + y * y
    first, second = (np.exp(-0.5 * distance / s**2) / s**2 for s in (centre, surround))
    difference = (first - second) / (2 * np.pi)
    difference = difference - difference.mean()
    return (difference / difference.max()).astype(np.float32)


def filter_bank(scales: Sequence[tuple[int, float, float]] = MNIST_SCALES) -> np.ndarray:
    """Filters (2 · scales, S, S), float32: of each (size, centre, surround) the one for bright spots and the
    one for dark ones, with zeros around them up to the largest size S. Raises DataError as
    :func:`difference_of_gaussians`, and where there are no scales."""
    if not scales:
        raise DataError("filter bank: scales: expected at least one (size, centre, surround), found none")
    largest = max(size for size, _, _ in scales)
    pairs = ((size, pair) for size, a, b in scales for pair in ((a, b), (b, a)))
    filters = [np.pad(difference_of_gaussians(size, *pair), (largest - size) // 2) for size, pair in pairs]
    return np.stack(filters)


def filtered(images: np.ndarray, filters: np.ndarray, threshold: float | None = None) -> np.ndarray:
    """Maps (N, K, H, W), float32: each image (N, H, W) under each filter (K, S, S), S odd, zeros around it.

    Values below ``threshold`` become 0; None keeps all. As convolutions of neural networks, filters are not
    turned round. Raises DataError for arrays of other shapes or of no numbers.
    """
    images = _numbers("images", images, 3)
    filters = _numbers("filters", filters, 3)
    size = filters.shape[1]
    if size % 2 == 0 or filters.shape[2] != size:
        raise DataError(f"filters: expected (filters, size, size) of an odd size, found {filters.shape}")
    height, width = images.shape[1:]
    padded = np.pad(images, ((0, 0), (size // 2,) * 2, (size // 2,) * 2))
    maps = np.zeros((len(images), len(filters), height, width))
    for y, x in np.ndindex(size, size):
        taps = filters[:, y, x]
        for place in np.flatnonzero(taps):
            maps[:, place] += taps[place] * padded[:, y : y + height, x : x + width]
    rounded = maps.astype(np.float32)
    return rounded if threshold is None else np.where(rounded < threshold, np.float32(0), rounded)


def local_normalisation(maps: np.ndarray, radius: int) -> np.ndarray:
    """Each value of maps (…, H, W) over the mean of the window around it, float32 of the same shape.

    The window reaches ``radius`` rows and columns each way; beyond the border it holds zeros, which count
    (SpykeTorch's ``local_normalization``; ``NEAR_ZERO`` is added to the mean). Raises DataError for less
    than two axes, no numbers, a negative radius.
    """
    maps = _numbers("maps", maps, None)
    if maps.ndim < 2 or radius < 0:
        found = f"{maps.ndim} axes and {radius}"
        raise DataError(f"maps, radius: expected two or more axes and a radius from 0, found {found}")
    side = 2 * radius + 1
    total = maps
    for axis in (-2, -1):
        total = _windowed_sum(total, radius, axis)
    mean = (total / side**2).astype(np.float32) + np.float32(NEAR_ZERO)
    with np.errstate(over="ignore"):
        return (maps / mean).astype(np.float32)


def _windowed_sum(values: np.ndarray, radius: int, axis: int) -> np.ndarray:
    """Sums of so many neighbours each way along an axis, each in the same order."""
    length = values.shape[axis]
    around = [(0, 0)] * values.ndim
    around[axis] = (radius, radius)
    padded = np.pad(values, around)
    total = np.zeros_like(values)
    for first in range(2 * radius + 1):
        total += padded.take(range(first, first + length), axis)
    return total


def rank_order(values: np.ndarray, steps: int) -> np.ndarray:
    """Timesteps (N, …), int32, of values (N, …) from 0 on: the largest first, equally many at each step.

    The values of an input that are not 0 are sorted in descending order, equals as they lie, and fill the
    steps with ⌊count / steps⌋ each; the rest, as all zeros, never spikes and has the time ``steps``
    (SpykeTorch's ``Intensity2Latency``). Raises DataError for negative values, no numbers, no steps.
    """
    values = _intensities(values, steps)
    flat = values.reshape(len(values), -1)
    times = np.full(flat.shape, steps, np.int32)
    order = np.argsort(-flat, axis=1, kind="stable")
    for one, places, count in zip(times, order, np.count_nonzero(flat, axis=1) // steps):
        one[places[: count * steps]] = np.repeat(np.arange(steps, dtype=np.int32), count)
    return times.reshape(values.shape)


def latency(values: np.ndarray, steps: int, largest: float | None = None) -> np.ndarray:
    """Timesteps (N, …), int32, of values (N, …) from 0 on: the larger, the earlier.

    round((steps − 1)·(1 − value / largest)), halves to even, and ``steps`` for 0, which never spikes.
    ``largest``: the value that spikes first, as those above it do (None: the largest of each input). Raises
    DataError for negative values, no numbers, no steps, a ``largest`` that is not positive.
    """
    values = _intensities(values, steps)
    if largest is not None and not largest > 0:
        raise DataError(f"latency: largest: expected a positive number, found {largest}")
    most = values.reshape(len(values), -1).max(axis=1, initial=0) if largest is None else largest
    most = np.reshape(most, (-1,) + (1,) * (values.ndim - 1))
    share = np.minimum(values / np.where(most > 0, most, 1), 1)
    times = np.rint((steps - 1) * (1 - share)).astype(np.int32)
    return np.where(values > 0, times, np.int32(steps))


def spikes_at(times: np.ndarray, steps: int, hold: bool = False) -> np.ndarray:
    """Spikes (N, steps, …), float32, of times (N, …): 1 at that timestep, none where it is ``steps`` or more.

    ``hold``: also 1 at every later step, SpykeTorch's cumulative wave. Raises DataError for times that are no
    integers, or negative, and for no steps.
    """
    times = np.asarray(times)
    if times.dtype.kind not in "iu" or times.ndim < 1 or (times.size and times.min() < 0):
        raise DataError(f"times: expected timesteps from 0, (inputs, …), found {times.dtype} {times.shape}")
    _need_steps(steps)
    now = np.arange(steps).reshape((1, -1) + (1,) * (times.ndim - 1))
    spikes = times[:, None] <= now if hold else times[:, None] == now
    return spikes.astype(np.float32)


def _need_steps(steps: int) -> None:
    if steps < 1:
        raise DataError(f"steps: expected at least 1 timestep, found {steps}")


def _intensities(values: np.ndarray, steps: int) -> np.ndarray:
    _need_steps(steps)
    values = _numbers("values", values, None)
    if values.ndim < 1 or (values < 0).any():
        raise DataError(
            "values: expected (inputs, …) of numbers from 0, found negative ones or a single number"
        )
    return values


def _numbers(name: str, values: object, axes: int | None) -> np.ndarray:
    """float64 of real, finite numbers with so many axes."""
    array = np.asarray(values)
    if array.dtype.kind not in "biuf" or (axes is not None and array.ndim != axes):
        wanted = "numbers" if axes is None else f"numbers with {axes} axes"
        raise DataError(f"{name}: expected {wanted}, found {array.dtype} of shape {array.shape}")
    if not np.isfinite(array).all():
        raise DataError(f"{name}: expected finite numbers, found NaN or infinity")
    return array.astype(np.float64)
