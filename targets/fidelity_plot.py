"""A drawing of how well a spiking network stands for the ordinary one that it was made of."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from snnrt.atomic_write import write_atomically

if TYPE_CHECKING:
    from snnrt.results.fidelity import Fidelity


def draw_fidelity(fidelity: Fidelity, path: str | os.PathLike[str]) -> None:
    """Accuracy against timesteps, the layers' errors and their firing rates, as the file's suffix says (.png,
    .svg).

    Raises ImportError without matplotlib, OutputError where the file can't be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    if fidelity.accuracy is not None:
        left.plot(fidelity.timesteps, fidelity.accuracy, marker="o", label="spiking")
        left.axhline(fidelity.source_accuracy, color="grey", linestyle="--", label="ordinary")
    left.plot(fidelity.timesteps, fidelity.class_agreement, marker=".", label="equal classes")
    left.set(xlabel="timesteps", ylabel="fraction of inputs", title="accuracy")
    left.set_xscale("log", base=2)
    left.legend()
    names = [layer.name for layer in fidelity.layers]
    middle.barh(names, [layer.errors[-1] for layer in fidelity.layers])
    middle.set(xlabel=f"error after {fidelity.timesteps[-1]} timesteps", title="layers")
    right.barh(names, [layer.rate for layer in fidelity.layers])
    right.set(xlabel="spikes a neuron and timestep", title="firing rates", yticks=[])
    middle.invert_yaxis()
    right.invert_yaxis()
    drawn = io.BytesIO()
    figure.savefig(drawn, format=os.fspath(path).rpartition(".")[2].lower())
    write_atomically(path, drawn.getvalue())
