"""Windows that slide over a map: what convolutions and poolings share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from snnrt.ir.array_checks import complaint, need_integers
from snnrt.ir.node import Node, Shape


def window_shape(
    node: Node,
    source: Shape,
    channels: int,
    kernel: Sequence[int],
    stride: tuple[int, int],
    padding: tuple[int, int, int, int],
    dilation: tuple[int, int] = (1, 1),
) -> Shape:
    """(channels, out_h, out_w) with out = ⌊(in + padding − dilation·(kernel − 1) − 1) / stride⌋ + 1.

    ModelError where a field is not what 16 bits hold or a window does not fit the padded input.
    """
    need_integers(node, "kernel", tuple(kernel), 2, 1)
    need_integers(node, "stride", stride, 2, 1)
    need_integers(node, "padding", padding, 4, 0)
    sizes = []
    for axis in (0, 1):
        padded = source[1 + axis] + padding[2 * axis] + padding[2 * axis + 1]
        room = padded - dilation[axis] * (kernel[axis] - 1) - 1
        if room < 0:
            raise complaint(node, "kernel", f"one that fits the padded input ({padded})", kernel[axis])
        sizes.append(room // stride[axis] + 1)
    return (channels, sizes[0], sizes[1])


def window_fields(
    kernel: Sequence[int], stride: tuple[int, int], padding: tuple[int, int, int, int]
) -> dict[str, object]:
    """Values of :data:`snnrt.ir.spec.WINDOW`."""
    top, bottom, left, right = padding
    return {
        "kernel_h": kernel[0], "kernel_w": kernel[1], "stride_y": stride[0], "stride_x": stride[1],
        "pad_top": top, "pad_bottom": bottom, "pad_left": left, "pad_right": right,
    }  # fmt: skip


def window_options(fields: Mapping[str, int | float]) -> dict[str, object]:
    """``kernel``, ``stride`` and ``padding`` of :func:`window_fields`."""
    return {
        "kernel": (fields["kernel_h"], fields["kernel_w"]),
        "stride": (fields["stride_y"], fields["stride_x"]),
        "padding": (fields["pad_top"], fields["pad_bottom"], fields["pad_left"], fields["pad_right"]),
    }


def window_words(stride: tuple[int, int], padding: tuple[int, int, int, int]) -> str:
    """Stride and padding in words, each behind a comma; what is usual is left out."""
    top, bottom, left, right = padding
    text = "" if stride == (1, 1) else f", stride {stride[0]}×{stride[1]}"
    if (top, left) == (bottom, right):
        return text + (f", padding {top}×{left}" if top or left else "")
    return f"{text}, padding {top} above, {bottom} below, {left} left, {right} right"
