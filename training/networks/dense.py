"""Networks of dense layers alone, for few inputs over many timesteps."""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from snnrt.errors import ModelError
from snnrt.training.layers import OverTime, SpikingNetwork
from snnrt.training.networks.neuron_choice import MakeNeuron, default_neuron, dropped


def dense(
    inputs: int,
    hidden: Sequence[int],
    classes: int,
    timesteps: int = 4,
    neuron: MakeNeuron = default_neuron,
    dropout: float = 0.0,
) -> SpikingNetwork:
    """(N, inputs) or (T, N, inputs) through layers of ``hidden`` neurons, each with a batch norm, to classes.

    ``neuron``: what integrates over many steps needs a decay near 1, as ``lambda: LIF(0.95)``. Raises
    ModelError without a hidden layer.
    """
    if not hidden:
        raise ModelError("hidden: expected at least one layer of neurons, found none")
    layers = [
        nn.Sequential(nn.Linear(size, wide, bias=False), nn.BatchNorm1d(wide))
        for size, wide in zip((inputs, *hidden), hidden)
    ]
    body: list[nn.Module] = [neuron()]
    for layer in layers[1:]:
        body += [OverTime(*dropped(dropout), *layer), neuron()]
    body.append(OverTime(*dropped(dropout), nn.Linear(hidden[-1], classes)))
    return SpikingNetwork((inputs,), layers[0], nn.Sequential(*body), timesteps)
