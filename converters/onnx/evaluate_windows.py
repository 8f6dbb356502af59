"""ONNX operators that move a window over an array, and normalisation by channel."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from snnrt.converters.onnx.bounds import count

Arrays = list[Any]


def paddings(attributes: dict[str, Any], sizes: tuple[int, ...], kernel: tuple[int, ...]) -> list[int]:
    """Begins and ends of a window's axes, ``auto_pad`` too."""
    axes, word = len(sizes), attributes.get("auto_pad", "NOTSET")
    if word in ("NOTSET", "", "VALID"):
        return list(attributes.get("pads", [0] * (2 * axes))) if word != "VALID" else [0] * (2 * axes)
    strides = attributes.get("strides", [1] * axes)
    dilations = attributes.get("dilations", [1] * axes)
    begins, ends = [], []
    for size, k, stride, dilation in zip(sizes, kernel, strides, dilations):
        total = max((-(-size // stride) - 1) * stride + dilation * (k - 1) + 1 - size, 0)
        small = total // 2
        begins.append(small if word == "SAME_UPPER" else total - small)
        ends.append(total - small if word == "SAME_UPPER" else small)
    return begins + ends


def _windows(
    x: np.ndarray, kernel: tuple[int, ...], pads: list[int], strides: list[int], dilations: list[int],
    around: float = 0.0, more: list[int] | None = None,
) -> np.ndarray:  # fmt: skip
    """(N, C, out…, kernel…) of ``x`` (N, C, in…); ``more``: that many behind the end, for ceil_mode."""
    axes = len(kernel)
    more = more or [0] * axes
    if x.ndim != axes + 2 or min([*kernel, *strides, *dilations]) < 1 or min(pads, default=0) < 0:
        raise ValueError(f"a window of {kernel[:8]} on {x.shape}")
    padded = [size + pads[axis] + pads[axis + axes] + more[axis] for axis, size in enumerate(x.shape[2:])]
    count(x.shape[0] * x.shape[1] * math.prod(padded))
    sides = [(pads[axis], pads[axis + axes] + more[axis]) for axis in range(axes)]
    x = np.pad(x, [(0, 0), (0, 0), *sides], constant_values=around)
    spans = [dilation * (k - 1) + 1 for k, dilation in zip(kernel, dilations)]
    found = sliding_window_view(x, spans, tuple(range(2, 2 + axes)))
    steps = [slice(None), slice(None), *(slice(None, None, one) for one in (*strides, *dilations))]
    return np.asarray(found[tuple(steps)])


def _conv(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    x, weights = arrays[0], arrays[1]
    axes, groups = weights.ndim - 2, int(attributes.get("group", 1))
    if groups < 1 or weights.shape[0] % groups or x.shape[1] != weights.shape[1] * groups:
        raise ValueError(f"weights of {weights.shape} on {x.shape}")
    pads = paddings(attributes, x.shape[2:], weights.shape[2:])
    found = _windows(x, weights.shape[2:], pads, attributes.get("strides", [1] * axes),
                     attributes.get("dilations", [1] * axes))  # fmt: skip
    # (N, out…, C, kernel…)
    found = np.moveaxis(found, 1, 1 + axes)
    out = found.shape[1 : 1 + axes]
    columns = x.shape[0] * math.prod(out)
    count(columns * max(math.prod(weights.shape[1:]), weights.shape[0]), columns * weights.size)
    inside, each = weights.shape[1], weights.shape[0] // groups
    parts = []
    for group in range(groups):
        rows = found[(slice(None),) * (1 + axes) + (slice(group * inside, (group + 1) * inside),)]
        kernel = weights[group * each : (group + 1) * each].reshape(each, -1)
        parts.append(rows.reshape(-1, kernel.shape[1]) @ kernel.T)
    given = np.concatenate(parts, axis=1).reshape(x.shape[0], *out, weights.shape[0])
    given = np.moveaxis(given, -1, 1)
    if len(arrays) > 2 and arrays[2] is not None:
        given = given + arrays[2].reshape(1, -1, *[1] * axes)
    return np.ascontiguousarray(given)


def _pooled(arrays: Arrays, attributes: dict[str, Any], around: float) -> np.ndarray:
    x, kernel = arrays[0], tuple(attributes["kernel_shape"])
    axes = len(kernel)
    strides = attributes.get("strides", [1] * axes)
    dilations = attributes.get("dilations", [1] * axes)
    pads = paddings(attributes, x.shape[2:], kernel)
    more = [0] * axes
    if attributes.get("ceil_mode", 0):
        for axis, size in enumerate(x.shape[2:]):
            room = size + pads[axis] + pads[axis + axes] - dilations[axis] * (kernel[axis] - 1) - 1
            # a window must begin inside of the map or its padding in front
            if room % strides[axis] and (room // strides[axis] + 1) * strides[axis] < size + pads[axis]:
                more[axis] = strides[axis] - room % strides[axis]
    found = _windows(x, kernel, pads, strides, dilations, around, more)
    count(math.prod(found.shape[: 2 + axes]), math.prod(found.shape))
    return found


def _max_pool(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    found = _pooled(arrays, attributes, -np.inf)
    return np.asarray(found.max(axis=tuple(range(found.ndim // 2 + 1, found.ndim))))


def _average_pool(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    found = _pooled(arrays, attributes, 0.0)
    inner = tuple(range(found.ndim // 2 + 1, found.ndim))
    total = found.sum(axis=inner, dtype=found.dtype)
    pads = attributes.get("pads", [])
    plain = not any(pads) or attributes.get("count_include_pad", 0)
    if plain and not attributes.get("ceil_mode", 0) and attributes.get("auto_pad", "NOTSET") == "NOTSET":
        return np.asarray(total / found.dtype.type(math.prod(attributes["kernel_shape"])))
    ones = np.ones_like(arrays[0])
    if attributes.get("count_include_pad", 0):
        axes = ones.ndim - 2
        ones = np.pad(ones, [(0, 0), (0, 0), *((pads[axis], pads[axis + axes]) for axis in range(axes))],
                      constant_values=1)  # fmt: skip
        shares = _pooled([ones], {**attributes, "pads": [0] * (2 * axes)}, 0.0)
    else:
        shares = _pooled([ones], attributes, 0.0)
    return np.asarray(total / shares.sum(axis=inner, dtype=found.dtype))


def _lp_pool(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    power = attributes.get("p", 2)
    found = _pooled([np.abs(arrays[0]) ** power], attributes, 0.0)
    total = found.sum(axis=tuple(range(found.ndim // 2 + 1, found.ndim)), dtype=found.dtype)
    return np.asarray(total ** (1 / power), arrays[0].dtype)


def _whole(arrays: Arrays, compute: Any) -> np.ndarray:
    x = arrays[0]
    return np.asarray(compute(x, axis=tuple(range(2, x.ndim)), keepdims=True), x.dtype)


def _batch_norm(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    if attributes.get("training_mode", 0):
        raise ValueError("a batch norm over the statistics of the batch; export the network in eval mode")
    x, *rest = arrays
    scale, bias, mean, variance = (one.reshape(-1, *[1] * (x.ndim - 2)) for one in rest)
    return np.asarray(
        (x - mean) / np.sqrt(variance + np.float32(attributes.get("epsilon", 1e-5))) * scale + bias
    )


WINDOWS: dict[str, Any] = {
    "Conv": _conv, "MaxPool": _max_pool, "AveragePool": _average_pool, "LpPool": _lp_pool,
    "BatchNormalization": _batch_norm,
    "GlobalAveragePool": lambda arrays, _: _whole(arrays, np.mean),
    "GlobalMaxPool": lambda arrays, _: _whole(arrays, np.max),
}  # fmt: skip
"""Each takes arrays and attributes, and gives its first output."""
