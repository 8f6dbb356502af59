"""Layers without state and without a window: dense, flatten, scale."""

from __future__ import annotations

import math

import numpy as np

from snnrt.converters.common.fields import bias_of, numbers
from snnrt.converters.common.parameters import compress, fit
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.passes.fold import Scale
from snnrt.ir.graph import Dense, Flatten, Shape


def dense(node: SourceNode, shape: Shape, weights: object, bias: object) -> Dense:
    """``weights`` (outputs, inputs) and ``bias`` (outputs,) or None on a vector. Raises ModelError."""
    checked = numbers(node, "weight", weights)
    if checked.ndim != 2:
        raise node.complaint("weight", "shape (outputs, inputs)", checked.shape)
    outputs, inputs = checked.shape
    if shape != (inputs,):
        raise node.complaint(
            "input", f"a vector of {inputs} as the weights say", f"{shape}; check the layer before it"
        )
    return Dense(node.name, (), (outputs,), weights=checked, bias=bias_of(node, bias, outputs))


def scale(node: SourceNode, shape: Shape, factors: object) -> Scale:
    """An elementwise product: one factor, one a channel or one an element. Raises ModelError."""
    checked = fit(
        numbers(node, "scale", factors),
        shape,
        lambda found: node.complaint("scale", f"one value, one a channel or shape {shape}", found),
    )
    return Scale(node.name, (), shape, compress(checked))


def flatten(node: SourceNode, shape: Shape, start_dim: object, end_dim: object) -> Flatten | None:
    """A flatten of the axes ``start_dim`` to ``end_dim`` of ``shape``, which must be all of them.

    None where it changes nothing. Raises ModelError for other axes.
    """
    rank = len(shape)
    start, end = _axis(node, "start_dim", start_dim, shape), _axis(node, "end_dim", end_dim, shape)
    found = (start, end)
    if rank == 3 and shape[1] == 1 < shape[2] and found == (0, 1):
        raise node.complaint("end_dim", "-1, since (channels, length) has a height of 1 here", 1)
    start, end = min(start, rank - 1), min(end, rank - 1)
    flat = (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :])
    if len(flat) == 1:
        return None if rank == 1 else Flatten(node.name, (), flat)
    if rank == 3 and (flat == shape or (len(flat) == 2 and (flat[0], 1, flat[1]) == shape)):
        return None
    raise node.complaint(
        "start_dim, end_dim", f"all of {shape} flattened (0, -1: there is no batch axis)", found
    )


def _axis(node: SourceNode, field: str, value: object, shape: Shape) -> int:
    array, rank = np.asarray(value), len(shape)
    if array.size != 1 or array.dtype.kind not in "iu" or not -rank <= int(array.reshape(())) < max(rank, 2):
        raise node.complaint(field, f"an axis of {shape}", array.tolist())
    axis = int(array.reshape(()))
    return axis + rank if axis < 0 else axis
