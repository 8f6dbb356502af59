"""How often spikes are multiplied beside an input of many levels."""

from __future__ import annotations

import numpy as np
import pytest
from effort import whole

from snnrt import GraphBuilder
from snnrt.converters.passes.quantise import quantise
from snnrt.ir.graph import Graph, Neuron


def f(value: object) -> np.ndarray:
    return np.asarray(value, np.float32)


def mixed(spikes: int) -> Graph:
    """An input from 0 to 1 and as many neurons as ``spikes``, both with weight 1 into one sum."""
    g = GraphBuilder(2, timesteps=4)
    fired = g.if_(g.dense(g.input, f(np.ones((spikes, 2)))), name="first")
    drive = g.dense(g.input, f(np.ones((3, 2))), name="drive")
    back = g.dense(fired, f(np.ones((3, spikes))), name="back")
    return g.finish(g.lif(g.add(drive, back), 0.5, name="lif"))


@pytest.mark.parametrize(
    ("levels", "spikes", "factor"),
    [
        # int8 weights on both, one unit for the sum: up to twice as coarse is borne
        (1, 5, 1),
        (2, 5, 1),
        (4, 5, 4),
        (16, 5, 16),
        (32, 5, 64),
        (255, 5, 256),
        # 2^29 over 127 a weight and neuron leaves room for 211 copies
        pytest.param(255, 20000, 64, marks=whole),
    ],
)
def test_spikes_beside_many_levels_are_multiplied_as_needed(levels: int, spikes: int, factor: int) -> None:
    # inputs on a grid keep its unit, 1 / levels
    quantised = quantise(mixed(spikes), f(np.arange(4000) % (levels + 1) / levels).reshape(-1, 2))
    assert quantised.input.peak == levels
    source = quantised["back"].inputs[0].source
    assert source == ("first" if factor == 1 else f"first.times{factor}")
    copies = 1
    while source != "first":
        assert [edge.source for edge in quantised[source].inputs] == [quantised[source].inputs[0].source] * 4
        source, copies = quantised[source].inputs[0].source, 4 * copies
    assert copies == factor
    assert isinstance(quantised[source], Neuron)
    np.testing.assert_array_equal(quantised["back"].scale, quantised["drive"].scale)
