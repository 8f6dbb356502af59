"""SpykeTorch's network of three layers, one spike a neuron, as a graph; and what a run of it shows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from competing_networks import copied
from spyketorch_form import NEVER, Place

import snnrt
from snnrt.data.encodings import spikes_at
from snnrt.ir.graph import Arithmetic, Graph

FOLDER = Path(os.environ.get("SNNRT_GOLDEN", Path(__file__).parents[2] / "shared" / "golden"))
PATH = FOLDER / "one_spike.npz"
GOLDEN_STEPS = 15
"""Timesteps of the golden vectors."""


@dataclass(frozen=True)
class Layer:
    """A convolution whose neurons spike above ``threshold`` and compete, and the pooling after it."""

    padding: int
    threshold: float
    k: int
    radius: int
    pool: int


LAYERS = (Layer(2, 15.0, 5, 3, 2), Layer(1, 10.0, 8, 1, 3))
LAST_PADDING = 2


def golden() -> dict[str, np.ndarray]:
    """The golden vectors; without them the test is skipped, but fails in CI."""
    if not PATH.exists():
        message = f"{PATH}: golden vectors not found; set SNNRT_GOLDEN to their folder"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with np.load(PATH) as arrays:
        return dict(arrays)


def golden_weights(seed: int) -> list[np.ndarray]:
    """Of the golden vectors' three convolutions."""
    rng = np.random.default_rng(seed)
    shapes = ((30, 6, 5, 5), (250, 30, 3, 3), (40, 250, 5, 5))
    return [np.clip(rng.normal(0.8, 0.05, shape), 0, 1).astype(np.float32) for shape in shapes]


def one_spike_network(
    weights: list[np.ndarray], layers: tuple[Layer, ...], shape: tuple[int, int, int], steps: int,
    arithmetic: Arithmetic = "float32",
) -> Graph:  # fmt: skip
    """All layers but the last compete; the last one's final potentials are the logits, channels last.

    Each input spikes once, so a potential is a sum over time. In integers weights and thresholds count in the
    same unit.
    """
    integer = arithmetic == "integer"
    units = {"scale": 1.0, "peak": 1} if integer else {}
    g = snnrt.GraphBuilder(shape, encoding="spikes", timesteps=steps, arithmetic=arithmetic, **units)
    x = g.input
    for number, (layer, kernels) in enumerate(zip(layers, weights), start=1):
        current = g.conv2d(x, kernels, padding=layer.padding)
        potential = g.neuron(
            current, membrane=32768 if integer else 1.0, reset="none", name=f"potential{number}"
        )
        threshold = int(layer.threshold) if integer else layer.threshold
        spikes = g.if_(current, threshold, reset="none", strict=True, name=f"spike{number}")
        inhibited = g.inhibition(spikes, potential, name=f"inhibition at {number}")
        copied(g, inhibited, f"inhibited{number}")
        winners = g.winners(
            inhibited, potential, k=layer.k, radius=layer.radius, name=f"competition at {number}"
        )
        copied(g, winners, f"winners{number}")
        x = g.max_pool2d(spikes, kernel=layer.pool, stride=layer.pool, mode="earliest")
        copied(g, x, f"pooled{number}")
    current = g.conv2d(x, weights[-1], padding=LAST_PADDING, name="last")
    return g.finish(
        g.flatten(current, channels_last=True),
        scale=np.ones(int(np.prod(current.shape))) if integer else None,
    )


@dataclass(frozen=True)
class Shown:
    """First-spike times (N, C, H, W) by name, NEVER where there is none; winners of each layer and input in
    the order in which they won; final potentials (N, C, H, W) and the place of the largest."""

    times: dict[str, np.ndarray]
    winners: dict[str, list[list[Place]]]
    potential: np.ndarray
    winner: list[Place]


def shown(graph: Graph, times: np.ndarray, device: str) -> Shown:
    """What a run on inputs that spike at ``times`` (N, C, H, W) shows."""
    steps = graph.timesteps
    x = spikes_at(np.minimum(times, steps), steps)
    result = snnrt.Network(graph).run(x, device=device, record=("spikes", "membranes"))
    first = {
        name: np.where(spikes.any(axis=1), spikes.argmax(axis=1), NEVER)
        for name, spikes in result.spikes.items()
    }
    winners = {
        name: [_in_order(one, potential) for one, potential in zip(first[name], result.membranes[source])]
        for name, source in ((name, name.replace("winners", "potential")) for name in first)
        if source in result.membranes and source != name
    }
    channels, height, width = graph["last"].shape
    potential = result.logits.reshape(-1, height, width, channels)
    places = (np.unravel_index(best, (height, width, channels)) for best in result.predictions)
    return Shown(
        first, winners, potential.transpose(0, 3, 1, 2), [(int(c), int(y), int(x)) for y, x, c in places]
    )


def _in_order(times: np.ndarray, potential: np.ndarray) -> list[Place]:
    """By time, then by the potential of that step, then by place."""
    found = [tuple(int(i) for i in place) for place in zip(*np.nonzero(times != NEVER))]
    found.sort(key=lambda place: (times[place], -potential[(times[place], *place)], place))
    return found  # type: ignore[return-value]
