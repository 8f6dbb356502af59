"""Drafts become nodes, shapes on the way."""

import numpy as np
import pytest

from snnrt.converters.common.connections import Connections
from snnrt.converters.common.drafts import InputDraft, LayerDraft, OutputDraft, UnsupportedDraft
from snnrt.converters.common.layers import dense, flatten
from snnrt.converters.common.names import Names
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.common.wiring import Wiring
from snnrt.errors import ModelError


def linear(name, outputs, inputs):
    weights = np.ones((outputs, inputs), np.float32)
    return LayerDraft(
        "Linear", lambda shape: dense(SourceNode(name, "Linear"), shape, weights, None), features=inputs
    )


def wire(between, reads, sizes):
    drafts = {"in": InputDraft("Input", sizes), **between, "out": OutputDraft("Output")}
    wiring = Wiring(drafts, Connections({"in": [], **reads}, "in", "out"), Names(drafts), [])
    wiring.build("constant", 0.0, 1.0)
    return wiring


def test_layers_that_change_nothing_are_read_through_and_their_delays_add_up():
    nothing = LayerDraft("Identity", lambda shape: None)
    reads = {"i": [("in", 1)], "j": [("i", 2)], "fc": [("j", 1)], "out": [("fc", 0)]}
    wiring = wire({"i": nothing, "j": nothing, "fc": linear("fc", 2, 3)}, reads, (3,))
    assert set(wiring.nodes) == {"in", "fc"} and wiring.nodes["fc"].reads == [("in", 4)]
    wiring.add_readout("mean")
    assert wiring.nodes["out"].reads == [("fc", 0)] and wiring.nodes["out"].node.mode == "mean"


def test_a_sum_at_the_output_keeps_its_name():
    reads = {"a": [("in", 0)], "b": [("in", 0)], "out": [("a", 0), ("b", 1)]}
    wiring = wire({"a": linear("a", 2, 3), "b": linear("b", 2, 3)}, reads, (3,))
    wiring.add_readout("sum")
    assert wiring.nodes["out"].node.kind == "add" and wiring.nodes["out"].reads == [("a", 0), ("b", 1)]
    assert wiring.nodes["readout"].reads == [("out", 0)]


def test_a_flatten_that_counts_a_batch_axis():
    def flat(name):
        where = SourceNode(name, "Flatten")
        return LayerDraft("Flatten", lambda shape: flatten(where, shape, 1, -1), counts_batch=True)

    reads = {"f": [("in", 0)], "fc": [("f", 0)], "out": [("fc", 0)]}
    wiring = wire({"f": flat("f"), "fc": linear("fc", 2, 8)}, reads, (2, 2, 2))
    assert wiring.shapes["f"] == (8,)
    assert wiring.notes == ["'f' flattens all of (2, 2, 2) (its start_dim of 1 counts a batch axis)"]


def test_what_the_input_does_not_reach():
    reads = {"fc": [("in", 0), ("a", 1)], "a": [("a", 1)], "out": [("fc", 0)]}
    with pytest.raises(ModelError, match=r"node 'a' \(Linear\): no path leads to it from the input"):
        wire({"fc": linear("fc", 2, 3), "a": linear("a", 3, 3)}, reads, (3,))


def test_an_input_that_is_none_is_refused_in_its_words():
    drafts = {
        "in": UnsupportedDraft("Input", "its shape is missing", "export it again"),
        "out": OutputDraft("O"),
    }
    wiring = Wiring(drafts, Connections({"in": [], "out": [("in", 0)]}, "in", "out"), Names(drafts), [])
    with pytest.raises(ModelError, match=r"node 'in' \(Input\): its shape is missing; export it again"):
        wiring.build("constant", 0.0, 1.0)
