"""What snnrt raises. Every message is one line: what, where, expected, found, what to do.

Each error is also the built-in one that fits, so ``except ValueError`` does what a NumPy user expects:

- :class:`ModelError`, :class:`DataError`, :class:`TargetError` are ``ValueError``
- :class:`ArgumentTypeError` is a ``DataError`` and a ``TypeError``: an argument of another type
- :class:`ModelFileError`, :class:`DataFileError`, :class:`TargetFileError` are the first three and an
  ``OSError``: a file that is not there or cannot be read; :class:`OutputError` is an ``OSError``
"""

from __future__ import annotations

from snnrt.texts import LONGEST_MESSAGE, printable


class SnnrtError(Exception):
    """Base of all errors that snnrt raises on purpose; the command prints it without a traceback.

    The message is one printable line, whatever a file's name or a node's name in it holds.
    """

    def __init__(self, message: object = "") -> None:
        super().__init__(printable(message, LONGEST_MESSAGE))


class ModelError(SnnrtError, ValueError):
    """A model file, a NIR or ONNX file, or a graph is not what it must be."""


class DataError(SnnrtError, ValueError):
    """Input data, or another argument, has the wrong shape, dtype, range or content."""


class ArgumentTypeError(DataError, TypeError):
    """An argument is of a type that means nothing there."""


class TargetError(SnnrtError, ValueError):
    """A target profile is unknown or malformed."""


class ModelFileError(ModelError, OSError):
    """A model or source file is not there, or cannot be read."""


class DataFileError(DataError, OSError):
    """A file of inputs is not there, or cannot be read."""


class TargetFileError(TargetError, OSError):
    """A file that describes a target or a device is not there, or cannot be read."""


class SilentLayerWarning(UserWarning):
    """A layer never fires on the data that a network is calibrated with; ``layers``: those that do not."""

    def __init__(self, text: str, layers: tuple[str, ...] = ()) -> None:
        super().__init__(text)
        self.layers = layers


class OutputError(SnnrtError, OSError):
    """A result could not be written; nothing was overwritten."""
