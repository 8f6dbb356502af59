"""Types and largest values of outputs: by hand, through chains and loops."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.errors import ModelError
from snnrt.ir.graph import Add, Edge, Exit, Graph, Input, Readout, SumPool2d
from snnrt.ir.value_types import largest_values, output_types


def pooled(multiple: int, kernel: int) -> Graph:
    """Neurons of up to so many spikes a step, pooled and added to themselves."""
    g = GraphBuilder((2, 8, 8), arithmetic="integer", timesteps=2, scale=1 / 9, peak=9, name="x")
    x = g.conv2d(g.input, np.ones((2, 2, 1, 1), np.int8), scale=np.ones(2), name="conv")
    x = g.neuron(
        x, membrane=32768, threshold=1, reset="subtract", multiple=multiple > 1, max_spikes=multiple, name="n"
    )
    x = g.sum_pool2d(x, kernel=kernel, stride=kernel, name="pool")
    both = g.add(x, x, x, name="sum")
    weights = np.zeros((3, int(np.prod(both.shape))), np.int8)
    x = g.dense(g.flatten(both, name="f"), weights, scale=np.ones(3))
    return g.finish(x, scale=np.ones(3))


def test_types_by_hand() -> None:
    types = output_types(pooled(1, 2))
    assert types == {
        "x": "int16", "conv": "int32", "n": "bits", "pool": "int16", "sum": "int16", "f": "int16",
        "dense1": "int32", "readout": "int32", "exit": "int32",
    }  # fmt: skip
    assert output_types(pooled(5, 2))["n"] == "int16"


@pytest.mark.parametrize(("multiple", "kernel"), [(1, 1), (1, 2), (5, 2), (7, 4)])
def test_largest_by_hand(multiple: int, kernel: int) -> None:
    found = largest_values(pooled(multiple, kernel))
    window = multiple * kernel**2
    assert found == {"x": 9, "n": multiple, "pool": window, "sum": 3 * window, "f": 3 * window}


def test_the_end_of_16_bits() -> None:
    """3 · 4 · 2730 is 32760; one spike more a step is 32772."""
    assert largest_values(pooled(2730, 2))["sum"] == 32760
    with pytest.raises(ModelError, match=r"'sum' \(add\): values can reach 32772, expected at most 32767"):
        pooled(2731, 2)


def looped(*between: tuple[str, str]) -> Graph:
    """Nodes that hand on what they read, in a circle."""
    nodes = [
        SumPool2d(name, (Edge(source, int(source > name)),), (1, 2, 2), kernel=(1, 1))
        for name, source in between
    ]
    ends = (Readout("r", (Edge("x"),), (4,)), Exit("e", (Edge("r"),), (4,)))
    return Graph((Input("x", (), (4,), encoding="spikes"), *nodes, *ends), 2, "integer")


def test_a_circle_has_no_bound() -> None:
    with pytest.raises(ModelError, match=r"\(sum_pool2d\): reads itself with no neuron or add between"):
        output_types(looped(("a", "b"), ("b", "a")))


def test_a_sum_of_itself_grows_without_end() -> None:
    nodes = (
        Input("x", (), (4,), encoding="spikes", peak=1),
        Add("a", (Edge("x"), Edge("a", 1)), (4,)),
        Readout("r", (Edge("a"),), (4,), scale=np.ones(4, np.float32)),
        Exit("e", (Edge("r"),), (4,)),
    )
    with pytest.raises(ModelError, match=r"'a' \(add\): int16 values in a loop .* no bound"):
        largest_values(Graph(nodes, 2, "integer"))
