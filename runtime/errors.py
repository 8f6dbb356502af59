"""What snnrt raises. Every message is one line: what, where, expected, found, what to do."""

from __future__ import annotations

from snnrt.texts import LONGEST_MESSAGE, printable


class SnnrtError(Exception):
    """Base of all errors that snnrt raises on purpose; the CLI prints it without a traceback.

    The message is one printable line, whatever a file's name or a node's name in it holds.
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(message, LONGEST_MESSAGE))


class ModelError(SnnrtError):
    """A model file, a NIR or ONNX file, or a graph is not what it must be."""


class DataError(SnnrtError):
    """Input data has the wrong shape, dtype, range or content."""


class TargetError(SnnrtError):
    """A target profile is unknown or malformed."""


class OutputError(SnnrtError):
    """A result could not be written; nothing was overwritten."""
