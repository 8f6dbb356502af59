"""A graph whole, in every field, beside the NIR nodes that say part of it: what makes a round trip exact.

The metadata hold a digest of the NIR nodes that they were written with, so that a file
that another program has changed since is read by its nodes.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from snnrt.converters.nir.reader import READ_ERRORS, Tree
from snnrt.errors import ModelError
from snnrt.ir.graph import Edge, Graph, Node
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.nodes import BY_NUMBER
from snnrt.ir.spec import Kind, ValueType
from snnrt.texts import json_bytes, parse_json

VERSION = 1
_KINDS = {cls.KIND.name: cls for cls in BY_NUMBER.values()}
_COMMON = ("name", "inputs", "shape")


def described(graph: Graph) -> Tree:
    """``graph`` as a tree of text and arrays."""
    arrays: list[np.ndarray] = []

    def value(found: object) -> object:
        if isinstance(found, np.ndarray):
            arrays.append(found)
            return {"array": len(arrays) - 1}
        return list(found) if isinstance(found, tuple) else found

    nodes = [
        {
            "kind": node.kind,
            "name": node.name,
            "shape": list(node.shape),
            "inputs": [[edge.source, edge.delay] for edge in node.inputs],
            "fields": {
                one.name: value(getattr(node, one.name)) for one in fields(node) if one.name not in _COMMON
            },
        }
        for node in graph
    ]
    document = {
        "version": VERSION,
        "timesteps": graph.timesteps,
        "arithmetic": graph.arithmetic,
        "metadata": graph.metadata,
        "nodes": nodes,
    }
    text = json_bytes(document).decode("utf8")
    return {"document": text, "arrays": {str(index): array for index, array in enumerate(arrays)}}


def restored(tree: Tree) -> Graph:
    """The graph that ``tree`` describes. Raises ModelError where it describes none."""
    try:
        document = parse_json(tree["document"].encode("utf8"))
        assert isinstance(document, dict)
        if document["version"] != VERSION:
            raise ModelError(f"snnrt's metadata: expected version {VERSION}, found {document['version']!r}")
        arrays = tree.get("arrays", {})
        nodes = tuple(_node(one, arrays) for one in document["nodes"])
        steps = _checked(document["timesteps"], int)
        arithmetic = _checked(document["arithmetic"], Literal["float32", "integer"])
        graph = Graph(nodes, steps, arithmetic, _checked(document["metadata"], dict))
        check_graph(graph)
    except ModelError as error:
        raise ModelError(f"snnrt's metadata: {error}; write the file again") from error
    except READ_ERRORS as error:
        said = str(error) or type(error).__name__
        raise ModelError(f"snnrt's metadata are damaged ({said[:100]}); write the file again") from error
    return graph


def digest(tree: Tree) -> str:
    """Of all that is in a file's group ``node`` but the metadata."""
    found = hashlib.sha256()
    _digest({key: value for key, value in tree.items() if key != "metadata"}, found)
    return found.hexdigest()


def _digest(value: Any, found: Any) -> None:
    if isinstance(value, Mapping):
        for key in sorted(value):
            found.update(b"{" + key.encode("utf8"))
            _digest(value[key], found)
        found.update(b"}")
    elif isinstance(value, (str, bytes)):
        found.update(b"'" + (value.encode("utf8") if isinstance(value, str) else value))
    else:
        array = np.asarray(value)
        if array.dtype.kind in "OSU":
            found.update(f"words {array.shape}".encode())
            for word in array.ravel():
                _digest(word if isinstance(word, bytes) else str(word), found)
        else:
            found.update(f"{array.dtype.str} {array.shape}".encode() + array.tobytes())


def _node(described: Mapping[str, Any], arrays: Mapping[str, Any]) -> Node:
    cls = _KINDS[described["kind"]]
    # nodes name these two for types only
    hints = get_type_hints(cls, localns={"Kind": Kind, "ValueType": ValueType})
    known = {one.name for one in fields(cls)} - set(_COMMON)
    given = dict(described["fields"])
    # a field that came later has its default in files of before
    needed = {
        one.name for one in fields(cls) if one.default is MISSING and one.default_factory is MISSING
    } - set(_COMMON)
    if not needed <= given.keys() <= known:
        raise ValueError(f"fields of {described['kind']}")
    values = {name: _checked(_array(value, arrays), hints[name]) for name, value in given.items()}
    inputs = tuple(Edge(_checked(source, str), _checked(delay, int)) for source, delay in described["inputs"])
    shape = tuple(_checked(size, int) for size in described["shape"])
    return cls(_checked(described["name"], str), inputs, shape, **values)


def _array(value: object, arrays: Mapping[str, Any]) -> object:
    if isinstance(value, dict):
        found = np.asarray(arrays[str(value["array"])])
        if found.dtype.kind not in "fi":
            raise ValueError(f"an array of {found.dtype}")
        return found
    return value


def _checked(value: Any, hint: Any) -> Any:
    """``value`` where it is of the type that ``hint`` says, a list being a tuple."""
    options, origin = get_args(hint), get_origin(hint)
    if origin is Literal:
        fits = value in options and not isinstance(value, bool)
    elif origin is tuple:
        sizes = (options[0],) * len(value) if options[-1] is Ellipsis else options
        if not isinstance(value, list) or len(value) != len(sizes):
            raise ValueError(f"{value!r}")
        return tuple(_checked(one, size) for one, size in zip(value, sizes))
    elif type(None) in options:
        return (
            None if value is None else _checked(value, next(one for one in options if one is not type(None)))
        )
    elif hint is float:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        value = float(value) if fits else value
    elif hint in (int, str, bool, dict):
        fits = type(value) is hint
    else:
        fits = isinstance(value, np.ndarray)
    if not fits:
        raise ValueError(f"{str(value)[:40]!r}")
    return value
