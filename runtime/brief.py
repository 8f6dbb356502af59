"""A ``repr`` of one screen: what an object holds, never the numbers in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from snnrt.texts import quoted, shortened

LONGEST_FIELD = 100
MOST_FIELDS = 20


def brief_repr(thing: object) -> str:
    """``Class(field=…, …)`` of a dataclass, a field a line where one line of 88 characters is too short.

    An array is its dtype and shape, a table its keys, bytes their number, another of our objects its name.
    """
    fields = [field.name for field in dataclasses.fields(thing) if field.repr]  # type: ignore[arg-type]
    parts = [f"{name}={brief_value(getattr(thing, name))}" for name in fields[:MOST_FIELDS]]
    if len(fields) > MOST_FIELDS:
        parts.append(f"… {len(fields) - MOST_FIELDS} more")
    name = type(thing).__name__
    line = f"{name}({', '.join(parts)})"
    return line if len(line) <= 88 else f"{name}(\n    " + ",\n    ".join(parts) + ",\n)"


def brief_value(value: object) -> str:
    """One value on one short line."""
    if isinstance(value, np.ndarray):
        return f"<{value.dtype} {value.shape}>" if value.ndim else repr(value[()])
    if isinstance(value, (bytes, bytearray)):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        return shortened("{" + ", ".join(map(quoted, value)) + "}", LONGEST_FIELD)
    if isinstance(value, (tuple, list)):
        inner = ", ".join(brief_value(item) for item in value[:6])
        more = f", … {len(value) - 6} more" if len(value) > 6 else ""
        return shortened(f"({inner}{more})", LONGEST_FIELD)
    if dataclasses.is_dataclass(value) and type(value).__str__ is not object.__str__:
        return str(value)
    if dataclasses.is_dataclass(value):
        label = getattr(value, "name", None)
        return f"<{type(value).__name__}{f' {quoted(label)}' if isinstance(label, str) else ''}>"
    return quoted(value, LONGEST_FIELD)
