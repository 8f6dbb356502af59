"""Decays by shifts: the nearest, and what they change."""

from __future__ import annotations

import numpy as np
import pytest
from quantised_networks import agreement, f, vector_network

from snnrt import GraphBuilder
from snnrt.converters.passes.quantise import quantise
from snnrt.converters.passes.shifts import moved_decays, nearest_shift
from snnrt.errors import ModelError


def lines(**fields: object) -> list[str]:
    g = GraphBuilder((3,), timesteps=2)
    return moved_decays(g.finish(g.neuron(g.input, name="lif", threshold=1, **fields)))


@pytest.mark.parametrize("k", [0, 1, 2, 7, 15, 20])
def test_a_decay_of_one_less_a_power_of_two_is_that_shift(k):
    decay = np.float32(1 - 2.0**-k)
    assert nearest_shift(np.asarray(decay, np.float64)) == k
    assert lines(membrane=decay) == []


def test_the_nearest_is_by_ratio_and_bounded():
    # 1 − α of 0.3: twice a quarter is 0.5, farther by ratio
    found = nearest_shift(np.array([0.7, 0.64, 0.0, 1 - 2.0**-40]))
    assert found.tolist() == [2, 1, 0, 31] and found.dtype == np.int32


def test_what_changes_is_said():
    assert lines(membrane=0.9) == ["node 'lif': membrane: a decay of 0.9 becomes 0.875 (1 − 2^−3)"]
    # the worst of several; a membrane by Euler decays by 1 − k
    assert lines(membrane=[0.75, 0.7, 0.74]) == [
        "node 'lif': membrane: a decay of 0.7 becomes 0.75 (1 − 2^−2)"
    ]
    assert lines(membrane=0.25, integration="euler") == []
    assert lines(membrane=4, integration="divide") == []
    assert lines(membrane=0.5, synapse=0.6, synapse_order="use_then_decay") == [
        "node 'lif': synapse: a decay of 0.4 becomes 0.5 (1 − 2^−1)"
    ]
    assert lines(membrane=0.5, adaptation=1, adaptation_decay=0.6) == [
        "node 'lif': adaptation_decay: a decay of 0.6 becomes 0.5 (1 − 2^−1)"
    ]


def test_what_does_not_decay_stays_a_product():
    assert lines(membrane=1) == []
    assert lines(membrane=1, synapse=0.9) == ["node 'lif': its decays stay products: membrane does not decay"]


def test_decays_become_shifts() -> None:
    """Rockpool's 1 − 2⁻ᵏ exactly, others the nearest; a neuron that does not leak keeps its product."""
    graph = vector_network(
        membrane=f(1 - 2.0**-3), synapse=f(0.7), adaptation=f(0.1), adaptation_decay=f(0.99)
    )
    quantised = quantise(graph, decays="shift")
    found = quantised["lif"]
    assert found.shift_decay and (found.membrane, found.synapse, found.adaptation_decay) == (3, 2, 7)
    assert not quantise(vector_network(membrane=f(1)), decays="shift")["lif"].shift_decay
    assert not quantise(graph)["lif"].shift_decay
    x = (np.random.default_rng(0).random((4, 6, 40)) < 0.3).astype(np.float32)
    near = graph.with_(nodes=tuple(
        node.with_(synapse=f(0.75), adaptation_decay=f(1 - 2.0**-7)) if node.name == "lif" else node
        for node in graph
    ))  # fmt: skip
    assert agreement(near, quantised, x)[0] > 0.97
    with pytest.raises(ModelError, match="decays: expected 'product' or 'shift', found 'half'"):
        quantise(graph, decays="half")
