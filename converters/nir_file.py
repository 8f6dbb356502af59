"""A NIR file as graphs of ``nir`` nodes, read within bounds so that a hostile file stays harmless.

Nested graphs stay nested here; :mod:`snnrt.converters.nir_graph` inlines them. The ``nir`` package
builds the nodes; its check of types is left out, because published files fail it (frameworks
write scalar parameters) and its shape inference is wrong for kernels that are not square.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import nir
import nir.serialization
import numpy as np

from snnrt.errors import ModelError

MAX_BYTES = 2**30
MAX_OBJECTS = 100_000
MAX_DEPTH = 32
MAX_NAME = 1000

PRIMITIVES = (
    "Input", "Output", "NIRGraph", "Affine", "Linear", "Scale", "Conv1d", "Conv2d", "SumPool2d", "AvgPool2d",
    "Flatten", "Delay", "Threshold", "I", "IF", "LI", "LIF", "CubaLI", "CubaLIF",
)  # fmt: skip

# h5py and nir raise nearly anything on a damaged file; all of it becomes one ModelError
_READ_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, MemoryError, NotImplementedError,
    OSError, RecursionError, RuntimeError, TypeError, ValueError, zlib.error,
)  # fmt: skip


@dataclass(frozen=True)
class NirGraph:
    """Nodes by name, the edges between them, and what the exporter noted about the graph."""

    nodes: dict[str, nir.NIRNode | NirGraph]
    edges: list[tuple[str, str]]
    metadata: dict[str, Any] = field(default_factory=dict)


def read_nir(path: str | Path) -> NirGraph:
    """Read the NIR file at ``path``.

    Raises ModelError if there is no such file, if it is damaged or not NIR, if it is larger than
    1 GiB once unpacked, or if a node has an unknown type or fields that do not fit its type.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelError(f"{path}: no such file; expected a NIR file (.nir)")
    try:
        with h5py.File(path, "r") as file:
            hard = "node" in file and isinstance(file.get("node", getlink=True), h5py.HardLink)
            if not hard or not isinstance(file["node"], h5py.Group):
                raise ModelError(
                    f"{path}: HDF5 without the group 'node'; expected a file written by nir.write"
                )
            _check_size(path, file["node"])
            tree = nir.serialization.hdf2dict(file["node"])
    except _READ_ERRORS as error:
        raise ModelError(f"{path}: not a readable NIR file ({_one_line(error)}); export it again") from error
    root = _build(path, "", tree)
    if isinstance(root, NirGraph):
        return root
    raise ModelError(
        f"{path}: holds a single {type(root).__name__}; expected a NIRGraph with Input and Output"
    )


def _check_size(path: Path, group: h5py.Group) -> None:
    """Refuse, before anything is unpacked, what is too large, too deep or reaches out of the file."""
    total, objects = 0, 0
    pending = [(group, 0)]
    while pending:
        current, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise ModelError(f"{path}: groups nested deeper than {MAX_DEPTH}; expected a NIR file")
        for key in current:
            objects += 1
            if objects > MAX_OBJECTS:
                raise ModelError(f"{path}: more than {MAX_OBJECTS} entries; expected a NIR file of a network")
            # the name must survive as UTF-8, where h5py lets broken bytes pass
            if len(key.encode("utf8")) > MAX_NAME:
                raise ModelError(f"{path}: a name of {len(key)} characters; expected at most {MAX_NAME}")
            if not isinstance(current.get(key, getlink=True), h5py.HardLink):
                raise ModelError(f"{path}: {current.name}/{key} is a link; expected the data itself")
            item = current[key]
            if isinstance(item, h5py.Group):
                pending.append((item, depth + 1))
            elif isinstance(item, h5py.Dataset):
                if item.is_virtual or item.external:
                    raise ModelError(f"{path}: {item.name} lies in another file; expected the data itself")
                total += int(np.prod(item.shape or (), dtype=object)) * max(1, item.dtype.itemsize)
                if total > MAX_BYTES:
                    raise ModelError(
                        f"{path}: more than {MAX_BYTES} bytes of data; expected a smaller network"
                    )


def _build(path: Path, name: str, fields: Any) -> nir.NIRNode | NirGraph:
    where = f"{path}: node {name!r}" if name else f"{path}"
    kind = fields.get("type") if isinstance(fields, dict) else None
    if not isinstance(kind, str):
        raise ModelError(f"{where}: has no type; expected one of NIR's primitives")
    if kind not in PRIMITIVES:
        raise ModelError(
            f"{where}: type {kind} is not known; expected one of {', '.join(PRIMITIVES)}; "
            "replace it in the framework before the export"
        )
    if kind == "NIRGraph":
        return _build_graph(path, name, where, fields)
    fields = {key: value for key, value in fields.items() if key not in ("input_type", "output_type")}
    if kind in ("Conv1d", "Conv2d"):
        fields["input_shape"] = None
    if kind == "Flatten":
        fields["input_type"] = None
    if not isinstance(fields.get("metadata", {}), dict):
        del fields["metadata"]
    try:
        return nir.dict2NIRNode(fields)
    except _READ_ERRORS as error:
        raise ModelError(
            f"{where} ({kind}): fields do not fit the type ({_one_line(error)}); export it again"
        ) from error


def _build_graph(path: Path, name: str, where: str, fields: dict[str, Any]) -> NirGraph:
    nodes, edges = fields.get("nodes"), fields.get("edges")
    if not isinstance(nodes, dict) or not isinstance(edges, np.ndarray):
        raise ModelError(
            f"{where} (NIRGraph): expected 'nodes' and 'edges', found {', '.join(sorted(fields))}"
        )
    built = {key: _build(path, f"{name}.{key}" if name else key, value) for key, value in nodes.items()}
    if edges.size and (edges.ndim != 2 or edges.shape[1] != 2):
        raise ModelError(
            f"{where} (NIRGraph): edges: expected pairs of node names, found shape {edges.shape}"
        )
    pairs = []
    for pair in edges.reshape(-1, 2):
        first, second = (
            end.decode("utf8", "replace") if isinstance(end, bytes) else str(end) for end in pair
        )
        for end in (first, second):
            if end not in built:
                raise ModelError(
                    f"{where}: the edge {first!r} → {second!r} names {end!r}, which is not a node"
                )
        pairs.append((first, second))
    metadata = fields.get("metadata")
    return NirGraph(built, pairs, metadata if isinstance(metadata, dict) else {})


def _one_line(error: BaseException) -> str:
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 200 else words[:197] + "..."
