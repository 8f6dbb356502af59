"""How well a spiking network stands for the ordinary one that it was made of, by timestep."""

from __future__ import annotations

import os
from dataclasses import dataclass

from snnrt.atomic_write import write_atomically

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

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draw accuracy against timesteps, and the layers' errors, as the file's suffix says (.png, .svg).

        Raises ImportError without matplotlib, OutputError where the file can't be written.
        """
        import io

        from matplotlib.figure import Figure

        figure = Figure(figsize=(10, 4), layout="constrained")
        left, middle, right = figure.subplots(1, 3)
        if self.accuracy is not None:
            left.plot(self.timesteps, self.accuracy, marker="o", label="spiking")
            left.axhline(self.source_accuracy, color="grey", linestyle="--", label="ordinary")
        left.plot(self.timesteps, self.class_agreement, marker=".", label="equal classes")
        left.set(xlabel="timesteps", ylabel="fraction of inputs", title="accuracy")
        left.set_xscale("log", base=2)
        left.legend()
        names = [layer.name for layer in self.layers]
        middle.barh(names, [layer.errors[-1] for layer in self.layers])
        middle.set(xlabel=f"error after {self.timesteps[-1]} timesteps", title="layers")
        right.barh(names, [layer.rate for layer in self.layers])
        right.set(xlabel="spikes a neuron and timestep", title="firing rates", yticks=[])
        middle.invert_yaxis()
        right.invert_yaxis()
        drawn = io.BytesIO()
        figure.savefig(drawn, format=os.fspath(path).rpartition(".")[2].lower())
        write_atomically(path, drawn.getvalue())
