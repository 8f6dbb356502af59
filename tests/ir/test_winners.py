"""k-winners-take-all: by hand, and against the published whole-run form."""

from __future__ import annotations

import numpy as np
import pytest
from competing_networks import competing, times
from hypothesis import given, settings
from hypothesis import strategies as st
from spyketorch_form import NEVER, first_spikes, get_k_winners

import snnrt
from snnrt.converters.passes.quantise import quantise
from snnrt.ir.graph import Arithmetic
from snnrt.ir.nodes import Winners

RUNS = [("cpu", "float32"), ("reference", "float32"), ("cpu", "integer"), ("reference", "integer")]


@pytest.mark.parametrize(("device", "arithmetic"), RUNS)
@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_step_by_step_is_the_whole_run(seed: int, device: str, arithmetic: Arithmetic) -> None:
    rng = np.random.default_rng(seed)
    # places that fill whole words, too: what is closed beyond the border would be a map
    size = (8, 8) if rng.random() < 0.3 else (int(rng.integers(1, 7)), int(rng.integers(1, 7)))
    shape = (int(rng.choice([1, 4, 20, 33])), *size)
    k, radius = int(rng.integers(1, 9)), int(rng.integers(0, 4))
    # cumulative, with many equals
    x = rng.integers(0, 3, (2, 5, *shape)).cumsum(axis=1).astype(np.float32)
    found = times(competing(Winners, shape, 5, 4.0, arithmetic, k=k, radius=radius), x, device)
    for potentials, first in zip(x, found):
        winners = get_k_winners(first_spikes(potentials, 4.0), potentials, k, radius)
        assert set(zip(*(axis.tolist() for axis in np.nonzero(first != NEVER)))) == set(winners)
        assert sorted(first[winner] for winner in winners) == [first[winner] for winner in winners]


@pytest.mark.parametrize(("device", "arithmetic"), RUNS)
@pytest.mark.parametrize(
    ("k", "radius", "decided", "expected"),
    [
        (1, 0, True, [[NEVER] * 4, [NEVER, 0, NEVER, NEVER], [NEVER] * 4]),
        # a place may have two winners, a map may not
        (2, 0, True, [[NEVER, 0, NEVER, NEVER], [NEVER, 0, NEVER, NEVER], [NEVER] * 4]),
        (9, 0, True, [[NEVER, 0, NEVER, NEVER], [NEVER, 0, NEVER, NEVER], [2, NEVER, NEVER, NEVER]]),
        # the first map has its winner a step later, beyond the second map's window
        (3, 1, True, [[NEVER, NEVER, NEVER, 1], [NEVER, 0, NEVER, NEVER], [NEVER] * 4]),
        (3, 2, True, [[NEVER] * 4, [NEVER, 0, NEVER, NEVER], [NEVER] * 4]),
        # without potentials the lowest map, then the first place
        (2, 0, False, [[NEVER, 0, NEVER, NEVER], [0, NEVER, NEVER, NEVER], [NEVER] * 4]),
        (1, 0, False, [[NEVER, 0, NEVER, NEVER], [NEVER] * 4, [NEVER] * 4]),
    ],
)
def test_by_hand(
    k: int, radius: int, decided: bool, expected: list, device: str, arithmetic: Arithmetic
) -> None:
    x = np.zeros((1, 3, 3, 1, 4), np.float32)
    x[0, :, 0, 0] = [0, 8, 6, 0], [0, 8, 6, 7], [0, 8, 6, 7]
    x[0, :, 1, 0] = [5, 9, 5, 0], [5, 9, 5, 7], [5, 9, 5, 7]
    x[0, :, 2, 0] = [0, 0, 0, 0], [0, 0, 0, 0], [9, 0, 0, 8]
    graph = competing(Winners, (3, 1, 4), 3, 4.0, arithmetic, decided, k=k, radius=radius)
    assert times(graph, x, device)[0, :, 0].tolist() == expected


@pytest.mark.parametrize(("device", "arithmetic"), RUNS)
def test_k_of_a_vector_win_over_the_whole_run(device: str, arithmetic: Arithmetic) -> None:
    graph = competing(Winners, (70,), 3, 1.0, arithmetic, k=3)
    x = np.zeros((2, 3, 70), np.float32)
    x[:, 0, 69] = 2
    x[:, 1, [7, 33, 40, 69]] = 2, 4, 3, 9
    x[:, 2, [7, 33]] = 9, 2
    result = snnrt.Network(graph).run(x, device=device)
    for logits in result.logits:
        assert np.flatnonzero(logits).tolist() == [33, 40, 69]
        assert logits[[33, 40, 69]].tolist() == [2, 1, 2]


def test_int8_keeps_the_winners() -> None:
    rng = np.random.default_rng(5)
    g = snnrt.GraphBuilder((2, 9, 9), encoding="spikes", timesteps=6)
    weights = rng.random((6, 2, 3, 3)) * np.array([1, 3, 0.2, 1, 0.5, 2])[:, None, None, None]
    current = g.conv2d(g.input, weights, padding=1, name="conv")
    potentials = g.neuron(current, membrane=1.0, reset="none")
    x = g.winners(g.if_(current, threshold=4.0, reset="none"), potentials, k=4, radius=1)
    graph = g.finish(g.flatten(x, channels_last=True))
    data = (rng.random((40, 6, 2, 9, 9)) < 0.2).astype(np.float32)
    quantised = quantise(graph, data)
    assert np.unique(quantised["conv"].scale).size == 1
    wanted = snnrt.Network(graph).run(data).logits
    found = snnrt.Network(quantised).run(data).logits
    assert ((wanted > 0) & (found > 0)).sum() > 0.9 * (wanted > 0).sum()
    np.testing.assert_array_equal(snnrt.Network(quantised).run(data, device="reference").logits, found)
