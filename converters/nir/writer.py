"""A float32 graph becomes a NIR file: NIR's nodes for what NIR can say, and the graph whole beside them.

    unsaid = write_nir(graph, "model.nir")

NIR's constants are those of a step of 1e-4 s; how a neuron resets, > against ≥, several spikes a step and
bounds are no part of NIR, and stand in the metadata alone, as does all of a node that NIR does not have.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from snnrt.atomic_write import write_atomically
from snnrt.converters.nir.own_metadata import described, digest
from snnrt.converters.nir.reader import OWN_METADATA, unpacked
from snnrt.converters.nir.written_neurons import DT, written_neuron
from snnrt.errors import ModelError
from snnrt.ir.graph import (
    Add,
    AvgPool2d,
    Conv2d,
    Delay,
    Dense,
    Exit,
    Flatten,
    Graph,
    Input,
    Neuron,
    Node,
    Pool2d,
    Readout,
    SumPool2d,
    broadcast,
)

NIR_VERSION = "1.0.8"
Fields = dict[str, Any]


def write_nir(graph: Graph, path: str | os.PathLike[str]) -> list[str]:
    """Write ``graph`` to ``path``, whole or not at all; what other readers of NIR do not learn, a line each.

    :func:`snnrt.converters.nir.importer.import_nir` gives ``graph`` back in every field. Raises ModelError
    where its numbers are integers or a name cannot stand in HDF5, OutputError where it can't be written.
    """
    if graph.integer:
        raise ModelError(
            f"{os.fspath(path)}: NIR holds real numbers; expected a float32 network, found {graph.profile}: "
            "write the one that it was converted from"
        )
    nodes, edges, unsaid = nir_nodes(graph)
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        file.create_dataset("version", data=NIR_VERSION, dtype=h5py.string_dtype())
        root = file.create_group("node")
        written: dict[bytes, h5py.Dataset] = {}
        _put(root, {"type": "NIRGraph", "nodes": nodes}, written)
        root.create_dataset("edges", data=np.array(edges, dtype=object), dtype=h5py.string_dtype())
        metadata = root.create_group(f"metadata/{OWN_METADATA}")
        _put(metadata, described(graph), written)
        file.flush()
        metadata["digest"] = digest(unpacked(root))
    write_atomically(Path(path), stream.getvalue())
    return unsaid


def nir_nodes(graph: Graph) -> tuple[dict[str, Fields], list[tuple[str, str]], list[str]]:
    """NIR's nodes by name, the edges between them, and what the nodes do not say."""
    unsaid: list[str] = []
    nodes: dict[str, Fields] = {}
    for node in graph:
        if isinstance(node, (Add, Exit)):
            continue
        if not node.name or "/" in node.name or node.name in (".", "..") or "\x00" in node.name:
            raise ModelError(
                f"node {node.name!r}: NIR's names stand in HDF5; expected one without '/': rename it"
            )
        nodes[node.name] = _written(node, graph, unsaid)
    edges: list[tuple[str, str]] = []
    for node in graph:
        if node.name not in nodes:
            continue
        for source, delay in _sources(graph, node):
            if delay == 0 or (delay == 1 and _reaches(graph, node.name, source)):
                edges.append((source, node.name))
                continue
            between = f"{node.name}.delay.{len(edges)}"
            while between in nodes:
                between += "_"
            nodes[between] = {"type": "Delay", "delay": np.full(graph[source].shape, delay * DT, np.float32)}
            edges += [(source, between), (between, node.name)]
    if graph.exit.rule != "never":
        unsaid.append(f"exit: {graph.exit.rule} at {graph.exit.threshold:g}")
    if graph.readout.mode != "sum":
        unsaid.append(f"readout: {graph.readout.mode}")
    return nodes, edges, unsaid


