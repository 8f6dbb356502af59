"""What the tests of converted PyTorch modules share: the module's own spikes beside ours."""

from __future__ import annotations

import warnings

import numpy as np
from installed_frameworks import framework

from snnrt.converters.common.recorded import agreement
from snnrt.converters.torch.importer import import_module
from snnrt.ir.graph import Graph
from snnrt.network import Network

torch = framework("torch")
STEPS, NEURONS = 400, 256
# a step is small: threads wait for each other longer than they compute
torch.set_num_threads(1)


def converted(
    net: object, example: object, least: float = 1.0, dull: float = 0.005, **options: object
) -> Graph:
    """The graph of ``net``, whose spikes are the module's own: of every layer a share of ``least``, at every
    step of the recorded run, on the example and on another input.

    A layer that fires less often than ``dull`` would test nothing.
    """
    with warnings.catch_warnings():
        # frameworks warn of their own doings
        warnings.simplefilter("ignore")
        imported = import_module(net, example=example, **options)
    recorded = imported.recorded
    assert recorded is not None and recorded.spikes
    graph = imported.graph.with_(timesteps=recorded.timesteps)
    run = Network(graph).run(recorded.inputs, exit="never", record=("spikes", "membranes"))
    found = run.spikes
    for name, expected in recorded.spikes.items():
        rate = float(np.mean(expected > 0))
        assert dull < rate < 0.98, f"{name!r} fires at {rate:.4f}: a dull test"
        same = float((found[name].reshape(expected.shape) == expected).mean())
        assert same >= least, f"{name!r}: {same:.6f} of the spikes are equal"
    # what a conversion refuses; membranes too
    agreement(recorded, {**run.membranes, **found}, "the module")
    return imported.graph


def currents(seed: int, inputs: int = 2, mean: float = 0.25, spread: float = 0.6) -> object:
    """(STEPS, inputs, NEURONS) float32, normal."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn((STEPS, inputs, NEURONS), generator=generator) * spread + mean


class Loop(torch.nn.Module):
    """Calls ``net``, which computes one timestep, for each of the first axis of its input."""

    def __init__(self, net: torch.nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: object) -> object:
        """(T, N, …) → (T, N, …) of what ``net`` gives, or the first of several."""
        found = [self.net(one) for one in x]
        return torch.stack([one[0] if isinstance(one, tuple) else one for one in found])
