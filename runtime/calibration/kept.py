"""What a calibration leaves in a file's metadata: dataclasses of words and numbers, read back with care."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

Kept = TypeVar("Kept")
_KINDS: Mapping[str, Any] = {"str": str, "float": (int, float), "int": int}


def kept(cls: type[Kept], given: object) -> Kept | None:
    """The ``cls``, a dataclass of str, int and float, that ``given`` holds; None where it holds none, since
    metadata may say anything."""
    if not isinstance(given, Mapping):
        return None
    values = {}
    for field in fields(cls):  # type: ignore[arg-type]
        value = given.get(field.name)
        if isinstance(value, bool) or not isinstance(value, _KINDS[str(field.type)]):
            return None
        if isinstance(value, float) and not math.isfinite(value):
            return None
        values[field.name] = value
    return cls(**values)
