"""The networks that the benchmarks run, with their inputs."""

from __future__ import annotations

import numpy as np

from snnrt.converters.quantise import quantise
from snnrt.graph import AvgPool2d, Conv2d, Dense, Edge, Exit, Flatten, Graph, Input, Neuron, Node, Readout

DECAY = 0.5
THRESHOLD = 1.0


def _lif(name: str, source: str, shape: tuple[int, ...]) -> Neuron:
    return Neuron(
        name,
        (Edge(source),),
        shape,
        membrane=np.array(DECAY, np.float32),
        threshold=np.array(THRESHOLD, np.float32),
        reset_value=np.array(0.0, np.float32),
        reset="value",
    )


def peer_network(timesteps: int = 4, seed: int = 0, gain: float = 1.0) -> Graph:
    """28×28, conv 3×3×32, LIF, avgpool, conv 3×3×64, LIF, avgpool, fc 10, LIF; random weights, float32.

    ``gain`` scales the weights; 1.0 gives firing rates of about 0.1, as trained networks of this form have
    (8 to 15 %).
    """
    rng = np.random.default_rng(seed)

    def weights(*shape: int, scale: float) -> np.ndarray:
        fan_in = int(np.prod(shape[1:]))
        return (rng.normal(0, gain * scale / np.sqrt(fan_in), shape)).astype(np.float32)

    nodes: tuple[Node, ...] = (
        Input("input", (), (1, 28, 28), "constant"),
        Conv2d("conv1", (Edge("input"),), (32, 28, 28), weights=weights(32, 1, 3, 3, scale=CONV1),
               bias=np.zeros(32, np.float32), padding=(1, 1, 1, 1)),
        _lif("lif1", "conv1", (32, 28, 28)),
        AvgPool2d("pool1", (Edge("lif1"),), (32, 14, 14)),
        Conv2d("conv2", (Edge("pool1"),), (64, 14, 14), weights=weights(64, 32, 3, 3, scale=CONV2),
               bias=np.zeros(64, np.float32), padding=(1, 1, 1, 1)),
        _lif("lif2", "conv2", (64, 14, 14)),
        AvgPool2d("pool2", (Edge("lif2"),), (64, 7, 7)),
        Flatten("flatten", (Edge("pool2"),), (3136,)),
        Dense("fc", (Edge("flatten"),), (10,), weights=weights(10, 3136, scale=FC), bias=np.zeros(10, np.float32)),
        _lif("lif3", "fc", (10,)),
        Readout("readout", (Edge("lif3"),), (10,)),
        Exit("exit", (Edge("readout"),), (10,)),
    )  # fmt: skip
    return Graph(nodes, timesteps)


CONV1 = 6.0
CONV2 = 2.6
FC = 8.0


def peer_inputs(count: int, seed: int = 1) -> np.ndarray:
    """Images (count, 1, 28, 28) float32 in [0, 1]: smooth strokes on an empty ground, about a fifth inked."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:28, 0:28]
    images = np.zeros((count, 28, 28))
    for image in images:
        for _ in range(3):
            (y0, x0), (y1, x1) = rng.uniform(6, 22, (2, 2))
            for t in np.linspace(0, 1, 12):
                distance = (y - y0 - t * (y1 - y0)) ** 2 + (x - x0 - t * (x1 - x0)) ** 2
                np.maximum(image, np.exp(-distance / 2.0), out=image)
    return np.where(images > 0.05, images, 0.0).astype(np.float32)[:, None]


def peer_network_int8(timesteps: int = 4) -> Graph:
    """The same network in int8, calibrated on 32 of its inputs."""
    return quantise(peer_network(timesteps), peer_inputs(32, seed=2))
