"""How many neurons have nothing to do, of a network where that is known."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

import snnrt

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from idle_neurons import idle_neurons, shares


def network() -> snnrt.Network:
    """64 neurons on a map of 2 × 4 × 8, each of which reads its own pixel, without a leak."""
    g = snnrt.GraphBuilder((2, 4, 8), encoding="spikes", timesteps=2, low=-9.0, high=9.0)
    x = g.conv2d(g.input, np.eye(2, dtype=np.float32).reshape(2, 2, 1, 1))
    x = g.neuron(x, membrane=1.0, threshold=100.0, reset="subtract", name="lif")
    return snnrt.Network(g.finish(g.flatten(g.sum_pool2d(x, (4, 8)))))


def test_words_are_those_of_memory() -> None:
    x = np.zeros((1, 2, 2, 4, 8), np.float32)
    # channels of a pixel lie side by side: the first 16 pixels are a word
    x[0, 0, :, 0, 0] = 3
    (layer,) = idle_neurons(network(), x)
    assert layer.shape == (1, 2, 64)
    assert not layer[0, :, :2].any() and layer[0, :, 2:].all()
    neurons, words = shares(network(), x)
    assert neurons == pytest.approx(62 / 64) and words == 0.5


def test_what_was_there_before_is_not_idle() -> None:
    x = np.zeros((1, 2, 2, 4, 8), np.float32)
    x[0, 0, 0, 3, 7], x[0, 1, 0, 3, 7] = 3, -3
    (layer,) = idle_neurons(network(), x)
    assert not layer[0, :, 62].any() and layer.sum() == 2 * 63
