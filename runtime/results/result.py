"""What a run returns."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from snnrt.data.fit import fitted_labels
from snnrt.errors import DataError
from snnrt.results.counts import Counts


def in_map_order(logits: np.ndarray, output_map: tuple[int, ...]) -> np.ndarray:
    """(…, channels, height, width) of (…, K), in which the channels of a position stand together."""
    channels, height, width = output_map
    return np.moveaxis(logits.reshape(*logits.shape[:-1], height, width, channels), -1, -3)


def in_class_order(maps: np.ndarray) -> np.ndarray:
    """The inverse of :func:`in_map_order`."""
    return np.moveaxis(maps, -3, -1).reshape(*maps.shape[:-3], -1)


@dataclass(frozen=True)
class Result:
    """Outcome for N inputs and K classes.

    ``logits`` (N, K) float32, accumulated up to the exit (divided by the timesteps where the
    readout is a mean); ``predictions`` (N,) int64, the class chosen for each (its name, where the model has
    names, is ``net.class_names[prediction]``); ``timesteps`` (N,) int64, steps used;
    ``scores`` (N,) float64: normalised entropy (rule ``entropy``) or largest probability
    (``confidence``) at the last step, NaN for ``never``; ``counts``: events, for each input.
    ``spikes`` and ``membranes``, where recorded: node name → (N, T, *shape), zero after the
    exit; spikes are uint8 (uint16 where a neuron fires several a step, int16 where it takes some
    back), membranes float32 in real units.
    ``accumulators``, where recorded: (N, T, K), the readout's after each timestep, int32 or float32 as the
    core has them, zero after the exit.
    ``silent_layers``: those that fired for none of the inputs, where the device counts; most often their
    rules, the threshold or the inputs' scale are not what they were in training. ``output_map``: (channels,
    height, width) where the classes are the elements of a map, channels last; see :attr:`maps`.
    """

    logits: np.ndarray
    predictions: np.ndarray
    timesteps: np.ndarray
    scores: np.ndarray
    counts: Counts
    spikes: dict[str, np.ndarray] = field(default_factory=dict)
    membranes: dict[str, np.ndarray] = field(default_factory=dict)
    accumulators: np.ndarray | None = None
    silent_layers: tuple[str, ...] = ()
    output_map: tuple[int, ...] | None = None

    @classmethod
    def of_run(
        cls, logits: np.ndarray, predictions: np.ndarray, timesteps: np.ndarray, scores: np.ndarray,
        counts: Counts, output_map: tuple[int, ...] | None,
    ) -> Result:  # fmt: skip
        """Of a run that recorded nothing."""
        result = object.__new__(cls)
        # as in Counts.of_events: a frozen class sets each field by a call
        result.__dict__.update(
            logits=logits, predictions=predictions, timesteps=timesteps, scores=scores, counts=counts,
            spikes={}, membranes={}, accumulators=None, silent_layers=(), output_map=output_map,
        )  # fmt: skip
        return result

    def __len__(self) -> int:
        return len(self.predictions)

    @property
    def maps(self) -> np.ndarray:
        """``logits`` as the network's map, (N, channels, height, width). Raises DataError where the output is
        a vector."""
        if self.output_map is None:
            raise DataError(
                f"maps: expected a network whose output is a map, found {self.logits.shape[1]} classes"
            )
        return in_map_order(self.logits, self.output_map)

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
