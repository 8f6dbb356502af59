"""Thresholds of integrate-and-fire neurons that stand for activations, from calibration data.

A neuron with threshold θ that starts at θ/2 and is reset by subtraction gives, after T steps of a constant
current a, ⌊a·T/θ + 1/2⌋ spikes, at most T and at least 0: a·clipped and rounded to T levels of θ (Bu et al.
2022, "Optimal ANN-SNN conversion", ICLR, eq. 15). θ is the one whose levels are closest to the
activations seen. With up to n spikes a step it gives at most n·T: the same levels in T / n steps, with θ / n.
"""

from __future__ import annotations

import numpy as np

LEVELS = 8
"""Timesteps for which thresholds are chosen, however many a network has: measured at 2 to 32 timesteps, those
for 4 clip too much, and those for 16 are reached late."""

SHARES = np.concatenate([np.linspace(0.2, 1.0, 33), [1.1, 1.25]])
"""Of a channel's largest activation: the thresholds that are tried."""


def levels(activations: np.ndarray, threshold: np.ndarray, timesteps: int, most: int = 1) -> np.ndarray:
    """What ``timesteps`` steps of a constant current make of ``activations``, ``most`` spikes a step."""
    counts = np.floor(activations * (timesteps / threshold) + 0.5)
    return np.clip(counts, 0, timesteps * most) * (threshold / timesteps)


def best_thresholds(
    activations: np.ndarray, ceiling: float | None = None, timesteps: int | None = None, most: int = 1
) -> np.ndarray:
    """A threshold a channel, (C,) float64, of ``activations`` (C, samples) ≥ 0: the least mean squared error
    of :func:`levels`.

    A channel that is silent gets the median of the others. ``ceiling``: of the activation, above which no
    ``most`` spikes a step make sense. ``timesteps``: None: those that make 8 levels.
    """
    timesteps = timesteps or -(-LEVELS // most)
    largest = activations.max(axis=1)
    awake = largest > 0
    found = np.ones(len(activations))
    best = np.full(len(activations), np.inf)
    for share in SHARES:
        tried = np.where(awake, share * largest / most, 1.0)
        if ceiling is not None:
            tried = np.minimum(tried, ceiling / most)
        errors = ((levels(activations, tried[:, None], timesteps, most) - activations) ** 2).mean(axis=1)
        better = awake & (errors < best)
        found[better], best[better] = tried[better], errors[better]
    if not awake.all():
        found[~awake] = np.median(found[awake]) if awake.any() else 1.0
    return found
