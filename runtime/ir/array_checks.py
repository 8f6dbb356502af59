"""Are arrays and fields what docs/ir.md allows? Each complaint names node and field."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from snnrt.ir.node import Node, Shape, complaint
from snnrt.ir.spec import ELEMENT_DTYPES, MAX_U16, Enumeration


def check_word(node: Node, field: str, value: object, words: Enumeration) -> None:
    """ModelError unless ``value`` is one of an enumeration's words."""
    if value not in words:
        raise complaint(node, field, "one of " + ", ".join(words.values), repr(value))


def check_array(node: Node, field: str, array: object, dtype: type, shapes: Iterable[Shape]) -> np.ndarray:
    """``array`` if it has the dtype, one of the shapes, and finite values; else ModelError."""
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        found = getattr(array, "dtype", type(array).__name__)
        raise complaint(node, field, f"an array of {np.dtype(dtype).name}", found)
    shapes = list(dict.fromkeys(shapes))
    if array.shape not in shapes:
        raise complaint(node, field, "shape " + " or ".join(map(str, shapes)), array.shape)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise complaint(node, field, "finite values", "NaN or infinity")
    return array


def check_range(
    node: Node, field: str, array: np.ndarray, low: float, high: float, open_low: bool = False
) -> None:
    """ModelError unless every value lies between ``low`` (excluded if ``open_low``) and ``high``."""
    bad = (array <= low) if open_low else (array < low)
    bad = bad | (array > high)
    if low == 0 and array.dtype.kind == "f":
        # the core compares bits, in which −0.0 is no number from 0 on
        bad = bad | np.signbit(array)
    if bad.any():
        words = f"values {'above' if open_low else 'from'} {low}" + (
            f" to {high}" if np.isfinite(high) else ""
        )
        raise complaint(node, field, words, array[bad].flat[0])


def check_scale(node: Node, scale: np.ndarray | None, shapes: Iterable[Shape], integer: bool) -> None:
    """ModelError unless ``scale`` is absent, or in integers positive float32."""
    if scale is None:
        return
    if not integer:
        raise complaint(node, "scale", "none in float32", "one")
    check_array(node, "scale", scale, np.float32, shapes)
    check_range(node, "scale", scale, 0.0, np.inf, open_low=True)


def need_array(node: Node, field: str, array: object, rank: int) -> None:
    """ModelError unless ``array`` is a non-empty array of that many axes."""
    if not isinstance(array, np.ndarray) or array.ndim != rank or array.size == 0:
        found = getattr(array, "shape", type(array).__name__)
        raise complaint(node, field, f"a non-empty array of {rank} axes", found)


def need_integers(node: Node, field: str, values: object, count: int, lowest: int) -> None:
    """ModelError unless ``values`` is a tuple of ``count`` integers from ``lowest`` that 16 bits hold."""
    if (
        not isinstance(values, tuple)
        or len(values) != count
        or not all(isinstance(v, (int, np.integer)) and lowest <= v <= MAX_U16 for v in values)
    ):
        raise complaint(node, field, f"{count} integer(s) from {lowest} to {MAX_U16}", values)


def dtype_of(node: Node, field: str, integer: bool) -> type:
    """The NumPy type of one of the node's arrays in either arithmetic."""
    array = next(array for array in node.KIND.arrays if array.name == field)
    element = array.element("integer" if integer else "float32")
    assert element is not None
    return np.dtype(ELEMENT_DTYPES[element]).type
