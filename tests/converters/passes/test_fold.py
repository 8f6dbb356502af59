"""Scales between layers: where each goes, and that the numbers stay the same."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from snnrt.converters.passes.fold import MAX_DIAGONAL, Scale, fold_scales
from snnrt.errors import ModelError
from snnrt.ir.graph import Add, Conv2d, Dense, Edge, Exit, Flatten, Graph, Input, Neuron, Node, Readout
from snnrt.reference.run import Reference

# dyadic: every product and sum is exact, in any order
RNG = np.random.default_rng(0)
X = (RNG.integers(0, 9, (5, 4, 3)) / 8).astype(np.float32)
HALF = np.array(0.5, np.float32)
EACH = np.array([2.0, 0.25, 4.0], np.float32)


def dyadic(*shape: int) -> np.ndarray:
    return (RNG.integers(-8, 9, shape) / 8).astype(np.float32)


def dense(name: str, source: str, bias: bool = True) -> Dense:
    return Dense(name, (Edge(source),), (3,), weights=dyadic(3, 3), bias=dyadic(3) if bias else None)


def lif(name: str, source: str, **fields: object) -> Neuron:
    options = {"membrane": HALF, "threshold": np.ones((), np.float32), "reset": "subtract", **fields}
    return Neuron(name, (Edge(source),), (3,), **options)  # type: ignore[arg-type]


def scale(name: str, source: str, factors: np.ndarray, delay: int = 0) -> Scale:
    return Scale(name, (Edge(source, delay),), (3,), factors=factors)


def logits(nodes: tuple[Node, ...]) -> np.ndarray:
    first = Input("x", (), (3,), encoding="spikes")
    last = nodes[-1].name
    ends = (Readout("r", (Edge(last),), (3,)), Exit("e", (Edge("r"),), (3,)))
    return Reference(Graph((first, *nodes, *ends), 4)).run(X).logits


def as_layers(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Each scale as the diagonal layer that it is."""
    return tuple(
        Dense(node.name, node.inputs, node.shape, weights=np.diag(np.broadcast_to(node.factors, 3)))
        if isinstance(node, Scale)
        else node
        for node in nodes
    )


def check(*nodes: Node) -> dict[str, Node]:
    folded = fold_scales((Input("x", (), (3,), encoding="spikes"), *nodes))[1:]
    assert not any(isinstance(node, Scale) for node in folded)
    np.testing.assert_array_equal(logits(folded), logits(as_layers(nodes)))
    return {node.name: node for node in folded}


@pytest.mark.parametrize("factors", [HALF, EACH])
def test_into_the_gain_of_a_neuron(factors: np.ndarray) -> None:
    found = check(dense("d", "x"), scale("s", "d", factors), lif("n", "s"))
    assert list(found) == ["d", "n"]
    np.testing.assert_array_equal(found["n"].gain, factors)
    assert isinstance(found["n"].gain, np.ndarray) and found["n"].gain.dtype == np.float32


@pytest.mark.parametrize("gain", [HALF, EACH])
@pytest.mark.parametrize("factors", [HALF, EACH])
def test_a_gain_that_is_there_is_multiplied(gain: np.ndarray, factors: np.ndarray) -> None:
    """Two scalars make an array without dimensions, not a number."""
    found = check(dense("d", "x"), scale("s", "d", factors), lif("n", "s", gain=gain))
    np.testing.assert_array_equal(found["n"].gain, gain * factors)
    assert isinstance(found["n"].gain, np.ndarray) and found["n"].gain.dtype == np.float32


@pytest.mark.parametrize("first", [HALF, EACH])
@pytest.mark.parametrize("second", [HALF, EACH])
def test_two_in_a_row_before_a_neuron(first: np.ndarray, second: np.ndarray) -> None:
    found = check(dense("d", "x"), scale("a", "d", first), scale("b", "a", second), lif("n", "b"))
    assert list(found) == ["d", "n"]
    np.testing.assert_array_equal(found["n"].gain, first * second)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_several_in_a_row_between_layers(count: int) -> None:
    names = ["x", *(f"s{place}" for place in range(count))]
    scales = [
        scale(name, source, [HALF, EACH][place % 2]) for place, (source, name) in enumerate(pairwise(names))
    ]
    found = check(*scales, dense("d", names[-1]))
    assert list(found) == ["d"]


def test_two_in_a_row_of_which_another_reads_the_first() -> None:
    """The first is read twice and stays a layer; the second goes into its reader."""
    both = Add("sum", (Edge("d"), Edge("a")), (3,))
    found = check(lif("n", "x"), scale("a", "n", EACH), scale("b", "a", HALF), dense("d", "b"), both)
    assert list(found) == ["n", "a", "d", "sum"]
    assert isinstance(found["a"], Dense)


def test_into_the_layer_before_where_two_read_it() -> None:
    both = Add("sum", (Edge("n"), Edge("m")), (3,))
    found = check(
        dense("d", "x"), scale("s", "d", EACH), lif("n", "s"), lif("m", "s", membrane=EACH / 8), both
    )
    assert list(found) == ["d", "n", "m", "sum"]


def test_a_delayed_scale_stays_a_layer() -> None:
    first = Input("x", (), (3,), encoding="spikes")
    nodes = (
        first,
        scale("s", "n", EACH, delay=1),
        Add("sum", (Edge("x"), Edge("s")), (3,)),
        dense("d", "sum"),
        lif("n", "d"),
    )
    found = {node.name: node for node in fold_scales(nodes)}
    assert isinstance(found["s"], Dense) and found["s"].inputs == (Edge("n", 1),)
    np.testing.assert_array_equal(np.diag(found["s"].weights), EACH)


def test_a_map_s_factors_of_channels_and_of_elements() -> None:
    shape, factors = (2, 3, 3), np.arange(1, 19, dtype=np.float32).reshape(2, 3, 3)
    image = Input("x", (), shape, encoding="spikes")
    behind = Flatten("f", (Edge("s"),), (18,))
    one = Scale("s", (Edge("x"),), shape, factors=factors[:, 0, 0])
    layer = fold_scales((image, one, behind))[1]
    assert isinstance(layer, Conv2d) and layer.groups == 2 and layer.weights.reshape(-1).tolist() == [1, 10]
    _, current, neuron, _ = fold_scales((image, replace(one, factors=factors), behind))
    assert isinstance(current, Add) and current.as_current and isinstance(neuron, Neuron)
    np.testing.assert_array_equal(neuron.gain, factors)
    assert neuron.threshold is None and neuron.membrane == 0


def test_too_many_elements_to_scale() -> None:
    size = MAX_DIAGONAL + 1
    nodes = (
        Input("x", (), (size,), encoding="spikes"),
        Scale("s", (Edge("x"),), (size,), factors=HALF),
        Readout("r", (Edge("s"),), (size,)),
    )
    with pytest.raises(ModelError, match=rf"'s' \(Scale\): {size} elements .* at most {MAX_DIAGONAL}"):
        fold_scales(nodes)