def _written(node: Node, graph: Graph, unsaid: list[str]) -> Fields:
    sources = [graph[edge.source].shape for edge in node.inputs]
    if isinstance(node, Input):
        return {"type": "Input", "shape": np.array(node.shape, np.int64)}
    if isinstance(node, Readout):
        return {"type": "Output", "shape": np.array(node.shape, np.int64)}
    if isinstance(node, Dense):
        bias = {} if node.bias is None else {"bias": node.bias}
        return {"type": "Affine" if bias else "Linear", "weight": node.weights, **bias}
    if isinstance(node, Flatten) and not node.channels_last:
        return {
            "type": "Flatten", "start_dim": np.int64(0), "end_dim": np.int64(-1),
            "input_type": np.array(sources[0], np.int64),
        }  # fmt: skip
    if isinstance(node, Delay):
        steps = broadcast(node.steps, node.shape).astype(np.float64)
        return {"type": "Delay", "delay": np.asarray(steps * DT, np.float32)}
    if isinstance(node, Conv2d) and _even(node.padding):
        out = node.weights.shape[0]
        return {
            "type": "Conv2d", "weight": node.weights, "input_shape": np.array(sources[0][1:], np.int64),
            "bias": np.zeros(out, np.float32) if node.bias is None else node.bias,
            "stride": np.array(node.stride), "padding": np.array([node.padding[0], node.padding[2]]),
            "dilation": np.array(node.dilation), "groups": np.int64(node.groups),
        }  # fmt: skip
    if isinstance(node, (SumPool2d, AvgPool2d)) and isinstance(node, Pool2d) and _even(node.padding):
        return {
            "type": type(node).__name__, "kernel_size": np.array(node.kernel),
            "stride": np.array(node.stride), "padding": np.array([node.padding[0], node.padding[2]]),
        }  # fmt: skip
    if isinstance(node, Neuron):
        written, lines = written_neuron(node)
        unsaid += [f"node {node.name!r}: {line}" for line in lines]
        if written is not None:
            return written
    unsaid.append(f"node {node.name!r} ({node.kind}): NIR has no node for it; only snnrt can read the file")
    return {"type": f"snnrt.{node.kind}"}


def _even(padding: tuple[int, int, int, int]) -> bool:
    """NIR's padding is the same on both sides."""
    return padding[0] == padding[1] and padding[2] == padding[3]


def _sources(graph: Graph, node: Node) -> list[tuple[str, int]]:
    """What ``node`` reads, additions in between resolved, since NIR sums what meets; with the delays."""
    found: list[tuple[str, int]] = []
    pending = [(edge.source, edge.delay) for edge in reversed(node.inputs)]
    while pending:
        source, delay = pending.pop()
        reached = graph[source]
        if isinstance(reached, Add):
            pending += [(edge.source, delay + edge.delay) for edge in reversed(reached.inputs)]
        else:
            found.append((source, delay))
    return found


def _reaches(graph: Graph, start: str, end: str) -> bool:
    """Does a way lead from ``start`` to ``end``?"""
    seen, pending = {end}, [end]
    while pending:
        for edge in graph[pending.pop()].inputs:
            if edge.source not in seen:
                seen.add(edge.source)
                pending.append(edge.source)
    return start in seen


def _put(group: h5py.Group, fields: Mapping[str, Any], written: dict[bytes, h5py.Dataset]) -> None:
    """``written``: the arrays so far. One that stands twice, in a node of NIR and in our metadata, is stored
    once and linked to: readers see no difference."""
    for key, value in fields.items():
        if isinstance(value, Mapping):
            _put(group.create_group(key), value, written)
        elif isinstance(value, str):
            group.create_dataset(key, data=value, dtype=h5py.string_dtype())
        elif np.ndim(value) and np.size(value) > 16:
            array = np.ascontiguousarray(value)
            content = sha256(f"{array.dtype.str}{array.shape}".encode() + array.tobytes()).digest()
            if content in written:
                group[key] = written[content]
            else:
                written[content] = group.create_dataset(key, data=array, compression="gzip")
        else:
            group.create_dataset(key, data=value)
