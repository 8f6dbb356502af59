"""Every draft has a verdict, also behind one that has no node."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from snnrt.converters.common import layers
from snnrt.converters.common.connections import connect
from snnrt.converters.common.drafted import Drafted
from snnrt.converters.common.drafts import (
    DelayDraft,
    Draft,
    InputDraft,
    LayerDraft,
    NeuronDraft,
    OutputDraft,
    UnsupportedDraft,
)
from snnrt.converters.common.finish import GraphOptions
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.common.verdicts import PASSES_ON, NodeVerdict, verdicts
from snnrt.ir.graph import Neuron

PLAN = UnsupportedDraft("Softmax", "snnrt has no node for it", "leave it out")


def dense(name: str, weights: np.ndarray, **told: str) -> LayerDraft:
    where = SourceNode(name, "Linear")
    return LayerDraft(
        "Linear", lambda shape: layers.dense(where, shape, weights, None), features=weights.shape[1], **told
    )


def neuron(name: str, threshold: object = 1.0) -> NeuronDraft:
    def build(shape: tuple[int, ...], recurrent: bool) -> Neuron:
        found = np.asarray(threshold, np.float32)
        if found.shape not in ((), shape):
            raise SourceNode(name, "LIF").complaint("threshold", f"shape {shape}", found.shape)
        if (found <= 0).any():
            raise SourceNode(name, "LIF").complaint("threshold", "values above 0", found.min())
        return Neuron(name, (), shape, threshold=found)

    return NeuronDraft("LIF", build)


def found(drafts: dict[str, Draft], edges=None, shape=(4,), **options) -> dict[str, NodeVerdict]:
    return {node.name: node for node in whole(drafts, edges, shape, **options).nodes}


def whole(drafts, edges=None, shape=(4,), **options):
    drafts = {"in": InputDraft("Input", np.array(shape)), **drafts, "out": OutputDraft("Output")}
    names = list(drafts)
    kinds = {name: draft.kind for name, draft in drafts.items()}
    edges = list(pairwise(names)) if edges is None else edges
    connections = connect(kinds, edges, ["in"], ["out"])
    return verdicts(Drafted(drafts, connections, GraphOptions(**options), "net", {}))


ONES = np.ones((3, 4), np.float32)


def test_what_can_be_converted():
    check = whole({"fc": dense("fc", ONES), "lif": neuron("lif")}, timesteps=4, readout="mean")
    assert [(node.name, node.verdict, node.shape) for node in check.nodes] == [
        ("in", "faithful", (4,)), ("fc", "faithful", (3,)), ("lif", "faithful", (3,)),
        ("out", "faithful", (3,)),
    ]  # fmt: skip
    assert [node.rule for node in check.nodes] == [
        "values of 0 … 1, the same at each timestep", "W·x, W 3×4",
        "v = v + x; fires where v ≥ θ; reset: to 0 at once; θ = 1", "logits: mean over timesteps",
    ]  # fmt: skip
    assert not check.problems and len(check.assumed) == 1


def test_a_draft_may_say_its_own_rule_and_what_is_approximate():
    node = found({"fc": dense("fc", ONES, rule="weights", approximate="rounded to 1e-3")})["fc"]
    assert (node.verdict, node.rule, node.reason) == ("approximate", "weights", "rounded to 1e-3")


def test_all_that_is_unsupported():
    check = found({"a": PLAN, "fc": dense("fc", ONES), "b": PLAN, "lif": neuron("lif", -1.0)})
    words = "snnrt has no node for it; leave it out"
    assert check["a"].verdict == check["b"].verdict == "unsupported"
    assert check["a"].reason == check["b"].reason == words
    # the layer of vectors says what it reads, so its output is known
    assert check["fc"].verdict == "faithful" and check["fc"].shape == (3,)
    assert check["lif"].verdict == "unsupported"
    assert check["lif"].reason == "threshold: expected values above 0, found -1.0"


def test_behind_the_unsupported_a_guess_refuses_nothing():
    check = found({"a": PLAN, "lif": neuron("lif"), "own": neuron("own", np.ones(7))})
    assert check["lif"].verdict == "faithful" and check["lif"].shape is None
    assert check["own"].verdict == "unknown" and "behind an unsupported node" in check["own"].reason


def test_an_input_that_is_none():
    check = found({"lif": neuron("lif"), "fc": dense("fc", ONES)}, shape=(0,))
    assert check["in"].verdict == "unsupported" and "shape: expected" in check["in"].reason
    assert check["lif"].verdict == "unknown" and check["fc"].verdict == "faithful"


def test_sums():
    drafts = {"a": dense("a", ONES), "b": dense("b", np.ones((2, 4), np.float32)), "lif": neuron("lif")}
    edges = [("in", "a"), ("in", "b"), ("a", "lif"), ("b", "lif"), ("lif", "out")]
    check = found(drafts, edges)
    assert check["lif"].verdict == "unsupported" and "inputs of equal shape" in check["lif"].reason
    drafts["b"] = dense("b", ONES)
    assert found(drafts, edges)["lif"].rule.startswith("sum of 2 inputs; v = ")


@pytest.mark.parametrize(
    ("delay", "verdict", "words"),
    [(2e-3, "faithful", "its input of 2 timesteps before"), (1.5e-3, "unsupported", "whole numbers of")],
)
def test_delays(delay, verdict, words):
    node = found({"wait": DelayDraft("Delay", np.array(delay), 1e-3), "lif": neuron("lif")})["wait"]
    assert node.verdict == verdict and words in node.rule + node.reason


def test_what_changes_nothing():
    node = found({"drop": LayerDraft("Dropout", lambda shape: None), "lif": neuron("lif")})["drop"]
    assert (node.verdict, node.rule) == ("faithful", PASSES_ON)


def test_a_problem_of_the_whole():
    drafts = {"a": dense("a", np.ones((4, 4), np.float32)), "lif": neuron("lif")}
    edges = [("in", "a"), ("a", "a"), ("a", "lif"), ("lif", "out")]
    check = whole(drafts, edges)
    assert check.problems == ("the nodes 'a' form a cycle without a neuron; expected one in it",)
    assert {node.verdict for node in check.nodes} == {"faithful"}


def test_a_cycle_that_the_input_does_not_reach():
    drafts = {"fc": dense("fc", ONES), "a": neuron("a"), "b": neuron("b"), "lif": neuron("lif")}
    edges = [("in", "fc"), ("fc", "lif"), ("a", "b"), ("b", "a"), ("b", "lif"), ("lif", "out")]
    check = found(drafts, edges)
    assert check["a"].verdict == check["b"].verdict == "unsupported" and "no path leads" in check["a"].reason
    assert check["lif"].verdict == "faithful"


def test_a_cycle_without_a_neuron_beside_what_is_unsupported():
    square = np.ones((4, 4), np.float32)
    drafts = {"plan": PLAN, "a": dense("a", square), "b": dense("b", square), "lif": neuron("lif")}
    edges = [("in", "plan"), ("plan", "a"), ("a", "b"), ("b", "a"), ("b", "lif"), ("lif", "out")]
    check = whole(drafts, edges)
    assert [node.name for node in check.nodes if node.verdict == "unsupported"] == ["plan"]
    assert check.problems == ("the nodes 'a', 'b' form a cycle without a neuron; expected one in it",)
    # what is unsupported in it may be one
    edges = [("in", "a"), ("a", "plan"), ("plan", "a"), ("plan", "b"), ("b", "lif"), ("lif", "out")]
    assert not whole(drafts, edges).problems
