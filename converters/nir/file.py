"""A NIR file as graphs of NIR's nodes, read so that a hostile or damaged file stays harmless.

Nested graphs stay nested here; :mod:`snnrt.converters.nir.nested` inlines them. The ``nir`` package is not
asked: its versions know different fields, its check of types refuses published files (frameworks write
scalar parameters), and its shape inference is wrong for kernels that are not square.
"""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from snnrt.converters.common.content import find_content
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.nir import reader
from snnrt.converters.nir.own_metadata import digest
from snnrt.converters.nir.primitives import FIELDS, NirNode, as_node
from snnrt.converters.nir.reader import READ_ERRORS, NotNir, Tree, parse_tree, read_tree
from snnrt.errors import ModelError, ModelFileError
from snnrt.texts import printable

SECONDS_TO_READ = 8.0
BYTES_A_SECOND = 10**7
BUSY = 5
"""How much longer than the processor's time reading may take on a machine that others use."""
LONGEST_REASON = 200


@dataclass(frozen=True)
class RefusedNode:
    """A node that is no NIR node, which matters only where the output depends on it: ``reason`` why,
    ``remedy`` what to do."""

    kind: str
    reason: str
    remedy: str

    def complaint(self, name: str) -> ModelError:
        """The error about it, which the caller raises."""
        return ModelError(f"{SourceNode(name, self.kind)}: {self.reason}; {self.remedy}")


Leaf: TypeAlias = NirNode | RefusedNode


@dataclass(frozen=True)
class NirGraph:
    """Nodes by name, and the edges between them; of a file as snnrt wrote it only ``own``."""

    nodes: dict[str, Leaf | NirGraph]
    edges: list[tuple[str, str]]
    own: Own | None = None


@dataclass(frozen=True)
class Own:
    """What snnrt wrote beside the nodes; ``intact``: they are those that it wrote it with."""

    tree: Tree
    intact: bool


def read_nir(path: str | Path, isolated: bool = True) -> NirGraph:
    """Read the NIR file at ``path``.

    ``isolated``: in a process of its own, because the HDF5 library crashes on some damaged files
    (a fifth of a second more). Raises ModelError if there is no such file, if it is damaged or not
    NIR, or if it takes more memory or time than the reader may. A node of an unknown type, or with fields
    that do not fit its type, is a :class:`RefusedNode`.
    """
    path = Path(path)
    if not path.is_file():
        raise ModelFileError(f"{path}: no such file; expected a NIR file (.nir)")
    try:
        content = find_content(path)
    except OSError as error:
        raise ModelFileError(f"{path}: can't be read ({error.strerror or error}); check the path") from None
    if content is not None:
        raise ModelError(f"{path}: not a readable NIR file: it is {content[0]}; {content[1]}")
    try:
        # a program that embeds Python has no interpreter to start
        tree = _read_isolated(path) if isolated and sys.executable else read_tree(str(path))
    except NotNir as error:
        raise ModelError(f"{path}: {error}") from error
    except READ_ERRORS as error:
        raise ModelError(f"{path}: not a readable NIR file ({_said(error)}); export it again") from error
    metadata = tree.pop("metadata", None)
    told = None if metadata is None else metadata.get("digest")
    own = None if metadata is None else Own(metadata, isinstance(told, str) and told == digest(tree))
    if own is not None and own.intact:
        return NirGraph({}, [], own)
    root = _build(path, "", tree)
    if isinstance(root, NirGraph):
        return replace(root, own=own)
    raise ModelError(f"{path}: holds a single {root.kind}; expected a NIRGraph with Input and Output")


def take_nir(graph: object) -> NirGraph:
    """The ``nir.NIRGraph`` ``graph``, in memory; its nodes are not changed.

    A node of an unknown type, or without its fields, is a :class:`RefusedNode`. Raises ModelError where an
    edge names no node.
    """
    if type(graph).__name__ != "NIRGraph":
        raise ModelError(f"{type(graph).__name__}: expected a NIRGraph with Input and Output")
    return _take_graph(graph, "")


def _take_graph(graph: Any, prefix: str) -> NirGraph:
    nodes: dict[str, Leaf | NirGraph] = {}
    for key, node in graph.nodes.items():
        kind = type(node).__name__
        if kind == "NIRGraph":
            nodes[str(key)] = _take_graph(node, f"{prefix}{key}.")
            continue
        try:
            nodes[str(key)] = as_node(node)
        except READ_ERRORS as error:
            remedy = f"expected one of NIR's primitives: {', '.join(FIELDS)}"
            nodes[str(key)] = RefusedNode(kind, _said(error), remedy)
    where = f"NIRGraph: node {prefix[:-1]!r}" if prefix else "NIRGraph"
    return NirGraph(nodes, [_edge(where, nodes, pair) for pair in graph.edges])


def _edge(where: str, nodes: Collection[str], pair: Sequence[object] | np.ndarray) -> tuple[str, str]:
    first, second = (end.decode("utf8", "replace") if isinstance(end, bytes) else str(end) for end in pair)
    for end in (first, second):
        if end not in nodes:
            raise ModelError(
                f"{where}: the edge {printable(first)!r} → {printable(second)!r} names {printable(end)!r}, "
                "which is not a node; export the network again, or put the edge right in nir"
            )
    return first, second


def _read_isolated(path: Path) -> Tree:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1"}
    # the HDF5 library can also run for ever
    seconds = SECONDS_TO_READ + path.stat().st_size / BYTES_A_SECOND
    command = [sys.executable, reader.__file__, str(path), str(math.ceil(seconds))]
    late = f"not read within {seconds:.1f} s, the most for a file of its size: damaged; export it again"
    try:
        # the reader itself counts the processor's time, so that a busy machine breaks no file
        done = subprocess.run(
            command, capture_output=True, timeout=BUSY * seconds, env=environment, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise NotNir(late) from error
    if -done.returncode in (signal.SIGXCPU, signal.SIGKILL):
        raise NotNir(late)
    if done.returncode == 0:
        return parse_tree(done.stdout)
    try:
        reason = json.loads(done.stderr.splitlines()[-1])
    except (IndexError, ValueError) as error:
        raise OSError("the HDF5 library failed on it") from error
    if "not_nir" in reason:
        raise NotNir(reason["not_nir"])
    raise OSError(reason["damaged"])


def _build(path: Path, name: str, fields: Any) -> Leaf | NirGraph:
    where = f"{path}: node {name!r}" if name else f"{path}"
    kind = fields.get("type") if isinstance(fields, dict) else None
    if not isinstance(kind, str):
        raise ModelError(f"{where}: has no type; expected one of NIR's primitives")
    if kind not in FIELDS:
        reason = f"type {kind} is not known; expected one of {', '.join(FIELDS)}"
        return RefusedNode(kind, reason, "replace it in the framework before the export")
    if kind == "NIRGraph":
        return _build_graph(path, name, where, fields)
    try:
        return NirNode(kind, fields)
    except READ_ERRORS as error:
        return RefusedNode(kind, f"fields do not fit the type ({_said(error)})", "export it again")


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
    return NirGraph(built, [_edge(where, built, pair) for pair in edges.reshape(-1, 2)])


def _said(error: BaseException) -> str:
    return printable(error, LONGEST_REASON) or type(error).__name__
