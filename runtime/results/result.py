"""What a run returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from snnrt.results.counts import Counts


@dataclass(frozen=True)
class Result:
    """Outcome for N inputs and K classes.

    ``logits`` (N, K) float32, accumulated up to the exit (divided by the timesteps where the
    readout is a mean); ``classes`` (N,) int64; ``timesteps`` (N,) int64, steps used;
    ``scores`` (N,) float64: normalised entropy (rule ``entropy``) or largest probability
    (``confidence``) at the last step, NaN for ``never``; ``counts``: events, for each input.
    ``spikes`` and ``membranes``, where recorded: node name → (N, T, *shape), zero after the
    exit; spikes are uint8 (uint16 where a neuron fires several a step), membranes float32 in real units.
    """

    logits: np.ndarray
    classes: np.ndarray
    timesteps: np.ndarray
    scores: np.ndarray
    counts: Counts
    spikes: dict[str, np.ndarray] = field(default_factory=dict)
    membranes: dict[str, np.ndarray] = field(default_factory=dict)
