"""How well a spiking network stands for the ordinary one that it was made of, by timestep."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_CLASSES = 0.99
"""The share of equal classes after the last timestep below which a conversion is warned of."""


@dataclass(frozen=True)
class LayerError:
    """The neurons of one node, beside the activations that they stand for.

    ``errors``: at each timestep of the measure, the root of the mean square of (threshold · net spikes a
    timestep − activation), over that of the activations. ``rate``: spikes a neuron and timestep, negative
    ones counted too; ``taken_back``: the share of the spikes that are negative.
    """

    name: str
    neurons: int
    errors: tuple[float, ...]
    rate: float
    taken_back: float


@dataclass(frozen=True)
class Fidelity:
    """Of N inputs, after each of ``timesteps``: the fraction of inputs whose class is the ordinary network's,
    and with labels (else None) the accuracies; ``layers`` in order."""

    inputs: int
    timesteps: tuple[int, ...]
    class_agreement: tuple[float, ...]
    layers: tuple[LayerError, ...]
    accuracy: tuple[float, ...] | None = None
    source_accuracy: float | None = None

    def warnings(self) -> list[str]:
        """What is poor, in words."""
        found = self.class_agreement[-1]
        if found >= LEAST_CLASSES or round((1 - found) * self.inputs) <= 2:
            return []
        loss = 1.0
        if self.accuracy is not None and self.source_accuracy is not None:
            loss = self.source_accuracy - self.accuracy[-1]
        if loss <= 1 - LEAST_CLASSES:
            return []
        return [
            f"classes agree with the ordinary network for {found:.2%} of {self.inputs} inputs, expected at "
            f"least {LEAST_CLASSES:.0%}; more timesteps (--timesteps), or a network trained with rounded "
            "activations (QCFS), come nearer"
        ]
