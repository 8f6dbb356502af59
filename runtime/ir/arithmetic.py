"""The integer operations of docs/ir.md, and the windows of convolutions and poolings, in NumPy."""

from __future__ import annotations

import numpy as np

from snnrt.ir.node import Shape

INT16 = np.iinfo(np.int16)
INT32 = np.iinfo(np.int32)


def saturate(values: np.ndarray) -> np.ndarray:
    """Clamp int64 values to the range of int32."""
    return np.clip(values, INT32.min, INT32.max)


def decay(state: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """⌊(s·a + 2¹⁴) / 2¹⁵⌋ of int64 ``state`` (within int32) and Q15 ``factor``."""
    return (state * factor + 2**14) >> 15


def loihi_decay(state: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """s·f / 4096 towards zero of int64 ``state`` (24 bits) and ``factor`` (0 … 4096)."""
    return np.sign(state) * ((np.abs(state) * factor) >> 12)


def wrap24(values: np.ndarray) -> np.ndarray:
    """int64 values modulo 2²⁴, from −2²³ to 2²³ − 1."""
    return ((values + 2**23) & (2**24 - 1)) - 2**23


def windows(
    x: np.ndarray,
    kernel: tuple[int, int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    dilation: tuple[int, int] = (1, 1),
    fill: float = 0,
) -> np.ndarray:
    """View (N, C, out_h, out_w, kernel_h, kernel_w) of ``x`` (N, C, H, W) padded with ``fill``."""
    top, bottom, left, right = padding
    padded = np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=fill)
    spread = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel))
    every = np.lib.stride_tricks.sliding_window_view(padded, spread, axis=(2, 3))
    return every[:, :, :: stride[0], :: stride[1], :: dilation[0], :: dilation[1]]


def broadcast(parameter: np.ndarray, shape: Shape) -> np.ndarray:
    """View a parameter of shape (), (channels,) or ``shape`` as an array of ``shape``."""
    if parameter.shape == () or parameter.shape == shape:
        return np.broadcast_to(parameter, shape)
    return np.broadcast_to(parameter.reshape((-1,) + (1,) * (len(shape) - 1)), shape)
