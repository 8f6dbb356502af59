"""Finer weights where classes need them, told and measured; never where they do not."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.converters.passes import calibrated as module
from snnrt.converters.passes.agreement import agreement
from snnrt.converters.passes.calibrated import calibrated
from snnrt.converters.passes.quantise import quantise
from snnrt.converters.passes.quantise_fine import fine_layers
from snnrt.ir.graph import Graph

X = (np.random.default_rng(0).integers(0, 256, (400, 30)) / 255).astype(np.float32)


def network(encoding: str = "constant") -> Graph:
    """Random weights: its classes are close."""
    rng = np.random.default_rng(1)
    g = GraphBuilder(30, encoding=encoding, timesteps=12)
    x = g.lif(g.dense(g.input, rng.normal(0.05, 0.6, (100, 30)), name="first"), 0.9, name="lif1")
    return g.finish(g.lif(g.dense(x, rng.normal(0.02, 0.3, (10, 100)), name="second"), 0.9, name="lif2"))


def test_poor_agreement_makes_the_first_layer_finer() -> None:
    graph = network()
    plain = agreement(graph, quantise(graph, X), X).class_agreement
    assert plain < module.LEAST_CLASSES
    found = calibrated(graph, X)
    assert fine_layers(found.graph, graph) == ("first",)
    assert found.agreement == agreement(graph, found.graph, X)
    assert found.agreement.class_agreement > plain
    (line,) = found.told
    assert line.startswith(f"fine: the weights of 'first' take two int8 each, since with one {plain:.2%}")
    assert line.endswith("fine all is nearer still, at twice the weights of every layer")


def test_a_choice_is_kept() -> None:
    graph = network()
    for fine, layers in (("none", ()), ("all", ("first", "second")), (["second"], ("second",))):
        found = calibrated(graph, X, fine=fine)
        assert fine_layers(found.graph, graph) == layers and found.told == ()


def test_nothing_changes_where_classes_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = network()
    monkeypatch.setattr(module, "LEAST_CLASSES", 0.9)
    found = calibrated(graph, X)
    assert fine_layers(found.graph, graph) == () and found.told == ()


def test_nothing_changes_where_no_layer_reads_a_constant() -> None:
    graph = network("spikes")
    found = calibrated(graph, np.repeat(X[:, None], 12, axis=1))
    assert found.agreement.class_agreement < module.LEAST_CLASSES
    assert fine_layers(found.graph, graph) == () and found.told == ()


def test_membranes_of_16_bits_have_no_room() -> None:
    graph = network()
    assert fine_layers(calibrated(graph, X, state_bits=16).graph, graph) == ()
