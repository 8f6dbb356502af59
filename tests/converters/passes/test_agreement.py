"""A conversion's agreement with its source is what running both shows."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.converters.passes import agreement as module
from snnrt.converters.passes.agreement import agreement
from snnrt.converters.passes.quantise import quantise
from snnrt.ir.graph import Graph
from snnrt.reference.run import Reference


def f(value: object) -> np.ndarray:
    return np.asarray(value, np.float32)


def network(bias: float = 0.0) -> Graph:
    rng = np.random.default_rng(0)
    g = GraphBuilder(12, encoding="spikes", timesteps=8)
    x = g.dense(g.input, f(rng.normal(0.1, 0.5, (20, 12))), np.full(20, bias))
    x = g.lif(x, 0.9, name="first")
    return g.finish(g.lif(g.dense(x, f(rng.normal(0, 0.5, (4, 20)))), 0.9, name="second"))


X = f(np.random.default_rng(1).random((90, 8, 12)) < 0.3)


def test_it_is_what_the_reference_says() -> None:
    graph = network()
    quantised = quantise(graph, X)
    ours, theirs = (Reference(one).run(X, record=("spikes",)) for one in (quantised, graph))
    found = agreement(graph, quantised, X, theirs.predictions)
    assert (found.inputs, found.timesteps, found.source_accuracy) == (90, 8, 1.0)
    equal = float((ours.predictions == theirs.predictions).mean())
    assert found.class_agreement == equal == found.accuracy
    assert [layer.name for layer in found.layers] == ["first", "second"]
    for layer in found.layers:
        rates = [np.sort(run.spikes[layer.name].mean(axis=(0, 1))) for run in (ours, theirs)]
        assert layer.distance == pytest.approx(np.abs(rates[0] - rates[1]).mean())
        assert layer.rate == pytest.approx(rates[0].mean())
        assert layer.source_dead == (rates[1] == 0).mean()


def test_another_network_disagrees() -> None:
    found = agreement(network(), quantise(network(bias=-0.4), X), X)
    assert found.class_agreement < 0.99 and found.accuracy is None
    assert found.layers[0].distance > 0.1
    assert any("firing rates" in text for text in found.warnings())


def test_a_network_that_never_fires_is_told() -> None:
    silent = network(bias=-100.0)
    warnings = agreement(silent, quantise(silent, X), X).warnings()
    assert [text.split(" on ")[0] for text in warnings] == ["'first' never fires", "'second' never fires"]


def test_large_data_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = network()
    quantised = quantise(graph)
    labels = np.arange(90) % 4
    assert agreement(graph, quantised, X, labels).inputs == 90
    monkeypatch.setattr(module, "_TIMESTEPS", 8 * 80)
    assert agreement(graph, quantised, X, labels).inputs == 80
    monkeypatch.setattr(module, "_TIMESTEPS", 8)
    assert agreement(graph, quantised, X, labels).inputs == 64
