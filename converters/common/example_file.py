"""An example input that lies in a file."""

from __future__ import annotations

import os
import zlib
from zipfile import BadZipFile

import numpy as np

from snnrt.errors import DataFileError


def array_of(path: str | os.PathLike[str]) -> np.ndarray:
    """The array of a ``.npy``, of an ``.npz`` the one called ``x``, else the first. Raises DataFileError."""
    try:
        with open(path, "rb") as file:
            found = np.load(file, allow_pickle=False)
            if isinstance(found, np.ndarray):
                return found
            with found:
                return np.asarray(found["x" if "x" in found.files else found.files[0]])
    except OSError as error:
        words = error.strerror or error
        raise DataFileError(f"example: {path}: can't be read ({words}); check the path") from error
    except (ValueError, IndexError, EOFError, BadZipFile, zlib.error) as error:
        raise DataFileError(
            f"example: {path}: expected an array saved by numpy.save, found something else"
        ) from error
