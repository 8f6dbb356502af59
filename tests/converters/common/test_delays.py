"""Delays as nodes become steps of edges."""

import numpy as np
import pytest

from snnrt.converters.common.connections import Connections
from snnrt.converters.common.delays import resolve_delays
from snnrt.converters.common.drafts import DelayDraft, Draft
from snnrt.errors import ModelError
from snnrt.ir.graph import Delay

DT = 1e-3


def chain(*values, dt=DT):
    """input → a delay for each of ``values`` → output."""
    names = ["in", *(f"d{index}" for index in range(len(values))), "out"]
    drafts = {"in": Draft("Input"), "out": Draft("Output")}
    drafts |= {f"d{i}": DelayDraft("Delay", np.asarray(value), dt) for i, value in enumerate(values)}
    reads = {name: [(names[index - 1], 0)] if index else [] for index, name in enumerate(names)}
    return drafts, Connections(reads, "in", "out")


def test_delays_in_a_row_add_up():
    drafts, connections = chain(np.full((2, 3), 2 * DT, np.float32), 0.0, 3 * DT)
    resolve_delays(drafts, connections)
    assert set(drafts) == {"in", "out"} and connections.reads == {"in": [], "out": [("in", 5)]}


def test_each_source_of_a_delay_is_delayed():
    drafts, connections = chain(DT)
    drafts["a"] = Draft("Linear")
    connections.reads |= {"a": [("in", 0)], "d0": [("in", 1), ("a", 0)]}
    connections.reads["out"] = [("d0", 2), ("a", 0)]
    resolve_delays(drafts, connections)
    assert connections.reads["out"] == [("in", 4), ("a", 3), ("a", 0)]


@pytest.mark.parametrize("shape", [(2,), (2, 1, 2)])
def test_elements_that_wait_differently_become_a_node(shape):
    waited = np.arange(2, 2 + np.prod(shape), dtype=np.float32).reshape(shape)
    drafts, connections = chain(DT * waited)
    resolve_delays(drafts, connections)
    assert connections.reads == {"in": [], "d0": [("in", 2)], "out": [("d0", 0)]}
    node = drafts["d0"].build((2, 1, 2))
    assert isinstance(node, Delay) and np.array_equal(node.steps, waited - 2)
    with pytest.raises(ModelError, match=r"'d0' \(Delay\): expected delays for \(3,\)"):
        drafts["d0"].build((3,))


@pytest.mark.parametrize(
    "value, found",
    [
        (1.5 * DT, "0.0015 to 0.0015 s"),
        ([DT, 1.5 * DT], "0.001 to 0.0015 s"),
        (-DT, "-0.001 to -0.001 s"),
        (1025 * DT, "1.025 to 1.025 s"),
        (np.nan, "nan to nan s"),
        (np.zeros(0), "nothing"),
        (np.array("x"), "nothing"),
    ],
)
def test_refused(value, found):
    drafts, connections = chain(value)
    with pytest.raises(ModelError, match=rf"'d0' \(Delay\): expected whole .*dt = 0.001 s.*found {found}"):
        resolve_delays(drafts, connections)


def test_too_long_together_and_reading_itself():
    with pytest.raises(ModelError, match="add up to 1200 steps; expected at most 1024"):
        resolve_delays(*chain(600 * DT, 600 * DT))
    drafts, connections = chain(DT)
    connections.reads["d0"].append(("d0", 0))
    with pytest.raises(ModelError, match=r"'d0' \(Delay\): reads itself"):
        resolve_delays(drafts, connections)
