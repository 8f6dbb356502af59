"""One layer of neurons that reads real currents: what the reference and the C core make of them."""

from __future__ import annotations

import numpy as np

from snnrt import GraphBuilder
from snnrt.network import Network

STEPS, NEURONS = 400, 256


def currents(seed: int, mean: float = 0.25, spread: float = 0.6) -> np.ndarray:
    """(STEPS, NEURONS) float32, normal."""
    return np.random.default_rng(seed).normal(mean, spread, (STEPS, NEURONS)).astype(np.float32)


def spikes_of(x: np.ndarray, dull: float = 0.01, **fields: object) -> np.ndarray:
    """(T, N) spikes of one float32 neuron of each column of ``x`` (T, N), whose ``fields`` are the builder's.

    The reference's, which the C core's equal. ``dull``: with a smaller share of spikes it would test nothing.
    """
    steps, neurons = x.shape
    g = GraphBuilder((neurons,), encoding="spikes", timesteps=steps, low=-100.0, high=100.0)
    network = Network(g.finish(g.neuron(g.input, name="n", **fields)))
    found = [
        network.run(x[None], record=("spikes",), device=device).spikes["n"][0]
        for device in ("reference", "cpu")
    ]
    np.testing.assert_array_equal(found[0], found[1])
    assert dull < np.mean(found[0] > 0) < 0.9, f"a dull test, mean {found[0].mean()}"
    return found[0]
