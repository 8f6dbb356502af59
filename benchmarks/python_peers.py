"""The 28×28 network in PyTorch and the frameworks that train such networks: same weights, same neurons.

Each runs on one thread and is written as its documentation would: a loop over time (SpikingJelly and Sinabs:
a layer after another, each for all timesteps). Only the plain PyTorch loop computes the first convolution
once, as snnrt does.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import torch
from networks import DECAY, THRESHOLD
from torch import nn

from snnrt.ir.graph import Graph

Peer = Callable[[np.ndarray], np.ndarray]


def _layers(graph: Graph, gain: float = 1.0) -> tuple[nn.Conv2d, nn.Conv2d, nn.Linear]:
    """Both convolutions and the dense layer, weights times ``gain``."""
    layers = (nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 64, 3, padding=1), nn.Linear(3136, 10))
    for name, layer in zip(("conv1", "conv2", "fc"), layers):
        node = graph[name]
        layer.weight.data = torch.from_numpy(node.weights * np.float32(gain))
        layer.bias.data = torch.from_numpy(node.bias * np.float32(gain))
    return layers


def _peer(run: Callable[[torch.Tensor], torch.Tensor]) -> Peer:
    torch.set_num_threads(1)

    def call(x: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return run(torch.from_numpy(x)).numpy()

    return call


def pytorch_peer(graph: Graph) -> Peer:
    """A loop of tensor operations."""
    conv1, conv2, fc = _layers(graph)
    pool = nn.AvgPool2d(2)

    def fire(v: torch.Tensor | float, current: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        u = DECAY * v + current
        fired = u >= THRESHOLD
        return fired.float(), u.masked_fill(fired, 0.0)

    def run(x: torch.Tensor) -> torch.Tensor:
        v1 = v2 = v3 = logits = 0.0
        current = conv1(x)
        for _ in range(graph.timesteps):
            z, v1 = fire(v1, current)
            z, v2 = fire(v2, conv2(pool(z)))
            z, v3 = fire(v3, fc(pool(z).flatten(1)))
            logits = logits + z
        return logits

    return _peer(run)


def snntorch_peer(graph: Graph) -> Peer:
    """snnTorch: Leaky with reset to zero."""
    import snntorch

    conv1, conv2, fc = _layers(graph)
    pool = nn.AvgPool2d(2)
    lif1, lif2, lif3 = (
        snntorch.Leaky(beta=DECAY, threshold=THRESHOLD, reset_mechanism="zero") for _ in range(3)
    )

    def run(x: torch.Tensor) -> torch.Tensor:
        v1, v2, v3 = lif1.init_leaky(), lif2.init_leaky(), lif3.init_leaky()
        logits = 0.0
        for _ in range(graph.timesteps):
            z, v1 = lif1(conv1(x), v1)
            z, v2 = lif2(conv2(pool(z)), v2)
            z, v3 = lif3(fc(pool(z).flatten(1)), v3)
            logits = logits + z
        return logits

    return _peer(run)


def spikingjelly_peer(graph: Graph) -> Peer:
    """SpikingJelly in multi-step mode: LIF with hard reset, the input not decayed."""
    from spikingjelly.activation_based import functional, layer, neuron

    linear1, linear2, linear3 = _layers(graph)

    def lif() -> nn.Module:
        return neuron.LIFNode(tau=1 / (1 - DECAY), decay_input=False, v_threshold=THRESHOLD, v_reset=0.0)

    convolutions = (layer.Conv2d(1, 32, 3, padding=1), layer.Conv2d(32, 64, 3, padding=1))
    dense = layer.Linear(3136, 10)
    for made, source in zip((*convolutions, dense), (linear1, linear2, linear3)):
        made.load_state_dict(source.state_dict())
    network = nn.Sequential(
        convolutions[0], lif(), layer.AvgPool2d(2), convolutions[1], lif(), layer.AvgPool2d(2),
        layer.Flatten(), dense, lif(),
    )  # fmt: skip
    functional.set_step_mode(network, "m")
    network.eval()

    def run(x: torch.Tensor) -> torch.Tensor:
        functional.reset_net(network)
        return network(x.expand(graph.timesteps, *x.shape)).sum(0)

    return _peer(run)


def norse_peer(graph: Graph) -> Peer:
    """Norse: LIFBox, whose input is multiplied by dt/τ as its leak is."""
    import norse.torch as norse

    # u = v + dt·τ⁻¹(x − v): dt·τ⁻¹ = 1 − DECAY, made up for in the weights
    conv1, conv2, fc = _layers(graph, 1 / (1 - DECAY))
    pool = nn.AvgPool2d(2)
    step = 1e-3
    parameters = norse.LIFBoxParameters(
        tau_mem_inv=torch.tensor((1 - DECAY) / step),
        v_leak=torch.tensor(0.0),
        v_th=torch.tensor(THRESHOLD),
        v_reset=torch.tensor(0.0),
    )
    lif1, lif2, lif3 = (norse.LIFBoxCell(parameters, dt=step) for _ in range(3))

    def run(x: torch.Tensor) -> torch.Tensor:
        s1 = s2 = s3 = None
        logits = 0.0
        for _ in range(graph.timesteps):
            z, s1 = lif1(conv1(x), s1)
            z, s2 = lif2(conv2(pool(z)), s2)
            z, s3 = lif3(fc(pool(z).flatten(1)), s3)
            logits = logits + z
        return logits

    return _peer(run)


def sinabs_peer(graph: Graph) -> Peer:
    """Sinabs: LIF with one spike a step and reset to zero, all timesteps of a layer at once."""
    from sinabs.activation import MembraneReset, SingleSpike
    from sinabs.layers import LIFSqueeze

    conv1, conv2, fc = _layers(graph)

    def lif() -> nn.Module:
        return LIFSqueeze(
            num_timesteps=graph.timesteps, tau_mem=-1 / math.log(DECAY), spike_threshold=THRESHOLD,
            spike_fn=SingleSpike, reset_fn=MembraneReset(), norm_input=False,
        )  # fmt: skip

    neurons = [lif() for _ in range(3)]
    network = nn.Sequential(
        conv1, neurons[0], nn.AvgPool2d(2), conv2, neurons[1], nn.AvgPool2d(2), nn.Flatten(), fc, neurons[2]
    )

    def run(x: torch.Tensor) -> torch.Tensor:
        for one in neurons:
            one.reset_states()
        repeated = x.repeat_interleave(graph.timesteps, 0)
        return network(repeated).unflatten(0, (len(x), graph.timesteps)).sum(1)

    return _peer(run)


def _installed(module: str) -> bool:
    return find_spec(module) is not None


_PEERS: dict[str, tuple[str, Callable[[Graph], Peer]]] = {
    "PyTorch loop": ("torch", pytorch_peer),
    "SpikingJelly": ("spikingjelly", spikingjelly_peer),
    "Sinabs": ("sinabs", sinabs_peer),
    "Norse LIFBox": ("norse", norse_peer),
    "snnTorch": ("snntorch", snntorch_peer),
}


def python_peers(graph: Graph) -> dict[str, Peer]:
    """Of what is installed, by name: x (N, 1, 28, 28) float32 → spike counts (N, 10)."""
    return {name: make(graph) for name, (module, make) in _PEERS.items() if _installed(module)}
