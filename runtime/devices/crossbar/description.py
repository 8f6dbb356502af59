"""A chip's description: the table ``crossbar`` of a TOML file becomes a :class:`CrossbarConfig`.

The same file is a target profile: what computes and what is costed are stated once
(docs/chip_descriptions.md).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.errors import TargetError, TargetFileError
from snnrt.texts import quoted
from snnrt.units import UNITS, in_base, units_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST_FILE = 1 << 20
DIMENSIONLESS = ("1", "count", "bit")


def read_document(path: str) -> dict[str, object]:
    """The TOML file ``path``, of at most a MiB. Raises TargetError, TargetFileError where it cannot be
    read."""
    try:
        if Path(path).exists() and not Path(path).is_file():
            raise TargetFileError(f"{path}: cannot be read: not a file; check the path")
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, TargetError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise TargetFileError(f"{path}: cannot be read: {reason}; check the path") from error
    if len(data) > LARGEST_FILE:
        raise TargetError(f"{path}: larger than {LARGEST_FILE} bytes; a chip's description is small")
    try:
        return tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TargetError(f"{path}: is not a TOML file: {reason}") from error


def parameters_of(document: Mapping[str, object]) -> Mapping[str, object]:
    """The table ``crossbar`` of a file, or the whole file where it is nothing but such a table."""
    table = document.get("crossbar")
    return table if isinstance(table, dict) else document


def plain_values(table: Mapping[str, object], where: str) -> dict[str, object]:
    """Parameters as :meth:`CrossbarConfig.from_dict` takes them: each is a value, or a table with ``value``,
    ``unit`` and where it comes from. Raises TargetError for a unit that the parameter does not have.
    """
    bases = {item.name: str(item.metadata.get("unit", "1")) for item in fields(CrossbarConfig)}
    found: dict[str, object] = {}
    for name, entry in table.items():
        if not isinstance(entry, dict) or "value" not in entry:
            found[name] = entry
            continue
        value, base = entry["value"], bases.get(name, "1")
        # what is no unit of a quantity (devices, a share, units of G_max) is a plain number
        allowed = DIMENSIONLESS if base in DIMENSIONLESS else units_of(base) or DIMENSIONLESS
        unit = entry.get("unit", allowed[0])
        if not isinstance(unit, str) or unit not in allowed:
            raise TargetError(
                f"{where}.{name}.unit: expected one of {', '.join(allowed)}, found {quoted(unit)}"
            )
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        found[name] = in_base(value, unit) if is_number and UNITS[unit][1] != 1.0 else value
    return found


def config_of(document: Mapping[str, object], path: str) -> CrossbarConfig:
    """The crossbar that a parsed file describes. Raises TargetError, which names the file and the
    parameter."""
    try:
        return CrossbarConfig.from_dict(plain_values(parameters_of(document), f"{path}: crossbar"))
    except TargetError as error:
        text = str(error)
        raise TargetError(text if text.startswith(path) else f"{path}: {text}") from error
