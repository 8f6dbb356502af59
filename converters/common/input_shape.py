"""The canonical shape of the input."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from snnrt.converters.common import assumptions
from snnrt.converters.common.drafts import Draft, LayerDraft
from snnrt.converters.common.source_node import SourceNode
from snnrt.ir.graph import Shape
from snnrt.ir.graph_checks import MAX_ELEMENTS


def input_shape(node: SourceNode, sizes: object, readers: Sequence[Draft]) -> tuple[Shape, str | None]:
    """(features,) or (channels, height, width) for ``sizes``, and what was assumed about them.

    An axis of 1 in front of (channels, height, width), or of a vector that one of ``readers`` takes, is
    the batch that some exporters leave in; (channels, length) gets a height of 1. Raises ModelError.
    """
    stored = np.asarray(sizes)
    if (
        stored.ndim != 1
        or stored.size == 0
        or stored.dtype.kind not in "iu"
        or stored.size > 8
        or (stored < 1).any()
    ):
        found = stored.tolist() if stored.size < 16 else "more"
        raise node.complaint("shape", "one to three sizes of at least 1", found)
    shape = tuple(int(size) for size in stored)
    if math.prod(shape) > MAX_ELEMENTS:
        raise node.complaint("shape", f"at most {MAX_ELEMENTS} elements", shape)
    layers = [reader for reader in readers if isinstance(reader, LayerDraft)]
    axes = max((layer.axes or 0 for layer in layers), default=0)
    vector = any(layer.features == shape[-1] for layer in layers)
    batch = len(shape) == 4 or (len(shape) == 2 and vector) or (len(shape) == 3 and axes == 1)
    note = None
    if batch and shape[0] == 1:
        note = assumptions.batch_axis(shape)
        shape = shape[1:]
    if len(shape) > 3:
        expected = "(features,), (channels, length) or (channels, height, width)"
        raise node.complaint("shape", expected, shape)
    if len(shape) == 2:
        return (shape[0], 1, shape[1]), assumptions.height_of_one(shape)
    return shape, note
