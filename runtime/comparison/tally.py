"""Spikes counted against spikes: which are equal, by layer and timestep, and where the first one is not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from snnrt.exits.fixed_point import best_class
from snnrt.ir.graph import Shape
from snnrt.results.result import Result


@dataclass(frozen=True)
class Place:
    """Of a spike: the layer, the input and timestep, both counted from 0, and the neuron's index."""

    layer: str
    input: int
    step: int
    neuron: tuple[int, ...]
    spikes: int
    expected: int


class Tally:
    """Of the layers ``shapes``, in order, over ``timesteps``."""

    def __init__(self, shapes: Mapping[str, Shape], timesteps: int) -> None:
        self.shapes, self.timesteps = dict(shapes), timesteps
        self.inputs = 0
        self._unequal = {name: np.zeros(timesteps, np.int64) for name in shapes}
        self._ours = {name: np.zeros(shape, np.int64) for name, shape in shapes.items()}
        self._theirs = {name: np.zeros(shape, np.int64) for name, shape in shapes.items()}
        self._first: dict[str, Place] = {}

    def add(self, found: Mapping[str, np.ndarray], expected: Mapping[str, np.ndarray]) -> None:
        """The spikes of some more inputs by layer, (n, T, *shape)."""
        count = 0
        for name in self.shapes:
            ours, theirs = found[name], expected[name]
            count = len(ours)
            unequal = ours != theirs
            by_step = unequal.reshape(count, self.timesteps, -1).sum(axis=2)
            self._unequal[name] += by_step.sum(axis=0)
            self._ours[name] += ours.sum(axis=(0, 1), dtype=np.int64)
            self._theirs[name] += theirs.sum(axis=(0, 1), dtype=np.int64)
            if name not in self._first and by_step.any():
                at = np.unravel_index(int(unequal.argmax()), unequal.shape)
                place = tuple(int(index) for index in at)
                self._first[name] = Place(
                    name, self.inputs + place[0], place[1], place[2:], int(ours[at]), int(theirs[at])
                )
        self.inputs += count

    @property
    def first(self) -> Place | None:
        """Of the first layer that differs, the first input, step and neuron."""
        return next((self._first[name] for name in self.shapes if name in self._first), None)

    def agreement(self) -> dict[str, float]:
        """The fraction of equal values, by layer."""
        steps = self.inputs * self.timesteps
        return {
            name: 1 - float(self._unequal[name].sum()) / (steps * math.prod(shape))
            for name, shape in self.shapes.items()
        }

    def step_agreement(self) -> tuple[float, ...]:
        """The same over all layers, by timestep."""
        values = self.inputs * sum(map(math.prod, self.shapes.values()))
        if not values:
            return ()
        unequal = sum(self._unequal.values())
        return tuple((1 - np.asarray(unequal) / values).tolist())

    def total(self) -> float | None:
        """The same over all; None without layers."""
        values = self.inputs * self.timesteps * sum(map(math.prod, self.shapes.values()))
        return 1 - float(sum(map(np.sum, self._unequal.values()))) / values if values else None

    def first_steps(self) -> dict[str, int | None]:
        """The earliest timestep, from 1, at which a layer differs for any input; None where it never does."""
        return {
            name: int(np.flatnonzero(unequal)[0]) + 1 if unequal.any() else None
            for name, unequal in self._unequal.items()
        }

    def rate_distance(self) -> dict[str, float]:
        """The earth mover's distance between the neurons' firing rates, spikes a timestep, by layer."""
        steps = max(1, self.inputs * self.timesteps)
        return {
            name: rate_distance(self._ours[name] / steps, self._theirs[name] / steps) for name in self.shapes
        }


def rate_distance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The earth mover's distance between two distributions of as many firing rates: the mean distance of
    those of equal rank (Peyré and Cuturi, Computational Optimal Transport, 2019: measures in one dimension).
    """
    return float(np.abs(np.sort(ours, axis=None) - np.sort(theirs, axis=None)).mean())


class LogitTally:
    """Classes and logits held against each other, and the same after each of ``timesteps``."""

    def __init__(self, timesteps: int) -> None:
        self.largest: float | None = None
        self._most, self._sum, self._values = 0.0, 0.0, 0
        self._said: list[np.ndarray] = []
        self._expected: list[np.ndarray] = []
        self._stepped = 0
        self._equal = np.zeros(timesteps, np.int64)

    def add(self, found: Result, classes: np.ndarray | None, expected: np.ndarray | None) -> None:
        """Of some more inputs: what a run gave, and the classes (n,) and logits (n, K) that were expected."""
        self._said.append(found.predictions)
        if expected is None or classes is None:
            return
        self._expected.append(classes)
        difference = np.abs(found.logits.astype(np.float64) - expected)
        self._sum, self._values = self._sum + float(difference.sum()), self._values + difference.size
        self._most = max(self._most, float(difference.max()))
        self.largest = max(self.largest or 0.0, float(np.abs(expected).max()))

    def add_steps(self, found: np.ndarray, expected: np.ndarray) -> None:
        """Logits after each timestep, (n, T, K)."""
        self._stepped += len(found)
        for step in range(len(self._equal)):
            self._equal[step] += int((best_class(found[:, step]) == best_class(expected[:, step])).sum())

    def agreement(self) -> float | None:
        """The fraction of equal classes; None where no logits were expected."""
        if not self._expected:
            return None
        return float((np.concatenate(self._said) == np.concatenate(self._expected)).mean())

    def step_agreement(self) -> tuple[float, ...] | None:
        """The same after each timestep; None where that was not expected."""
        return tuple((self._equal / self._stepped).tolist()) if self._stepped else None

    def mean_difference(self) -> float | None:
        """Of logits, absolute."""
        return self._sum / self._values if self._values else None

    def max_difference(self) -> float | None:
        """Of logits, absolute."""
        return self._most if self._values else None

    def accuracy(self, labels: np.ndarray | None) -> float | None:
        """Of the run."""
        return None if labels is None else float((np.concatenate(self._said) == labels).mean())

    def expected_accuracy(self, labels: np.ndarray | None) -> float | None:
        """Of what was expected."""
        if labels is None or not self._expected:
            return None
        return float((np.concatenate(self._expected) == labels).mean())
