"""A transposed convolution as zeros between pixels and a convolution."""

from __future__ import annotations

from typing import Any

import numpy as np


def as_convolution(
    weights: np.ndarray, stride: tuple[int, int], padding: tuple[int, int], output_padding: tuple[int, int],
    dilation: tuple[int, int], groups: int,
) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """Fields of a ``pad2d`` and of the ``conv2d`` behind it, which together are the transposed convolution.

    ``weights`` (in, out / groups, kernel_h, kernel_w) and the other arguments are those of
    ``torch.nn.ConvTranspose2d``. The kernel is turned around, the input's pixels lie ``stride`` apart, and
    dilation·(kernel − 1) − padding zeros surround them (Dumoulin & Visin 2016, arXiv 1603.07285, relationship
    14). The first are empty where the input needs neither zeros between its pixels nor cropping.
    """
    inputs, outputs, *kernel = weights.shape
    grouped = weights.reshape(groups, inputs // groups, outputs, *kernel)[..., ::-1, ::-1]
    turned = grouped.transpose(0, 2, 1, 3, 4).reshape(groups * outputs, inputs // groups, *kernel)
    sides = []
    for axis in (0, 1):
        before = dilation[axis] * (kernel[axis] - 1) - padding[axis]
        sides += [before, before + output_padding[axis]]
    pad: dict[str, Any] = {}
    if max(stride) > 1 or min(sides) < 0:
        pad = {"padding": tuple(min(side, 0) for side in sides), "spacing": tuple(stride)}
    conv = {
        "weights": np.ascontiguousarray(turned), "padding": tuple(max(side, 0) for side in sides),
        "dilation": tuple(dilation), "groups": groups,
    }  # fmt: skip
    return pad, conv
