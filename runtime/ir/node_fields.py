"""A node's fields, as a caller may write them, made what its class holds: arrays, tuples."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.node import Node, complaint
from snnrt.ir.spec import ELEMENT_DTYPES


def field_names(kind: type[Node]) -> list[str]:
    """The fields that a kind has beyond every node's, in the order of its constructor."""
    own = [field.name for field in dataclasses.fields(kind)]
    return [field for field in own if field not in ("name", "inputs", "shape")]


def mistake(kind: type[Node], name: str, field: str, expected: str, found: object) -> ModelError:
    """The one-line error about a field of a node that is still to be made."""
    return complaint(kind(name, (), ()), field, expected, found)


def accepted_fields(
    kind: type[Node], name: str, fields: Mapping[str, Any], arithmetic: str
) -> dict[str, Any]:
    """``fields`` of the node ``name``, as the constructor of ``kind`` wants them.

    Arrays become those of the element type that the kind's specification names for ``arithmetic``, where no
    value changes but that real numbers are rounded to float32; fields that are tuples are made of a number.
    Raises ModelError for a field that the kind does not have, and for an array that does not fit its type.
    """
    elements = {array.name: array.element(arithmetic) for array in kind.KIND.arrays}
    defaults = {field.name: field.default for field in dataclasses.fields(kind)}
    accepted = dict(fields)
    for field, value in fields.items():
        if field not in field_names(kind):
            expected = "one of " + ", ".join(field_names(kind))
            raise mistake(kind, name, repr(field), expected, "a field that it does not have")
        default = defaults[field]
        if field in elements and value is not None:
            accepted[field] = _array(kind, name, field, value, elements[field])
        elif isinstance(default, tuple):
            accepted[field] = _spread(value, len(default))
    return accepted


def _array(kind: type[Node], name: str, field: str, value: Any, element: str | None) -> np.ndarray:
    """``value`` as an array of the element type; as it is where the kind has none in this arithmetic."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise mistake(kind, name, field, "a number or an array", "rows of unequal length") from error
    dtype = array.dtype if element is None else np.dtype(np.dtype(ELEMENT_DTYPES[element]).type)
    if array.dtype == dtype:
        return array
    if array.dtype.kind not in ("iuf" if dtype.kind == "f" else "iu"):
        wanted = "numbers" if dtype.kind == "f" else f"integers ({dtype.name})"
        raise mistake(kind, name, field, wanted, f"{array.dtype.name}")
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return array.astype(dtype)
    limits = np.iinfo(dtype)
    beyond = array[(array < limits.min) | (array > limits.max)]
    if beyond.size:
        raise mistake(kind, name, field, f"integers from {limits.min} to {limits.max}", beyond.flat[0])
    return array.astype(dtype)


def _spread(value: Any, count: int) -> Any:
    """A number as ``count`` of it, (rows, columns) as (rows, rows, columns, columns); else as it is."""
    if not isinstance(value, (list, tuple)):
        return (value,) * count
    return tuple(each for each in value for _ in range(2)) if 2 * len(value) == count else tuple(value)
