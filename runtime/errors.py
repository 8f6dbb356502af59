"""What snnrt raises. Every message is one line: what, where, expected, found, what to do."""

from __future__ import annotations


class SnnrtError(Exception):
    """Base of all errors that snnrt raises on purpose; the CLI prints it without a traceback."""


class ModelError(SnnrtError):
    """A model file, a NIR or ONNX file, or a graph is not what it must be."""


class DataError(SnnrtError):
    """Input data has the wrong shape, dtype, range or content."""


class TargetError(SnnrtError):
    """A target profile is unknown or malformed."""


class OutputError(SnnrtError):
    """A result could not be written; nothing was overwritten."""
