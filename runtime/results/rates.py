"""How far two networks fire alike: classes, firing rates and dead neurons, by layer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from snnrt.results.result import Result

LEAST_CLASSES = 0.99
"""The share of equal classes below which a conversion is warned of."""
BY_CHANCE = 2
"""Inputs whose class may change without a warning, however few there are."""
MOST_DISTANCE = 0.05
"""Of a layer's mean rate in the source: the earth mover's distance above which it is warned of."""
MOST_NEW_DEAD = 0.01
"""The share of a layer's neurons that may fall silent without a warning."""


@dataclass
class SpikeTotals:
    """Spikes of each neuron, summed over the inputs and timesteps of results that recorded them."""

    totals: dict[str, np.ndarray] = field(default_factory=dict)
    steps: int = 0

    def add(self, result: Result) -> None:
        """Take in a result's ``spikes``; every input ran to the end."""
        for name, spikes in result.spikes.items():
            found = spikes.sum(axis=(0, 1), dtype=np.int64)
            self.totals[name] = self.totals.get(name, 0) + found
        self.steps += int(result.timesteps.sum())

    def rates(self) -> dict[str, np.ndarray]:
        """Spikes a timestep of each neuron: node name → its shape, float64."""
        return {name: total / max(1, self.steps) for name, total in self.totals.items()}


@dataclass(frozen=True)
class LayerRates:
    """The neurons of one node in a network and in its source, each run on the same inputs.

    ``rate`` and ``source_rate``: spikes a neuron and timestep. ``distance``: earth mover's, between the two
    distributions of the neurons' rates, in spikes a timestep (of equally many numbers on a line it is the
    mean |difference| of the sorted ones). ``dead`` and ``source_dead``: the share of neurons that never
    fired.
    """

    name: str
    neurons: int
    rate: float
    source_rate: float
    distance: float
    dead: float
    source_dead: float


@dataclass(frozen=True)
class Agreement:
    """How far a network and its source agree on N inputs, each run for all its timesteps.

    ``class_agreement`` is a fraction of the inputs; ``layers``: of each node that spikes, in order. The
    accuracies are None without labels.
    """

    inputs: int
    timesteps: int
    class_agreement: float
    layers: tuple[LayerRates, ...]
    accuracy: float | None = None
    source_accuracy: float | None = None

    def warnings(self, told: Collection[str] = ()) -> list[str]:
        """What is poor, in words, by the limits of this module; and each layer that never fires.

        ``told``: layers of which it was said already that they never fire.
        """
        found = []
        unequal = round((1 - self.class_agreement) * self.inputs)
        if unequal > max(BY_CHANCE, (1 - LEAST_CLASSES) * self.inputs):
            found.append(
                f"classes agree for {self.class_agreement:.2%} of {self.inputs} inputs, expected at least "
                f"{LEAST_CLASSES:.0%}; calibrate with more inputs, or compare the accuracy on a test set"
            )
        for layer in self.layers:
            if layer.source_rate == 0.0:
                if layer.name not in told:
                    found.append(
                        f"{layer.name!r} never fires on these inputs, in the source's numbers already: is "
                        "the framework the right one, and are the inputs scaled as in training?"
                    )
                continue
            if layer.distance > MOST_DISTANCE * layer.source_rate:
                found.append(
                    f"{layer.name!r}: firing rates are {layer.distance:.4g} spikes a step away from those of "
                    f"float32, {layer.source_rate:.4g} on average; expected at most {MOST_DISTANCE:.0%} of it"
                )
            if layer.dead > layer.source_dead + MOST_NEW_DEAD:
                found.append(
                    f"{layer.name!r}: {layer.dead:.1%} of its neurons never fire, in float32 "
                    f"{layer.source_dead:.1%}"
                )
        return found


def compared_layers(
    rates: Mapping[str, np.ndarray], source: Mapping[str, np.ndarray]
) -> tuple[LayerRates, ...]:
    """The nodes that both have, in the source's order, of :meth:`SpikeTotals.rates`."""
    return tuple(
        _compared(name, rates[name].ravel(), expected.ravel())
        for name, expected in source.items()
        if name in rates
    )


def earth_movers_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Between two distributions of equally many numbers: how far they must be moved, on average."""
    return float(np.abs(np.sort(first, axis=None) - np.sort(second, axis=None)).mean())


def agreement_of(
    classes: Sequence[np.ndarray],
    source_classes: Sequence[np.ndarray],
    totals: SpikeTotals,
    source_totals: SpikeTotals,
    timesteps: int,
    labels: np.ndarray | None = None,
) -> Agreement:
    """The measure, of what two networks said and fired on the same inputs, a part of them at a time."""
    ours, theirs = np.concatenate(classes), np.concatenate(source_classes)
    return Agreement(
        inputs=len(ours),
        timesteps=timesteps,
        class_agreement=float((ours == theirs).mean()),
        layers=compared_layers(totals.rates(), source_totals.rates()),
        accuracy=None if labels is None else float((ours == labels).mean()),
        source_accuracy=None if labels is None else float((theirs == labels).mean()),
    )


def _compared(name: str, rates: np.ndarray, source: np.ndarray) -> LayerRates:
    return LayerRates(
        name=name,
        neurons=rates.size,
        rate=float(rates.mean()),
        source_rate=float(source.mean()),
        distance=earth_movers_distance(rates, source),
        dead=float((rates == 0).mean()),
        source_dead=float((source == 0).mean()),
    )
