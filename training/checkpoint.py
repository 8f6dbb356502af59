"""A training on disk: after each epoch whole or not at all, and gone on from bit for bit."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import torch

from snnrt.atomic_write import write_atomically
from snnrt.errors import ModelError, ModelFileError

VERSION = 2
STILL_FREE = ("device", "bfloat16")
"""Settings that may differ from those of the checkpoint."""

_FIELDS = (
    "version",
    "settings",
    "epoch",
    "network",
    "optimiser",
    "schedule",
    "average",
    "generator",
    "torch",
    "history",
)


def write_checkpoint(path: Path, content: dict[str, Any]) -> None:
    """Write the fields of ``_FIELDS`` but the version. Raises OutputError where it can't be written."""
    stream = io.BytesIO()
    torch.save({"version": VERSION, **content}, stream)
    write_atomically(path, stream.getvalue())


def read_checkpoint(path: Path, settings: dict[str, object]) -> dict[str, Any]:
    """The fields of a checkpoint that was made with ``settings``.

    Raises ModelFileError for a file that can't be read, ModelError for one that is no checkpoint or of other
    settings.
    """
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise ModelFileError(f"{path}: can't be read ({error.strerror or error}); check the path") from error
    except Exception as error:
        # PyTorch raises anything on a damaged file, and on objects that it does not trust
        raise ModelError(f"{path}: no checkpoint of a training; begin anew with another path") from error
    if not isinstance(found, dict) or set(found) != set(_FIELDS) or found["version"] != VERSION:
        raise ModelError(f"{path}: no checkpoint of this version ({VERSION}); begin anew with another path")
    before = found["settings"]
    for name, value in settings.items():
        if name not in STILL_FREE and (not isinstance(before, dict) or before.get(name) != value):
            other = before.get(name) if isinstance(before, dict) else before
            raise ModelError(
                f"{path}: made with {name} {other!r}, found {value!r}: go on with the same settings, or "
                "begin anew with another path"
            )
    return found
