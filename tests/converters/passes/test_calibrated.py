"""Finer weights where classes need them, told and measured; never where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.converters.passes import calibrated as module
from snnrt.converters.passes.agreement import Judge
from snnrt.converters.passes.calibrated import calibrated
from snnrt.converters.passes.quantise import Quantiser, quantise
from snnrt.converters.passes.quantise_fine import fine_layers
from snnrt.devices.models import model_of
from snnrt.ir.graph import Graph

X = (np.random.default_rng(0).integers(0, 256, (400, 30)) / 255).astype(np.float32)


def network(encoding: str = "constant") -> Graph:
    """Random weights: its classes are close."""
    rng = np.random.default_rng(1)
    g = GraphBuilder(30, encoding=encoding, timesteps=12)
    x = g.lif(g.dense(g.input, rng.normal(0.05, 0.6, (100, 30)), name="first"), 0.9, name="lif1")
    return g.finish(g.lif(g.dense(x, rng.normal(0.02, 0.3, (10, 100)), name="second"), 0.9, name="lif2"))


def held_back() -> np.ndarray:
    """What roundings are not fitted to: all but 64, evenly spread."""
    return np.delete(X, np.linspace(0, len(X) - 1, 64).astype(int), axis=0)


def at_least(graph: Graph, found: Graph) -> float:
    return 1 - Judge(graph, held_back()).judged(found)[1].at_most


def test_finer_weights_until_enough_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = network()
    made = Quantiser(graph, X, None, X[np.linspace(0, len(X) - 1, 64).astype(int)])
    shown = {fine: at_least(graph, made.graph(fine=fine)) for fine in ("none", "constant", "all")}
    assert shown["none"] < shown["constant"] < shown["all"]
    for least, layers in (
        (shown["none"], ()),
        ((shown["none"] + shown["constant"]) / 2, ("first",)),
        ((shown["constant"] + shown["all"]) / 2, ("first", "second")),
    ):
        monkeypatch.setattr(module, "LEAST_CLASSES", least)
        found = calibrated(graph, X)
        assert fine_layers(found.graph, graph) == layers
        assert found.agreement == Judge(graph, held_back()).judged(found.graph)[0]
        assert at_least(graph, found.graph) >= least
        assert bool(found.told) == bool(layers)


def test_what_was_chosen_is_told_with_its_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = network()
    monkeypatch.setattr(module, "LEAST_CLASSES", 1.0)
    found = calibrated(graph, X)
    (line,) = found.told
    one = model_of(Quantiser(graph, X).graph()).info
    finer = model_of(found.graph).info
    assert line.startswith("fine: the weights of 'first', 'second' take two int8 each: 100.0% of the classes")
    assert "336 calibration inputs held back" in line
    costs = finer.file_bytes - one.file_bytes, finer.arena_bytes - one.arena_bytes
    assert "it costs {:,} bytes of model and {:,} of arena".format(*costs) in line


def test_the_largest_layer_stays_one_where_that_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    g = GraphBuilder(30, encoding="spikes", timesteps=8)
    x = g.lif(g.dense(g.input, rng.normal(0.05, 0.6, (20, 30)), name="first"), 0.9, name="lif1")
    x = g.lif(g.dense(x, rng.normal(0.1, 0.5, (100, 20)), name="second"), 0.9, name="lif2")
    graph = g.finish(g.lif(g.dense(x, rng.normal(0.02, 0.1, (30, 100)), name="third"), 0.9, name="lif3"))
    x = np.repeat(X[:200, None] > 0.6, 8, axis=1).astype(np.float32)
    judge = Judge(graph, x)
    poor = judge.judged(quantise(graph, x))[1].at_most
    monkeypatch.setattr(module, "LEAST_CLASSES", 1 - poor * 0.8)
    assert fine_layers(calibrated(graph, x).graph, graph) == ("first", "second")


def test_a_choice_is_kept() -> None:
    graph = network()
    for fine, layers in (("none", ()), ("all", ("first", "second")), (["second"], ("second",))):
        found = calibrated(graph, X, fine=fine)
        assert fine_layers(found.graph, graph) == layers and found.told == ()


def test_too_few_inputs_choose_nothing() -> None:
    graph = network()
    for inputs, layers in ((58, 0), (59, 2)):
        found = calibrated(graph, X[:inputs])
        assert len(fine_layers(found.graph, graph)) == layers
        assert found.agreement.inputs == (58 if not layers else 30)


def test_nothing_changes_where_finer_weights_do_not_help() -> None:
    g = GraphBuilder(30, timesteps=3)
    weights = np.random.default_rng(0).integers(-7, 8, (10, 30)) / 64
    # weights on a grid are exact in int8 already; the threshold is not
    graph = g.finish(g.lif(g.dense(g.input, weights, name="fc"), 0.9, threshold=0.3337))
    found = calibrated(graph, X[:60])
    assert fine_layers(found.graph, graph) == ()
    assert all("no more with finer weights" in line for line in found.told)


def test_membranes_of_16_bits_have_no_room() -> None:
    graph = network()
    assert fine_layers(calibrated(graph, X, state_bits=16).graph, graph) == ()
