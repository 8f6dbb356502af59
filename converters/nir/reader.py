"""Reads the HDF5 of a NIR file within bounds; runs as a process of its own.

The HDF5 library crashes on some damaged files. ``python reader.py FILE`` reads in a process
that may die, and writes what it read to standard output; so this module imports nothing of snnrt.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from typing import Any, BinaryIO

import h5py
import numpy as np
from nir.serialization import hdf2dict

MAX_BYTES = 2**30
MAX_OBJECTS = 100_000
MAX_DEPTH = 32
MAX_NAME = 1000
MAX_ADDRESS_SPACE = 8 * 2**30

# h5py raises nearly anything on a damaged file
READ_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError,
    OSError, RecursionError, RuntimeError, TypeError, ValueError,
)  # fmt: skip

Tree = dict[str, Any]


class NotNir(Exception):
    """The file is HDF5, but not what a NIR file may hold."""


def read_tree(path: str) -> Tree:
    """The group ``node`` of the file: nested dicts of strings and arrays, metadata left out.

    Raises NotNir, or one of READ_ERRORS if the file is damaged.
    """
    with h5py.File(path, "r") as file:
        hard = "node" in file and isinstance(file.get("node", getlink=True), h5py.HardLink)
        if not hard or not isinstance(file["node"], h5py.Group):
            raise NotNir("HDF5 without the group 'node'; expected a file written by nir.write")
        _check_size(file["node"])
        return _without_metadata(hdf2dict(file["node"]))


def _check_size(group: h5py.Group) -> None:
    """Refuse, before anything is unpacked, what is too large, too deep or reaches out of the file."""
    total, objects = 0, 0
    pending = [(group, 0)]
    while pending:
        current, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise NotNir(f"groups nested deeper than {MAX_DEPTH}; expected a NIR file")
        for key in current:
            objects += 1
            if objects > MAX_OBJECTS:
                raise NotNir(f"more than {MAX_OBJECTS} entries; expected a NIR file of a network")
            # the name must survive as UTF-8, where h5py lets broken bytes pass
            if len(key.encode("utf8")) > MAX_NAME:
                raise NotNir(f"a name of {len(key)} characters; expected at most {MAX_NAME}")
            if not isinstance(current.get(key, getlink=True), h5py.HardLink):
                raise NotNir(f"{current.name}/{key} is a link; expected the data itself")
            item = current[key]
            if isinstance(item, h5py.Group):
                pending.append((item, depth + 1))
            elif isinstance(item, h5py.Dataset):
                if item.is_virtual or item.external:
                    raise NotNir(f"{item.name} lies in another file; expected the data itself")
                total += int(np.prod(item.shape or (), dtype=object)) * max(1, item.dtype.itemsize)
                if total > MAX_BYTES:
                    raise NotNir(f"more than {MAX_BYTES} bytes of data; expected a smaller network")


def _without_metadata(tree: Tree) -> Tree:
    return {
        key: _without_metadata(value) if isinstance(value, dict) else value
        for key, value in tree.items()
        if key != "metadata"
    }


def write_tree(tree: Tree, stream: BinaryIO) -> None:
    """A line of JSON in which arrays are numbered, then the arrays as .npy, one after the other."""
    arrays: list[np.ndarray] = []

    def described(value: Any) -> Any:
        if isinstance(value, dict):
            return {"group": [[key, described(item)] for key, item in value.items()]}
        if isinstance(value, str):
            return {"text": value}
        array = np.asarray(value)
        if array.dtype.kind in "OSU":
            words = [w.decode("utf8", "replace") if isinstance(w, bytes) else str(w) for w in array.ravel()]
            return {"words": words, "shape": list(array.shape)}
        if array.dtype.hasobject or array.dtype.kind == "V":
            raise NotNir(f"data of type {array.dtype}; expected numbers or text")
        arrays.append(array)
        return {"array": len(arrays) - 1}

    stream.write(json.dumps(described(tree)).encode("ascii") + b"\n")
    for array in arrays:
        np.lib.format.write_array(stream, array, allow_pickle=False)


def parse_tree(data: bytes) -> Tree:
    """What :func:`write_tree` wrote. Raises one of READ_ERRORS if it is cut short."""
    stream = io.BytesIO(data)
    described = json.loads(stream.readline())
    arrays: dict[int, np.ndarray] = {}

    def value(item: dict[str, Any]) -> Any:
        if "group" in item:
            return {key: value(inner) for key, inner in item["group"]}
        if "text" in item:
            return item["text"]
        if "words" in item:
            return np.array(item["words"], dtype=object).reshape(item["shape"])
        # arrays were numbered in the order of this walk
        arrays[item["array"]] = np.lib.format.read_array(stream, allow_pickle=False)
        return arrays[item["array"]]

    tree = value(described)
    if not isinstance(tree, dict):
        raise ValueError("no group")
    return tree


def main() -> int:
    """Read the file named on the command line; 0 if it could be read, 1 with the reason on standard error."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MAX_ADDRESS_SPACE, MAX_ADDRESS_SPACE))
    try:
        # not straight to standard output: NumPy writes arrays only to files whose position it can ask for
        written = io.BytesIO()
        write_tree(read_tree(sys.argv[1]), written)
        sys.stdout.buffer.write(written.getbuffer())
    except NotNir as error:
        sys.stderr.write(json.dumps({"not_nir": str(error)}))
        return 1
    except READ_ERRORS as error:
        sys.stderr.write(json.dumps({"damaged": str(error) or type(error).__name__}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
