"""What a run returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from snnrt.data.fit import fitted_labels
from snnrt.results.counts import Counts


@dataclass(frozen=True)
class Result:
    """Outcome for N inputs and K classes.

    ``logits`` (N, K) float32, accumulated up to the exit (divided by the timesteps where the
    readout is a mean); ``predictions`` (N,) int64, the class chosen for each (its name, where the model has
    names, is ``net.class_names[prediction]``); ``timesteps`` (N,) int64, steps used;
    ``scores`` (N,) float64: normalised entropy (rule ``entropy``) or largest probability
    (``confidence``) at the last step, NaN for ``never``; ``counts``: events, for each input.
    ``spikes`` and ``membranes``, where recorded: node name → (N, T, *shape), zero after the
    exit; spikes are uint8 (uint16 where a neuron fires several a step), membranes float32 in real units.
    ``silent_layers``: those that fired for none of the inputs, where the device counts; most often their
    rules, the threshold or the inputs' scale are not what they were in training.
    """

    logits: np.ndarray
    predictions: np.ndarray
    timesteps: np.ndarray
    scores: np.ndarray
    counts: Counts
    spikes: dict[str, np.ndarray] = field(default_factory=dict)
    membranes: dict[str, np.ndarray] = field(default_factory=dict)
    silent_layers: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.predictions)

    def accuracy(self, y: np.ndarray) -> float:
        """The fraction of predictions that are the labels ``y`` (N,), 0 … K − 1. Raises DataError."""
        labels = fitted_labels(y, len(self), self.logits.shape[1])
        return float((self.predictions == labels).mean())

    def __repr__(self) -> str:
        inputs, classes = self.logits.shape
        used = f"{self.timesteps.mean():.3f} timesteps on average" if inputs else "nothing run"
        if inputs:
            used += f" ({self.timesteps.min()} … {self.timesteps.max()})"
        kept = [name for name in ("spikes", "membranes") if getattr(self, name)]
        recorded = f", {' and '.join(kept)} recorded" if kept else ""
        return f"<snnrt.{type(self).__name__} {inputs} inputs, {classes} classes, {used}{recorded}>"
