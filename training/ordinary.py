"""The ordinary network of the same layers: an activation in the place of each spiking neuron, and no time.

It trains in a fraction of the time, and its weights have the same names. :func:`carry_over` gives them to the
spiking network, which then begins where the ordinary one ended.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Callable, Iterator

import torch
from torch import nn

from snnrt.errors import ModelError
from snnrt.training.activations import QCFS
from snnrt.training.layers import OverTime, SpikingNetwork
from snnrt.training.neurons import LIF

MakeActivation = Callable[[], nn.Module]
"""Gives a new activation; called once for each spiking layer."""


def ordinary(network: SpikingNetwork, activation: MakeActivation = nn.ReLU) -> nn.Sequential:
    """``network`` (N, …) → (N, K) without neurons: a copy, its ``stem`` and ``body``."""
    return nn.Sequential(
        OrderedDict(
            (name, _timeless(copy.deepcopy(part), activation))
            for name, part in (("stem", network.stem), ("body", network.body))
        )
    )


def _timeless(module: nn.Module, activation: MakeActivation) -> nn.Module:
    if isinstance(module, LIF):
        return activation()
    for name, child in module.named_children():
        setattr(module, name, _timeless(child, activation))
    # an OverTime's own forward would look for time
    return nn.Sequential(OrderedDict(module.named_children())) if isinstance(module, OverTime) else module


@torch.no_grad()
def carry_over(given: nn.Module, network: SpikingNetwork) -> None:
    """The weights of ``given``, an :func:`ordinary` of ``network`` with QCFS, to ``network``.

    A neuron of threshold θ with up to L spikes a timestep, begun at θ/2, gives in the first one what a QCFS
    of L levels and ceiling λ does, in spikes worth λ/L. So the batch norm before it is scaled by θ·L/λ, and
    the weights behind it by λ/L. Raises ModelError for a network that is not a chain of layers with a batch
    norm before each neuron, for other activations than QCFS, and for neurons with other levels or another
    begin.
    """
    ceilings = {name: one for name, one in given.named_modules() if isinstance(one, QCFS)}
    names = set(network.state_dict()) - {name for name in network.state_dict() if "_decay" in name}
    if set(given.state_dict()) - {f"{name}.ceiling" for name in ceilings} != names:
        raise ModelError("given: expected the ordinary network of these layers, found other weights")
    network.load_state_dict(given.state_dict(), strict=False)
    norm: nn.Module | None = None
    worth = 1.0
    for name, module in _chain(network):
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.weight.mul_(worth)
            worth, norm = 1.0, None
        elif isinstance(module, nn.modules.batchnorm._BatchNorm):
            norm = module
        elif isinstance(module, LIF):
            if name not in ceilings or not isinstance(norm, nn.modules.batchnorm._BatchNorm):
                raise ModelError(f"{name}: expected a batch norm before the neuron, and QCFS in its place")
            ceiling, levels = float(ceilings[name].ceiling), ceilings[name].levels
            if module.max_spikes != levels or module.initial != module.threshold / 2:
                raise ModelError(
                    f"{name}: expected up to {levels} spikes, begun at half the threshold, found {module}"
                )
            worth = ceiling / levels
            norm.weight.mul_(module.threshold / worth)
            norm.bias.mul_(module.threshold / worth)


def _chain(network: SpikingNetwork) -> Iterator[tuple[str, nn.Module]]:
    """Layers in their order, by name."""
    pending = [("stem", network.stem), ("body", network.body)]
    while pending:
        name, module = pending.pop(0)
        if isinstance(module, nn.Sequential):
            pending[:0] = [(f"{name}.{inner}", one) for inner, one in module.named_children()]
        elif any(True for _ in module.children()):
            raise ModelError(f"{name}: expected a chain of layers, found {type(module).__name__}")
        else:
            yield name, module
