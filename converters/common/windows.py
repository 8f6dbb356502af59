"""Layers that move a window over a map: convolutions and pools, with their padding and sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from snnrt.converters.common.fields import bias_of, integers, numbers
from snnrt.converters.common.source_node import SourceNode
from snnrt.ir.graph import Conv2d, Pool2d, Shape
from snnrt.ir.spec import MAX_ELEMENTS

PoolNode = TypeVar("PoolNode", bound=Pool2d)

Padding = tuple[int, int, int, int]
"""(top, bottom, left, right)."""


@dataclass(frozen=True)
class Window:
    """A window's fields as the source states them: integers, one alone standing for all axes.

    ``padding`` may be ``"same"`` (the odd zero at the end, as PyTorch does) or ``"valid"``.
    """

    stride: object = 1
    padding: object = 0
    dilation: object = 1
    groups: object = 1


def convolution(
    node: SourceNode, shape: Shape, weights: object, bias: object, window: Window, axes: int
) -> Conv2d:
    """A convolution of ``axes`` 1 or 2; ``weights`` (outputs, inputs / groups, kernel…).

    A one-dimensional one reads (channels, 1, length). Raises ModelError where a field does not fit.
    """
    kernels = numbers(node, "weight", weights)
    if kernels.ndim != axes + 2:
        raise node.complaint("weight", f"{axes + 2} axes (outputs, inputs / groups, kernel)", kernels.shape)
    if len(shape) != 3 or (axes == 1 and shape[1] != 1):
        wanted = "(channels, height, width)" if axes == 2 else "(channels, length)"
        raise node.complaint("input", wanted, shape)
    if axes == 1:
        kernels = kernels[:, :, None, :]
    stride = _pair(node, "stride", window.stride, axes, 1)
    dilation = _pair(node, "dilation", window.dilation, axes, 1)
    (groups,) = integers(node, "groups", window.groups, 1, 1)
    outputs, inputs = kernels.shape[:2]
    if shape[0] != inputs * groups or outputs % groups:
        raise node.complaint(
            "weight",
            f"(outputs, inputs / groups, …) for {shape[0]} input channels in {groups} group(s)",
            kernels.shape,
        )
    padding = _padding(node, window.padding, kernels.shape[2:], stride, dilation, axes)
    size = _output_size(node, shape, kernels.shape[2:], stride, padding, dilation)
    return Conv2d(
        node.name, (), (outputs, *size), weights=kernels, bias=bias_of(node, bias, outputs),
        stride=stride, padding=padding, dilation=dilation, groups=groups,
    )  # fmt: skip


def pool(node: SourceNode, shape: Shape, kind: type[PoolNode], kernel: object, window: Window) -> PoolNode:
    """A pool of ``kernel`` (rows, columns) on a map. Raises ModelError where a field does not fit."""
    if len(shape) != 3:
        raise node.complaint("input", "(channels, height, width)", shape)
    size = _pair(node, "kernel_size", kernel, 2, 1)
    stride = _pair(node, "stride", window.stride, 2, 1)
    rows, columns = _pair(node, "padding", window.padding, 2, 0)
    padding = (rows, rows, columns, columns)
    output = _output_size(node, shape, size, stride, padding, (1, 1))
    return kind(node.name, (), (shape[0], *output), kernel=size, stride=stride, padding=padding)


def _pair(node: SourceNode, field: str, values: object, axes: int, lowest: int) -> tuple[int, int]:
    found = integers(node, field, values, axes, lowest)
    return (found[0], found[1]) if axes == 2 else (1 if lowest else 0, found[0])


def _padding(
    node: SourceNode, stored: object, kernel: tuple[int, ...], stride: tuple[int, int],
    dilation: tuple[int, int], axes: int,
) -> Padding:  # fmt: skip
    if isinstance(stored, str):
        if stored == "valid":
            return (0, 0, 0, 0)
        if stored != "same":
            raise node.complaint("padding", "integers, 'same' or 'valid'", repr(stored[:40]))
        if stride != (1, 1):
            raise node.complaint("padding", "integers where the stride is not 1", "'same'")
        total = [dilation[axis] * (kernel[axis] - 1) for axis in (0, 1)]
        return (total[0] // 2, total[0] - total[0] // 2, total[1] // 2, total[1] - total[1] // 2)
    rows, columns = _pair(node, "padding", stored, axes, 0)
    return (rows, rows, columns, columns)


def _output_size(
    node: SourceNode, shape: Shape, kernel: tuple[int, ...], stride: tuple[int, int],
    padding: Padding, dilation: tuple[int, int],
) -> tuple[int, int]:  # fmt: skip
    sizes = []
    for axis in (0, 1):
        padded = shape[1 + axis] + padding[2 * axis] + padding[2 * axis + 1]
        room = padded - dilation[axis] * (kernel[axis] - 1) - 1
        if room < 0:
            raise node.complaint("kernel", f"one that fits the padded input of {padded}", kernel[axis])
        sizes.append(room // stride[axis] + 1)
    if shape[0] * sizes[0] * sizes[1] > MAX_ELEMENTS:
        raise node.complaint("padding", f"an output of at most {MAX_ELEMENTS} elements", (shape[0], *sizes))
    return (sizes[0], sizes[1])
