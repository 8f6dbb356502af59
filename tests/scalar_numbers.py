"""The arithmetic of docs/ir.md, one number at a time: Python integers for int8, single float32 operations."""

from __future__ import annotations

import numpy as np

from snnrt.ir.graph import Flatten, Node, Shape

F = np.float32
LOW, HIGH = -(2**31), 2**31 - 1
Index = tuple[int, ...]
Values = dict[Index, object]


def sat(x: int) -> int:
    return max(LOW, min(HIGH, x))


def decay(s: int, a: int) -> int:
    return (s * a + 2**14) // 2**15


def indices(shape: Shape) -> list[Index]:
    """In stored order: channels last."""
    if len(shape) == 1:
        return [(i,) for i in range(shape[0])]
    return [(c, y, x) for y in range(shape[1]) for x in range(shape[2]) for c in range(shape[0])]


def flattened(node: Flatten, shape: Shape) -> dict[Index, Index]:
    """Where each element of a map of ``shape`` lies in the vector."""
    order = indices(shape) if node.channels_last else np.ndindex(*shape)
    return {index: (place,) for place, index in enumerate(order)}


def value_of(parameter: np.ndarray, index: Index) -> object:
    if parameter.ndim == 0:
        return parameter[()]
    return parameter[index] if parameter.ndim == len(index) else parameter[index[0]]


def window(node: Node, y: int, x: int, kernel: tuple[int, int], shape: Shape) -> list:
    """(kernel_y, kernel_x, y, x) inside the input, in ascending order."""
    dilation = getattr(node, "dilation", (1, 1))
    places = []
    for ky in range(kernel[0]):
        for kx in range(kernel[1]):
            at = (
                y * node.stride[0] - node.padding[0] + ky * dilation[0],
                x * node.stride[1] - node.padding[2] + kx * dilation[1],
            )
            if 0 <= at[0] < shape[1] and 0 <= at[1] < shape[2]:
                places.append((ky, kx, *at))
    return places
