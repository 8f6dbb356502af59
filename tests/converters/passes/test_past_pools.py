"""What a batch norm behind a pool becomes, and that the numbers stay the same."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.converters.passes.past_pools import fold_past_pools
from snnrt.ir.graph import AvgPool2d, Conv2d, Dense, Edge, Exit, Flatten, Graph, Input, Node, Readout
from snnrt.ir.nodes.max_pool2d import MaxPool2d
from snnrt.reference.run import Reference

RNG = np.random.default_rng(0)
X = (RNG.integers(0, 9, (3, 2, 2, 5, 5)) / 8).astype(np.float32)
FACTORS = np.array([0.5, 2.0, 0.0], np.float32)


def dyadic(*shape: int) -> np.ndarray:
    # every product and sum is exact, in any order
    return (RNG.integers(-8, 9, shape) / 8).astype(np.float32)


def affine(factors: np.ndarray, bias: bool = True, delay: int = 0) -> Conv2d:
    weights = factors.reshape(-1, 1, 1, 1)
    summand = dyadic(3) if bias else None
    return Conv2d("norm", (Edge("pool", delay),), (3, 2, 2), weights=weights, bias=summand, groups=3)


def network(pool: Node, last: Conv2d, bias: bool = True) -> tuple[Node, ...]:
    return (
        Input("x", (), (2, 5, 5), encoding="spikes"),
        Conv2d("conv", (Edge("x"),), (3, 4, 4), weights=dyadic(3, 2, 2, 2), bias=dyadic(3) if bias else None),
        pool,
        last,
        Flatten("flat", (Edge("norm"),), (12,)),
    )


def maximum() -> MaxPool2d:
    return MaxPool2d("pool", (Edge("conv"),), (3, 2, 2))


def logits(nodes: tuple[Node, ...]) -> np.ndarray:
    ends = (
        Dense("all", (Edge("flat"),), (12,), weights=np.eye(12, dtype=np.float32)),
        Readout("r", (Edge("all"),), (12,)),
        Exit("e", (Edge("r"),), (12,)),
    )
    return Reference(Graph((*nodes, *ends), 2)).run(X).logits


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("summand", [True, False])
def test_into_the_convolution_before_a_maximum(bias: bool, summand: bool) -> None:
    nodes = network(maximum(), affine(FACTORS, summand), bias)
    folded = fold_past_pools(nodes)
    assert [node.name for node in folded] == ["x", "conv", "pool", "flat"]
    np.testing.assert_array_equal(logits(folded), logits(nodes))


def test_any_factor_passes_a_mean() -> None:
    nodes = network(AvgPool2d("pool", (Edge("conv"),), (3, 2, 2)), affine(-FACTORS))
    folded = fold_past_pools(nodes)
    assert len(folded) == 4
    np.testing.assert_array_equal(logits(folded), logits(nodes))


def test_what_stays() -> None:
    below = affine(np.array([0.5, -2.0, 1.0], np.float32))
    edge = (Edge("conv"),)
    padded = AvgPool2d("pool", edge, (3, 2, 2), stride=(3, 3), padding=(1, 1, 1, 1))
    cases = [
        network(maximum(), below),
        network(maximum(), affine(FACTORS, delay=1)),
        network(MaxPool2d("pool", edge, (3, 2, 2), mode="net", inputs_kept=48), affine(FACTORS)),
        network(padded, affine(FACTORS)),
        # the pool itself is read, too
        (*network(maximum(), affine(FACTORS)), Flatten("more", (Edge("pool"),), (12,))),
        # no convolution before the pool, nor before the factors
        (Input("conv", (), (3, 4, 4)), maximum(), affine(FACTORS)),
        (Input("pool", (), (3, 2, 2)), affine(FACTORS)),
    ]
    for nodes in cases:
        assert fold_past_pools(nodes) == nodes
