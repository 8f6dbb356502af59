"""Weights in two int8: as the float32 network to within the finer step, exact where they fit."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder, ModelError
from snnrt.converters.passes.quantise import quantise
from snnrt.converters.passes.quantise_fine import Fine, fine_layers
from snnrt.ir.graph import Add, Graph, Weighted
from snnrt.network import Network
from snnrt.reference.run import Reference

RNG = np.random.default_rng(3)
X = (RNG.integers(0, 256, (40, 2, 8, 8)) / 255).astype(np.float32)


def network(scale: float = 0.5, encoding: str = "constant") -> Graph:
    rng = np.random.default_rng(1)
    g = GraphBuilder((2, 8, 8), encoding=encoding, timesteps=6)
    x = g.conv2d(g.input, scale * rng.normal(0.1, 1, (5, 2, 3, 3)), rng.normal(0, 0.1, 5), name="conv")
    x = g.flatten(g.lif(x, 0.8, name="lif1"))
    return g.finish(g.lif(g.dense(x, rng.normal(0, 0.2, (4, 180)), name="fc"), 0.9, name="lif2"))


def realised(graph: Graph, name: str) -> np.ndarray:
    """The weights that an int8 graph's layer stands for, for inputs of 255 levels to 1."""
    parts = {part: graph[f"{name}.{part}"] for part in ("coarse", "fine")}
    assert all(isinstance(part, Weighted) for part in parts.values())
    factor = int(parts["coarse"].inputs[0].source.rpartition("times")[2])
    coarse, fine = (part.weights.astype(np.float64) for part in parts.values())
    scale = parts["fine"].scale.reshape(-1, 1, 1, 1)
    return (coarse * factor + fine) * scale * 255


def flips(fine: Fine) -> float:
    graph = network()
    ours, theirs = (Reference(g).run(X, record=("spikes",)) for g in (quantise(graph, X, fine=fine), graph))
    return float((ours.spikes["lif1"] != theirs.spikes["lif1"]).mean())


def test_a_weight_is_sixteen_times_finer() -> None:
    graph = network()
    found = quantise(graph, X, fine="constant")
    weights = graph["conv"].weights
    step = np.abs(weights).reshape(5, -1).max(axis=1).reshape(-1, 1, 1, 1) / 127
    error = np.abs(realised(found, "conv") - weights) / step
    # each to the nearest fine step, or some further where others make up for it
    assert error.max() < 3 / 16 and error.mean() < 1 / 32 + 0.02
    assert fine_layers(found, graph) == ("conv",) and isinstance(found["conv"], Add)


def test_fewer_spikes_move() -> None:
    assert flips("constant") < flips("none") / 4


def test_the_core_computes_what_the_reference_does() -> None:
    graph = quantise(network(), X, fine="all")
    assert fine_layers(graph, network()) == ("conv", "fc")
    ours = Network(graph).run(X, record=("spikes",))
    theirs = Reference(graph).run(X, record=("spikes",))
    for name, spikes in theirs.spikes.items():
        assert (ours.spikes[name] == spikes).all()
    assert (ours.logits == theirs.logits).all()


def test_layers_by_name() -> None:
    assert fine_layers(quantise(network(), X, fine=["fc"]), network()) == ("fc",)
    # an input over time is not constant
    events = network(encoding="spikes")
    assert fine_layers(quantise(events, fine="constant"), events) == ()
    with pytest.raises(ModelError, match=r"fine: expected .* names of 'conv', 'fc', found 'lif1'"):
        quantise(network(), X, fine=["conv", "lif1"])
    with pytest.raises(ModelError, match="found 'some'"):
        quantise(network(), X, fine="some")
    with pytest.raises(ModelError, match="state_bits 16"):
        quantise(network(), X, state_bits=16, fine="all")


def test_weights_on_a_grid_stay_one() -> None:
    g = GraphBuilder(6, timesteps=3)
    weights = np.random.default_rng(0).integers(-7, 8, (4, 6)) / 8
    graph = g.finish(g.lif(g.dense(g.input, weights, name="fc"), 0.9))
    assert fine_layers(quantise(graph, fine="all"), graph) == ()


def test_a_layer_without_room_stays_one_and_is_refused_by_name() -> None:
    g = GraphBuilder(8000, timesteps=2)
    weights = np.random.default_rng(0).normal(0, 1, (2, 8000)) / 200
    graph = g.finish(g.lif(g.dense(g.input, weights, name="fc"), 0.9))
    # 8,000 · 127 · 255 · 4 is above half of 2³⁰
    assert fine_layers(quantise(graph, fine="all"), graph) == ()
    with pytest.raises(ModelError, match="'fc': fine: no room"):
        quantise(graph, fine=["fc"])


def test_a_unit_that_others_make_coarse_leaves_a_layer_whole() -> None:
    g = GraphBuilder(6, timesteps=3)
    rng = np.random.default_rng(0)
    # the threshold needs a unit of more than 1/16 of a step
    x = g.dense(g.input, rng.normal(0, 1e-4, (4, 6)), name="fc")
    graph = g.finish(g.lif(x, 0.9, threshold=100.0))
    plain, fine = quantise(graph), quantise(graph, fine="all")
    assert fine_layers(fine, graph) == ()
    assert (plain["fc"].weights == fine["fc"].weights).all()
