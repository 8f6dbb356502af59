"""What dense and convolutions share: random weights, one number's sum, malformed arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from node_cases import Malformed
from scalar_numbers import F, sat

from snnrt.ir.graph import Shape, Weighted

if TYPE_CHECKING:
    from growing_graph import GrowingGraph
    from scalar_network import Scalar


def draw_arrays(graph: GrowingGraph, shape: Shape, largest: int) -> dict[str, np.ndarray | None]:
    """Weights (outputs, …), bias and scale, for inputs up to ``largest``."""
    fan_in = int(np.prod(shape[1:]))
    return {
        "weights": _weights(graph, shape, fan_in),
        "bias": _bias(graph, shape[0], fan_in, largest),
        "scale": _scale(graph, shape[0]),
    }


def _weights(graph: GrowingGraph, shape: Shape, fan_in: int) -> np.ndarray:
    rng = graph.rng
    if graph.integer:
        top = 127 if graph.style.extreme or graph.chance(0.3) else 5
        return rng.integers(-top, top + 1, shape).astype(np.int8)
    values = rng.normal(0.15, 2.0, shape) / np.sqrt(fan_in)
    if graph.style.exact:
        values = np.round(values * 4 + 0.2) / 4
    return (values * (rng.random(shape) < 0.9)).astype(np.float32)


def _bias(graph: GrowingGraph, outputs: int, fan_in: int, largest: int) -> np.ndarray | None:
    if graph.chance(0.4):
        return None
    if not graph.integer:
        values = graph.rng.normal(0, 0.2, outputs)
        return (np.round(values * 4) / 4 if graph.style.exact else values).astype(np.float32)
    top = 2**30 - fan_in * 127 * largest if graph.style.extreme else 6
    return graph.rng.integers(-top, top + 1, outputs).astype(np.int32)


def _scale(graph: GrowingGraph, outputs: int) -> np.ndarray | None:
    if not graph.integer or graph.chance(0.2):
        return None
    return np.exp(graph.rng.uniform(-9, 0, outputs)).astype(np.float32)


def scalar_sum(net: Scalar, node: Weighted, output: int, terms: list) -> object:
    """Bias plus Σ w·x over (w, x) in the order of ``terms``."""
    bias = 0 if node.bias is None else node.bias[output]
    if net.integer:
        return sat(int(bias) + sum(int(w) * int(value) for w, value in terms))
    total = F(bias)
    for w, value in terms:
        total = total + F(w) * F(value)
    return total


def malformed(shape: Shape) -> list[Malformed]:
    """For weights of ``shape``, the plain node's."""
    outputs = shape[0]
    real, whole = np.ones(shape, np.float32), np.ones(shape, np.int8)
    return [
        Malformed("float32", {"weights": real.astype(np.float64)}, ("weights", "float64")),
        Malformed("float32", {"weights": real * np.float32(np.nan)}, ("weights", "finite")),
        Malformed("float32", {"weights": real[:, :0]}, ("weights", "non-empty")),
        Malformed("float32", {"weights": real.reshape(-1)}, ("weights", "axes")),
        Malformed("float32", {"weights": real.tolist()}, ("weights", "list")),
        Malformed("float32", {"bias": np.ones(outputs + 1, np.float32)}, ("bias", f"({outputs},)")),
        Malformed("float32", {"scale": np.ones(outputs, np.float32)}, ("scale", "none in float32")),
        Malformed("integer", {"weights": whole * np.int8(-128)}, ("weights", "-128")),
        Malformed("integer", {"weights": real}, ("weights", "int8", "float32")),
        Malformed("integer", {"bias": np.ones(outputs, np.int64)}, ("bias", "int64")),
        Malformed("integer", {"bias": np.full(outputs, 2**30, np.int32)}, ("2^30",)),
        Malformed("integer", {"scale": np.zeros(outputs, np.float32)}, ("scale", "above 0")),
        Malformed("integer", {"scale": np.ones(outputs)}, ("scale", "float64")),
    ]
