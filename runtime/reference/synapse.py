"""Dense, convolution, pooling and addition of the NumPy reference, batched: (N, *shape) in and out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from snnrt.ir.graph import Add, AvgPool2d, Conv2d, Dense, Neuron, Pool2d
from snnrt.ir.value_types import fan_in

INT32 = np.iinfo(np.int32)


class SynapseDevice(Protocol):
    """Hardware that multiplies instead of the reference (int8 graphs only)."""

    def multiply(self, node: Dense | Conv2d, rows: np.ndarray, *, group: int = 0) -> np.ndarray:
        """Σ w·x without bias: ``rows`` (M, fan_in) int16 → (M, outputs / groups) int32.

        Columns of ``rows`` follow ``node.weights`` reshaped to (outputs, fan_in). ``group`` is given
        for grouped convolutions only, which call once a group.
        """
        ...


@dataclass(frozen=True)
class Synapses:
    """Output of a dense or conv2d for N inputs, and its events, (N,) each."""

    output: np.ndarray
    row_activations: np.ndarray
    active_windows: np.ndarray


def saturate(values: np.ndarray) -> np.ndarray:
    """Clamp int64 values to the range of int32."""
    return np.clip(values, INT32.min, INT32.max)


def windows(x: np.ndarray, kernel: tuple[int, int], node: Conv2d | Pool2d) -> np.ndarray:
    """View (N, C, out_h, out_w, kernel_h, kernel_w) of the zero-padded ``x`` (N, C, H, W)."""
    dilation = node.dilation if isinstance(node, Conv2d) else (1, 1)
    top, bottom, left, right = node.padding
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)))
    spread = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel))
    every = np.lib.stride_tricks.sliding_window_view(padded, spread, axis=(2, 3))
    return every[:, :, :: node.stride[0], :: node.stride[1], :: dilation[0], :: dilation[1]]


def dense(node: Dense, x: np.ndarray, order: np.ndarray | None, device: SynapseDevice | None) -> Synapses:
    """``x`` (N, features). ``order``: the index of each input in the order of summation (None: natural)."""
    active = np.count_nonzero(x, axis=1)
    if node.weights.dtype == np.int8:
        output = _integer_product(node, x, 0, 1, device)
    else:
        weights = node.weights.T[None]
        rows = x.astype(np.float32)[:, None, None]
        if order is not None:
            weights, rows = weights[:, order], rows[..., order]
        output = _ordered_sum(rows, weights, node.bias)[:, 0]
    return Synapses(output, active, (active > 0).astype(np.int64))


def conv2d(node: Conv2d, x: np.ndarray, device: SynapseDevice | None) -> Synapses:
    """``x`` (N, C, H, W)."""
    inputs, groups = x.shape[0], node.groups
    outputs, of_group, kernel_h, kernel_w = node.weights.shape
    view = windows(x, (kernel_h, kernel_w), node)
    _, height, width = node.shape
    grouped = view.reshape(inputs, groups, of_group, height, width, kernel_h, kernel_w)
    active = np.count_nonzero(grouped, axis=(2, 5, 6))
    if node.weights.dtype == np.int8:
        rows = grouped.transpose(1, 0, 3, 4, 2, 5, 6).reshape(groups, inputs * height * width, fan_in(node))
        parts = [_integer_product(node, rows[g], g, groups, device) for g in range(groups)]
        output = np.concatenate(parts, axis=1).reshape(inputs, height * width, outputs)
    else:
        rows = grouped.transpose(0, 3, 4, 1, 5, 6, 2).reshape(inputs, height * width, groups, fan_in(node))
        weights = node.weights.reshape(groups, outputs // groups, of_group, kernel_h, kernel_w)
        weights = weights.transpose(0, 3, 4, 2, 1).reshape(groups, fan_in(node), outputs // groups)
        output = _ordered_sum(rows.astype(np.float32), weights, node.bias)
    output = np.ascontiguousarray(output.transpose(0, 2, 1)).reshape(inputs, *node.shape)
    return Synapses(output, active.sum(axis=(1, 2, 3)), (active > 0).sum(axis=(1, 2, 3)))


def _ordered_sum(rows: np.ndarray, weights: np.ndarray, bias: np.ndarray | None) -> np.ndarray:
    """Bias plus w·x, input after input in float32: rows (N, P, G, K), weights (G, K, O) → (N, P, G·O)."""
    inputs, positions, groups, _ = rows.shape
    total = np.zeros((inputs, positions, groups, weights.shape[2]), np.float32)
    if bias is not None:
        total += bias.reshape(groups, -1)
    # an input that is 0 everywhere may be skipped: it changes no sum
    for term in np.flatnonzero(rows.any(axis=(0, 1, 2))):
        total += weights[:, term] * rows[..., term, None]
    return total.reshape(inputs, positions, -1)


def _integer_product(
    node: Dense | Conv2d, rows: np.ndarray, group: int, groups: int, device: SynapseDevice | None
) -> np.ndarray:
    """Bias plus the exact product of one group, (M, outputs / groups) int32."""
    of_group = node.weights.shape[0] // groups
    chosen = slice(group * of_group, (group + 1) * of_group)
    if device is None:
        # every partial sum is an integer below 2³⁰ (checked with the graph): float64 holds it exactly
        weights = node.weights[chosen].reshape(of_group, -1).astype(np.float64)
        total = (rows.astype(np.float64) @ weights.T).astype(np.int64)
    else:
        drive = np.ascontiguousarray(rows, dtype=np.int16)
        product = device.multiply(node, drive, group=group) if groups > 1 else device.multiply(node, drive)
        total = np.asarray(product).astype(np.int64)
    if node.bias is not None:
        total = total + node.bias[chosen]
    return saturate(total).astype(np.int32)


def pool2d(node: Pool2d, x: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Sum or average over windows of ``x`` (N, C, H, W), as ``dtype``."""
    view = windows(x, node.kernel, node)
    if dtype == np.float32:
        total = np.zeros((x.shape[0], *node.shape), np.float32)
        for y in range(node.kernel[0]):
            for left in range(node.kernel[1]):
                total += view[..., y, left]
        if isinstance(node, AvgPool2d):
            total /= np.float32(node.kernel[0] * node.kernel[1])
        return total
    total = np.zeros((x.shape[0], *node.shape), np.int64)
    for y in range(node.kernel[0]):
        for left in range(node.kernel[1]):
            total = saturate(total + view[..., y, left])
    return total.astype(dtype)


def add(node: Add, inputs: list[np.ndarray], dtype: np.dtype) -> np.ndarray:
    """Inputs in order, from left to right, as ``dtype``."""
    if dtype == np.float32:
        total = inputs[0].astype(np.float32)
        for other in inputs[1:]:
            total = total + other.astype(np.float32)
        return total
    total = inputs[0].astype(np.int64)
    for other in inputs[1:]:
        total = saturate(total + other)
    return total.astype(dtype)


def reach(node: Dense | Conv2d) -> int:
    """How many outputs one row drives."""
    return node.weights.shape[0] // (node.groups if isinstance(node, Conv2d) else 1)


def spikes_of(node: Neuron, output: np.ndarray) -> np.ndarray:
    """(N,) spikes fired this step; a neuron without threshold fires none."""
    if node.threshold is None:
        return np.zeros(output.shape[0], np.int64)
    return output.reshape(output.shape[0], -1).astype(np.int64).sum(axis=1)
