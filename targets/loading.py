"""Profile files: found by name or path, and checked field by field before anything uses them."""

from __future__ import annotations

import difflib
import importlib.resources
import os
import sys
from pathlib import Path

from snnrt.errors import TargetError, TargetFileError
from snnrt.targets.profile_reader import ProfileReader
from snnrt.targets.target import Target
from snnrt.texts import LONGEST_CELL, printable, quoted

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LARGEST_FILE = 1 << 20


def list_targets() -> tuple[str, ...]:
    """Names of the shipped targets, sorted."""
    folder = importlib.resources.files("snnrt.targets") / "profiles"
    return tuple(
        sorted(item.name[: -len(".toml")] for item in folder.iterdir() if item.name.endswith(".toml"))
    )


def load_target(name_or_path: str | os.PathLike[str]) -> Target:
    """The target called ``name_or_path``, or the profile in that ``.toml`` file.

    Raises :class:`TargetError`: no such name (with names close to it), a file that cannot be read,
    or one that breaks a rule of docs/adding_a_target.md (file, field, expected, found).
    """
    text = os.fspath(name_or_path)
    shipped = list_targets()
    if text in shipped:
        file = importlib.resources.files("snnrt.targets") / "profiles" / f"{text}.toml"
        return parse_target(file.read_bytes(), f"{text}.toml")
    if text.endswith(".toml") or os.sep in text:
        return parse_target(_read(text), printable(text, LONGEST_CELL))
    close = difflib.get_close_matches(text.lower(), shipped, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}?" if close else f"known: {', '.join(shipped)}"
    raise TargetError(f"target {quoted(text)} is unknown; {hint} (or give the path of a .toml profile)")


def _read(path: str) -> bytes:
    try:
        if not Path(path).is_file():
            found = "not a file" if Path(path).exists() else "no such file"
            raise TargetFileError(
                f"target profile {quoted(path)}: {found}; give a shipped name or a .toml file"
            )
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except TargetError:
        raise
    except (OSError, ValueError) as error:
        raise TargetFileError(
            f"target profile {quoted(path)}: cannot be read ({error}); check the path"
        ) from error
    if len(data) > LARGEST_FILE:
        raise TargetError(
            f"target profile {quoted(path)}: larger than {LARGEST_FILE} bytes; profiles are small"
        )
    return data


def parse_target(data: bytes, path: str) -> Target:
    """The target that the TOML text ``data`` describes; ``path`` is named in errors.

    Raises :class:`TargetError`.
    """
    try:
        document = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TargetError(f"{path}: is not a TOML file: {reason}") from error
    return ProfileReader(path).target(document)
