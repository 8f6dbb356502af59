"""Reads the HDF5 of a NIR file within bounds; runs as a process of its own.

The HDF5 library crashes on some damaged files. ``python reader.py FILE`` reads in a process
that may die, and writes what it read to standard output; so this module imports nothing of snnrt.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
from typing import Any, BinaryIO

import h5py
import numpy as np

MAX_BYTES = 2**28
"""Of data once unpacked, for a small file."""

BYTES_A_FILE_BYTE = 8
"""So many more for each byte of the file: what trained weights unpack to, and damaged sizes do not."""

MOST_BYTES = 2**30
"""However large the file is."""

OWN_BYTES = 2**29
"""Address space of the reading process beside the data."""

MAX_OBJECTS = 100_000
MAX_DEPTH = 32
MAX_NAME = 1000
OWN_METADATA = "snnrt"
"""The group of a graph's metadata that this package writes."""

# h5py raises nearly anything on a damaged file
READ_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError,
    OSError, RecursionError, RuntimeError, TypeError, ValueError,
)  # fmt: skip

Tree = dict[str, Any]


class NotNir(Exception):
    """The file is HDF5, but not what a NIR file may hold."""


def most_bytes(path: str) -> int:
    """So much data the file at ``path`` may hold once unpacked."""
    return int(min(MOST_BYTES, MAX_BYTES + BYTES_A_FILE_BYTE * os.path.getsize(path)))


def read_tree(path: str) -> Tree:
    """The group ``node`` of the file: nested dicts of strings and arrays.

    Of the metadata only this package's own, of the outermost graph. Raises NotNir, or one of READ_ERRORS if
    the file is damaged.
    """
    with h5py.File(path, "r") as file:
        hard = "node" in file and isinstance(file.get("node", getlink=True), h5py.HardLink)
        if not hard or not isinstance(file["node"], h5py.Group):
            raise NotNir("HDF5 without the group 'node'; expected a file written by nir.write")
        _check_size(file["node"], most_bytes(path))
        tree = unpacked(file["node"])
        own = file["node"].get(f"metadata/{OWN_METADATA}")
        if isinstance(own, h5py.Group):
            tree["metadata"] = unpacked(own)
        return tree


def _check_size(group: h5py.Group, most: int) -> None:
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
                size = int(np.prod(item.shape or (), dtype=object)) * max(1, item.dtype.itemsize)
                total += size
                if total > most:
                    raise NotNir(
                        f"more than {most} bytes of data, {item.name} alone {size}; expected at most "
                        f"{most >> 20} MiB for a file of this size: a damaged file, or a smaller network"
                    )


def unpacked(group: h5py.Group, nodes: bool = False) -> Tree:
    """What is in ``group``, unchecked, metadata left out; ``nodes``: its keys are names that a user gave."""
    tree: Tree = {}
    for key, item in group.items():
        if key == "metadata" and not nodes:
            continue
        if isinstance(item, h5py.Group):
            tree[key] = unpacked(item, key == "nodes" and not nodes)
        elif isinstance(item, h5py.Dataset):
            value = item[()]
            tree[key] = value.decode("utf8") if isinstance(value, bytes) else value
    return tree


def write_tree(tree: Tree, stream: BinaryIO) -> None:
    """A line of JSON with each array's type and shape, then the bytes of the arrays one after the other."""
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
        if array.dtype.kind not in "biufc":
            raise NotNir(f"data of type {array.dtype}; expected numbers or text")
        arrays.append(array)
        return {"array": array.dtype.str, "shape": list(array.shape)}

    stream.write(json.dumps(described(tree)).encode("ascii") + b"\n")
    for array in arrays:
        stream.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def parse_tree(data: bytes) -> Tree:
    """What :func:`write_tree` wrote, arrays read-only. Raises one of READ_ERRORS if it is cut short."""
    place = data.index(b"\n") + 1
    described = json.loads(data[:place])

    def value(item: dict[str, Any]) -> Any:
        nonlocal place
        if "group" in item:
            return {key: value(inner) for key, inner in item["group"]}
        if "text" in item:
            return item["text"]
        shape = tuple(item["shape"])
        if "words" in item:
            return np.array(item["words"], dtype=object).reshape(shape)
        dtype = np.dtype(item["array"])
        # arrays were numbered in the order of this walk
        count = math.prod(shape)
        array = np.frombuffer(data, dtype, count, place) if count else np.zeros(0, dtype)
        place += array.nbytes
        return array.reshape(shape)

    tree = value(described)
    if not isinstance(tree, dict):
        raise ValueError("no group")
    return tree


def main() -> int:
    """Read the file named on the command line; 0 if it could be read, 1 with the reason on standard error."""
    limit = 0
    try:
        limit = OWN_BYTES + most_bytes(sys.argv[1])
        with contextlib.suppress(ImportError, ValueError):
            import resource

            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            seconds = int(sys.argv[2])
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        write_tree(read_tree(sys.argv[1]), sys.stdout.buffer)
    except NotNir as error:
        sys.stderr.write(json.dumps({"not_nir": str(error)}))
        return 1
    except READ_ERRORS as error:
        if isinstance(error, MemoryError) or "alloc" in str(error):
            said = f"it takes more than {limit >> 20} MiB of memory to read; expected a NIR file of its size"
            sys.stderr.write(json.dumps({"not_nir": said}))
            return 1
        sys.stderr.write(json.dumps({"damaged": str(error) or type(error).__name__}))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
