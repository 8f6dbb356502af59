"""Fields of a layer from the source: checked numbers and integers."""

from __future__ import annotations

import numpy as np

from snnrt.converters.common.source_node import SourceNode
from snnrt.ir.spec import MAX_U16


def numbers(node: SourceNode, field: str, values: object) -> np.ndarray:
    """``values`` in float32, shape kept. Raises ModelError for what is none, or not finite."""
    array = np.asarray(values)
    if array.dtype.kind not in "fiu" or array.size == 0:
        raise node.complaint(field, "numbers", f"{array.dtype} of shape {array.shape}")
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    if not np.isfinite(array).all():
        raise node.complaint(field, "finite numbers that float32 can hold", "NaN or infinity")
    return array


def integers(node: SourceNode, field: str, values: object, count: int, lowest: int) -> tuple[int, ...]:
    """``count`` integers from ``lowest`` to 65535; one alone stands for all. Raises ModelError."""
    array = np.asarray(values).reshape(-1)
    expected = (
        f"{count} integer(s) from {lowest} to {MAX_U16}"
        if count > 1
        else f"an integer from {lowest} to {MAX_U16}"
    )
    if array.dtype.kind not in "iuf" or array.size not in (1, count):
        raise node.complaint(field, expected, values)
    if not ((array == np.floor(array)) & (array >= lowest) & (array <= MAX_U16)).all():
        raise node.complaint(field, expected, array.tolist())
    return tuple(int(value) for value in np.broadcast_to(array, (count,)))


def bias_of(node: SourceNode, values: object, outputs: int) -> np.ndarray | None:
    """(outputs,) float32; None where there is none or all are 0. Raises ModelError."""
    if values is None:
        return None
    bias = numbers(node, "bias", values)
    if bias.size != outputs:
        raise node.complaint("bias", f"shape ({outputs},)", bias.shape)
    return bias.reshape(outputs) if bias.any() else None
