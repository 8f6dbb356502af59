"""The networks that the benchmarks run, with their inputs.

Weights and pixels of the 28×28 network are multiples of 1/256 and its threshold lies off that grid: float32
sums are then exact in any order, and every framework has to fire the same spikes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import snnrt
from snnrt.converters.passes.quantise import quantise
from snnrt.data.load import load_dataset
from snnrt.ir.build import Value
from snnrt.ir.graph import Graph, Neuron
from snnrt.network import Network

DECAY = 0.5
THRESHOLD = 1.0 + 2.0**-20
GRID = 256.0
# scales of the weights: both hidden layers fire at 10 %, as trained networks of this form do (8 to 15 %)
CONV1 = 11.99
CONV2 = 3.1
FC = 5.0

DIGITS = Path(__file__).resolve().parents[1] / "examples" / "models" / "digits_conv.nir"


@dataclass(frozen=True)
class Subject:
    """What is measured: a network in both numbers and its inputs (N, C, H, W) float32."""

    name: str
    float32: Network
    int8: Network
    x: np.ndarray

    def network(self, numbers: str) -> Network:
        """The network in ``float32`` or ``int8``."""
        return self.int8 if numbers == "int8" else self.float32

    def firing_rates(self, numbers: str = "float32") -> dict[str, float]:
        """Spikes a neuron and timestep of each neuron layer, the mean over the inputs."""
        network = self.network(numbers)
        counts = network.run(self.x).counts
        neurons = [node for node in network.graph if isinstance(node, Neuron)]
        return {
            node.name: float(
                counts.spikes[:, counts.nodes.index(node.name)].mean()
                / (np.prod(node.shape) * network.graph.timesteps)
            )
            for node in neurons
        }


def peer_network(timesteps: int = 4, seed: int = 0) -> Graph:
    """28×28, conv 3×3×32, LIF, avgpool, conv 3×3×64, LIF, avgpool, fc 10, LIF; random weights, float32."""
    rng = np.random.default_rng(seed)

    def weights(*shape: int, scale: float) -> np.ndarray:
        values = rng.normal(0, scale / np.sqrt(np.prod(shape[1:])), shape)
        return (np.round(values * GRID) / GRID).astype(np.float32)

    g = snnrt.GraphBuilder((1, 28, 28), encoding="constant", timesteps=timesteps)

    def lif(x: Value, name: str) -> Value:
        return g.lif(x, DECAY, THRESHOLD, reset="value", reset_value=0.0, name=name)

    x = g.conv2d(g.input, weights(32, 1, 3, 3, scale=CONV1), np.zeros(32), padding=1, name="conv1")
    x = g.avg_pool2d(lif(x, "lif1"), kernel=2, stride=2, name="pool1")
    x = g.conv2d(x, weights(64, 32, 3, 3, scale=CONV2), np.zeros(64), padding=1, name="conv2")
    x = g.avg_pool2d(lif(x, "lif2"), kernel=2, stride=2, name="pool2")
    x = g.flatten(x, name="flatten")
    x = g.dense(x, weights(10, 3136, scale=FC), np.zeros(10), name="fc")
    return g.finish(lif(x, "lif3"))


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
    inked = np.where(images > 0.05, images, 0.0)
    return (np.round(inked * GRID) / GRID).astype(np.float32)[:, None]


def peer_subject(inputs: int = 16, timesteps: int = 4) -> Subject:
    """The 28×28 network; int8 is calibrated on 32 other images."""
    graph = peer_network(timesteps)
    return Subject(
        f"28×28, T = {timesteps}",
        Network(graph),
        Network(quantise(graph, peer_inputs(32, seed=2))),
        peer_inputs(inputs),
    )


def demo_subject(inputs: int = 16, timesteps: int = 4) -> Subject:
    """The trained network of `make demo` on test images, at its full T."""
    training, test = load_dataset("digits", split="train"), load_dataset("digits", split="test")
    options = {"timesteps": timesteps, "framework": "snntorch"}
    return Subject(
        f"demo (8×8 digits), T = {timesteps}",
        snnrt.convert(DIGITS, numbers="float32", **options),
        snnrt.convert(DIGITS, numbers="int8", calibrate=training.x, **options),
        test.x[:inputs],
    )
