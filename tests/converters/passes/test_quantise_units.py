"""Branches that meet share a unit, at the bounds where another would do."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.converters.passes.quantise import quantise
from snnrt.ir.graph import Graph
from snnrt.reference.run import Reference


def f(value: object) -> np.ndarray:
    return np.asarray(value, np.float32)


def agree(graph: Graph, quantised: Graph, x: np.ndarray) -> None:
    """Every weight is one that int8 holds: not one spike differs."""
    spikes = [Reference(one).run(x, record=("spikes",)).spikes["lif"] for one in (graph, quantised)]
    np.testing.assert_array_equal(*spikes)
    assert 0.05 < spikes[0].mean() < 0.95


@pytest.mark.parametrize(("pooled", "beside"), [(100.0, 0.25), (0.25, 100.0), (64.0, 4096.0)])
def test_a_pooled_branch_shares_the_unit_of_a_much_larger_one(pooled: float, beside: float) -> None:
    """A sum over 4 pixels stands for their mean: the unit before it is four times the one behind it."""
    g = GraphBuilder((1, 4, 4), encoding="spikes", timesteps=6)
    mean = g.avg_pool2d(g.conv2d(g.input, f(np.full((1, 1, 1, 1), pooled)), name="a"), kernel=2, stride=2)
    other = g.conv2d(g.input, f(np.full((1, 1, 2, 2), beside)), stride=2, name="b")
    x = g.lif(g.add(mean, other), 1.0, threshold=2 * max(pooled, beside), name="lif")
    graph = g.finish(g.flatten(x))
    quantised = quantise(graph)
    assert quantised["a"].scale == 4 * quantised["b"].scale
    assert quantised["lif"].scale == quantised["b"].scale
    # at least one branch uses its range
    assert max(abs(quantised[name].weights.astype(int)).max() for name in "ab") >= 64
    spikes = f(np.random.default_rng(1).random((8, 6, 1, 4, 4)) < 0.5)
    if min(pooled, beside) * 127 >= max(pooled, beside):
        agree(graph, quantised, spikes)
