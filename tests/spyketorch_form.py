"""Networks of one spike a neuron as SpykeTorch computes them: all timesteps at once, from first-spike times.

Plain and slow, from its published definitions. Times are (C, H, W), NEVER where there is none; potentials are
(T, C, H, W), cumulative.
"""

from __future__ import annotations

import numpy as np

NEVER = 255
Place = tuple[int, int, int]


def potentials(times: np.ndarray, weights: np.ndarray, padding: int, steps: int) -> np.ndarray:
    """Convolution of the wave in which each spike stays 1, in float64."""
    outputs, _, height, width = weights.shape
    padded = np.pad(times, ((0, 0), (padding,) * 2, (padding,) * 2), constant_values=NEVER)
    shape = (padded.shape[1] - height + 1, padded.shape[2] - width + 1)
    result = np.zeros((steps, outputs, *shape))
    for step, y, x in np.ndindex(steps, *shape):
        wave = padded[:, y : y + height, x : x + width] <= step
        result[step, :, y, x] = weights.astype(np.float64)[:, wave].sum(axis=1)
    return result


def first_spikes(potential: np.ndarray, threshold: float) -> np.ndarray:
    """The first step above the threshold."""
    spikes = potential > threshold
    return np.where(spikes.any(axis=0), spikes.argmax(axis=0), NEVER)


def pointwise_inhibition(potential: np.ndarray, threshold: float) -> np.ndarray:
    """First-spike times where at each position the only map is the one whose thresholded potential is the
    largest in the first step that has one, the lowest of equals."""
    thresholded = np.where(potential > threshold, potential, 0)
    result = np.full(potential.shape[1:], NEVER)
    for y, x in np.ndindex(potential.shape[2:]):
        steps = np.flatnonzero(thresholded[:, :, y, x].any(axis=1))
        if steps.size:
            winner = thresholded[steps[0], :, y, x].argmax()
            result[winner, y, x] = steps[0]
    return result


def get_k_winners(times: np.ndarray, potential: np.ndarray, k: int, radius: int) -> list[Place]:
    """Each neuron is worth its potential at its first spike, and more than any potential for every step from
    then on; k times the largest, without its map and its window."""
    steps = len(potential)
    first = np.minimum(times, steps - 1).astype(np.int64)
    values = np.take_along_axis(potential, first[None], 0)[0]
    total = np.where(times < steps, values + (steps - times.astype(np.float64)) * (potential.max() + 1), 0)
    winners = []
    for _ in range(k):
        c, y, x = (int(i) for i in np.unravel_index(total.argmax(), total.shape))
        if total[c, y, x] == 0:
            break
        winners.append((c, y, x))
        total[c] = 0
        if radius:
            total[:, max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1] = 0
    return winners


def pooled(times: np.ndarray, size: int) -> np.ndarray:
    """The earliest of each window of ``size``, a window's rows and columns apart."""
    channels, height, width = (
        length // (1 if axis == 0 else size) for axis, length in enumerate(times.shape)
    )
    windows = times[:, : height * size, : width * size].reshape(channels, height, size, width, size)
    return windows.min(axis=(2, 4))
