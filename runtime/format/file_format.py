"""Writing and reading .snnrt files, byte for byte as docs/ir.md says.

Reading trusts nothing: the core's own check (:mod:`snnrt.devices.cpu`) passes over the bytes first, then
this module rebuilds the graph.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from snnrt.errors import ModelError
from snnrt.exits import fixed_point
from snnrt.format import layout
from snnrt.ir.element_order import element_orders
from snnrt.ir.graph import (
    Add,
    Arithmetic,
    AvgPool2d,
    Conv2d,
    Dense,
    Edge,
    Exit,
    Flatten,
    Graph,
    Input,
    Neuron,
    Node,
    Pool2d,
    Readout,
    SumPool2d,
)
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.memory_plan import plan_memory
from snnrt.ir.value_types import largest_values, output_types

MAGIC = b"SNNRT\r\n\x1a"
FORMAT = (1, 0)
HEADER = struct.Struct("<8sHHIIBBHIIIIII16x")
NODE = struct.Struct("<BBBB4HIIIIHH64s")
NONE = 0xFFFFFFFF
NO_INPUT = 0xFFFF
DELAYED = 0x8000
LARGEST_FILE = 2**31

KINDS: tuple[type[Node], ...] = (
    Input, Dense, Conv2d, SumPool2d, AvgPool2d, Flatten, Add, Neuron, Readout, Exit,
)  # fmt: skip
DTYPES = ("bits", "int16", "int32", "float32")
INTEGRATIONS = ("decay", "euler", "divide", "divide_leak")
SYNAPSE_ORDERS = ("decay_then_add", "add_then_decay", "use_then_decay", "previous")
RESETS = ("none", "subtract", "value")
ENCODINGS = ("constant", "spikes")
READOUTS = ("sum", "mean")
RULES = ("never", "entropy", "confidence")


def _align(size: int) -> int:
    return -(-size // 16) * 16


@dataclass
class _Data:
    """The data section while it is written."""

    start: int
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0

    def put(self, array: np.ndarray | None) -> int:
        """Append an array; its file offset, or 0 for None."""
        if array is None:
            return 0
        raw = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        offset = self.start + self.size
        self.chunks.append(raw.ljust(_align(len(raw)), b"\0"))
        self.size += _align(len(raw))
        return offset


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.orders = element_orders(graph)
        self.plan = plan_memory(graph)
        self.data = _Data(_align(HEADER.size + NODE.size * len(graph.nodes)))

    def parameters(self, node: Node) -> bytes:
        if isinstance(node, Input):
            encoding = ENCODINGS.index(node.encoding)
            return struct.pack("<Ififf", encoding, node.scale, node.peak, node.low, node.high)
        if isinstance(node, (Dense, Conv2d)):
            return self._synapse(node)
        if isinstance(node, Pool2d):
            return struct.pack("<12x8H", *node.kernel, *node.stride, *node.padding)
        if isinstance(node, Neuron):
            return self._neuron(node)
        if isinstance(node, Readout):
            mode = READOUTS.index(node.mode)
            if node.scale is None:
                return struct.pack("<I12x", mode)
            multipliers, shift = fixed_point.readout_multipliers(node.scale)
            return struct.pack("<IIII", mode, self.data.put(multipliers), shift, self.data.put(node.scale))
        if isinstance(node, Exit):
            classes = self.graph.readout.shape[0]
            rule = RULES.index(node.rule)
            integer = fixed_point.threshold_q(node.rule, node.threshold, classes)
            return struct.pack("<IIf", rule, integer, node.threshold)
        return b""

    def _synapse(self, node: Dense | Conv2d) -> bytes:
        order_in = self.orders.get(node.inputs[0].source)
        order_out = self.orders.get(node.name)
        vectors = []
        for vector in (node.bias, node.scale):
            if vector is not None and isinstance(node, Dense) and order_out is not None:
                vector = vector[order_out]
            vectors.append(vector)
        offsets = [self.data.put(layout.store_weights(node, order_in, order_out))]
        offsets += [self.data.put(vector) for vector in vectors]
        packed = struct.pack("<III", *offsets)
        if isinstance(node, Conv2d):
            fields = (*node.weights.shape[2:], *node.stride, *node.padding, *node.dilation, node.groups)
            packed += struct.pack("<11H", *fields)
        return packed

    def _neuron(self, node: Neuron) -> bytes:
        flags = INTEGRATIONS.index(node.integration) | SYNAPSE_ORDERS.index(node.synapse_order) << 2
        flags |= node.strict << 4 | node.multiple << 5 | RESETS.index(node.reset) << 6
        narrow = self.graph.integer and node.state_bits == 16
        flags |= node.reset_next << 8 | narrow << 9
        granularity = 0
        offsets = []
        for position, name in enumerate(Neuron.PARAMETERS):
            array: np.ndarray | None = getattr(node, name)
            if array is not None:
                level = 1 if array.ndim == 0 else 2 if array.ndim == 1 else 3
                granularity |= level << (2 * position)
                array = layout.store_parameter(array, node, self.orders.get(node.name))
            offsets.append(self.data.put(array))
        state = self.plan.offsets[node.name, "state"]
        synapse = self.plan.offsets.get((node.name, "synapse"), NONE)
        spikes = node.max_spikes if node.multiple else 1
        return struct.pack("<15I", flags, granularity, state, synapse, spikes, *offsets)

    def node(self, node: Node, dtype: str, peak: int, static: bool) -> bytes:
        edges = [self.graph.index(edge.source) | (DELAYED if edge.delay else 0) for edge in node.inputs]
        edges += [NO_INPUT] * (4 - len(edges))
        channels, height, width = (*node.shape, 1, 1) if len(node.shape) == 1 else node.shape
        source = node.inputs[0].source if isinstance(node, Flatten) else node.name
        offset = self.plan.offsets.get((source, "output"), NONE)
        if isinstance(node, Exit):
            channels = height = width = 1
        return NODE.pack(
            KINDS.index(type(node)) + 1, DTYPES.index(dtype),
            1 if isinstance(node, Exit) else len(node.shape), len(node.inputs), *edges,
            channels, height, width, offset, peak, int(static), self.parameters(node),
        )  # fmt: skip


def encode(graph: Graph) -> bytes:
    """The file of a graph: bytes. Raises ModelError for a graph that breaks a rule of the IR."""
    graph = layout.prepare(graph)
    check_graph(graph)
    writer = _Writer(graph)
    types = output_types(graph)
    peaks = largest_values(graph) if graph.integer else {}
    static = graph.static_nodes()
    records = b""
    for node in graph:
        peak = peaks.get(node.name, 1 if types[node.name] == "bits" else 0)
        records += writer.node(node, types[node.name], peak, node.name in static)
    metadata = dict(graph.metadata, node_names=[node.name for node in graph])
    try:
        text = json.dumps(metadata, sort_keys=True, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"metadata: expected values that JSON can hold ({error}); use text and numbers"
        ) from None
    data = b"".join(writer.data.chunks)
    body = records.ljust(writer.data.start - HEADER.size, b"\0") + data + text
    size = HEADER.size + len(body)
    if size >= LARGEST_FILE:
        raise ModelError(
            f"the file would have {size} bytes, expected fewer than {LARGEST_FILE}; prune the network"
        )

    def header(crc: int) -> bytes:
        return HEADER.pack(
            MAGIC, *FORMAT, size, crc, int(graph.integer), 0, len(graph.nodes),
            writer.plan.arena_bytes, graph.timesteps, writer.data.start, len(data),
            writer.data.start + len(data), len(text),
        )  # fmt: skip

    return header(zlib.crc32(header(0) + body)) + body


@dataclass(frozen=True)
class _Record:
    kind: type[Node]
    inputs: tuple[Edge, ...]
    shape: tuple[int, ...]
    dtype: str
    parameters: bytes
    name: str


class _Reader:
    """Rebuilds a graph from bytes that the core has checked."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        fields = HEADER.unpack_from(raw)
        self.int8 = fields[5] == 1
        self.count, self.timesteps = fields[7], fields[9]
        offset, size = fields[12], fields[13]
        self.metadata, self.names = _metadata(raw[offset : offset + size], self.count)

    def array(self, offset: int, shape: tuple[int, ...], dtype: str) -> np.ndarray | None:
        if offset == 0:
            return None
        count = int(np.prod(shape, dtype=np.int64))
        return np.frombuffer(self.raw, np.dtype(dtype), count, offset).reshape(shape).copy()

    def record(self, index: int) -> _Record:
        kind, dtype, rank, inputs, *rest = NODE.unpack_from(self.raw, HEADER.size + index * NODE.size)
        edges = tuple(Edge(self.names[e & 0x7FFF], e >> 15) for e in rest[:inputs])
        channels, height, width = rest[4:7]
        shape = (channels,) if rank == 1 else (channels, height, width)
        return _Record(KINDS[kind - 1], edges, shape, DTYPES[dtype], rest[10], self.names[index])

    def graph(self) -> Graph:
        records = [self.record(index) for index in range(self.count)]
        shapes = {record.name: record.shape for record in records}
        arithmetic: Arithmetic = "integer" if self.int8 else "float32"
        build: dict[type[Node], Callable[[_Record, tuple[int, ...]], Node]] = {
            Input: self._input, Dense: self._dense, Conv2d: self._conv2d, SumPool2d: self._pool,
            AvgPool2d: self._pool, Flatten: self._plain, Add: self._add, Neuron: self._neuron,
            Readout: self._readout, Exit: self._exit,
        }  # fmt: skip
        nodes = tuple(
            build[record.kind](record, shapes[record.inputs[0].source] if record.inputs else ())
            for record in records
        )
        graph = Graph(nodes, self.timesteps, arithmetic, self.metadata)
        return graph.with_(nodes=_unpermute(graph))

    def _plain(self, record: _Record, source: tuple[int, ...]) -> Node:
        return record.kind(record.name, record.inputs, record.shape)

    def _add(self, record: _Record, source: tuple[int, ...]) -> Node:
        return Add(record.name, record.inputs, record.shape, as_current=record.dtype in ("int32", "float32"))

    def _input(self, record: _Record, source: tuple[int, ...]) -> Node:
        encoding, scale, peak, low, high = struct.unpack_from("<Ififf", record.parameters)
        return Input(record.name, (), record.shape, ENCODINGS[encoding], low, high, scale, peak)  # type: ignore[arg-type]

    def _synapse_arrays(self, record: _Record, shape: tuple[int, ...]) -> dict[str, np.ndarray | None]:
        weights, bias, scale = struct.unpack_from("<III", record.parameters)
        outputs = (record.shape[0],)
        return {
            "weights": self.array(weights, shape, "<i1" if self.int8 else "<f4"),
            "bias": self.array(bias, outputs, "<i4" if self.int8 else "<f4"),
            "scale": self.array(scale, outputs, "<f4"),
        }

    def _dense(self, record: _Record, source: tuple[int, ...]) -> Node:
        arrays = self._synapse_arrays(record, (source[0], record.shape[0]))
        return Dense(record.name, record.inputs, record.shape, **arrays)  # type: ignore[arg-type]

    def _conv2d(self, record: _Record, source: tuple[int, ...]) -> Node:
        (kernel_h, kernel_w, stride_y, stride_x, top, bottom, left, right, dilation_y, dilation_x, groups) = (
            struct.unpack_from("<11H", record.parameters, 12)
        )
        shape = (groups, kernel_h, kernel_w, source[0] // groups, record.shape[0] // groups)
        return Conv2d(
            record.name, record.inputs, record.shape, stride=(stride_y, stride_x),
            padding=(top, bottom, left, right), dilation=(dilation_y, dilation_x), groups=groups,
            **self._synapse_arrays(record, shape),  # type: ignore[arg-type]
        )  # fmt: skip

    def _pool(self, record: _Record, source: tuple[int, ...]) -> Node:
        fields = struct.unpack_from("<8H", record.parameters, 12)
        return record.kind(
            record.name,
            record.inputs,
            record.shape,
            kernel=fields[:2],
            stride=fields[2:4],
            padding=fields[4:],
        )  # type: ignore[call-arg]

    def _neuron(self, record: _Record, source: tuple[int, ...]) -> Node:
        flags, granularity, _, _, max_spikes, *offsets = struct.unpack_from("<15I", record.parameters)
        arrays: dict[str, np.ndarray | None] = {}
        for position, name in enumerate(Neuron.PARAMETERS):
            level = granularity >> (2 * position) & 3
            shape = ((), (), (record.shape[0],), (int(np.prod(record.shape)),))[level]
            dtype = "<i4" if self.int8 and name != "scale" else "<f4"
            stored = self.array(offsets[position], shape, dtype)
            arrays[name] = (
                None if stored is None else layout.load_parameter(stored, level, record.shape, None)
            )
        return Neuron(
            record.name, record.inputs, record.shape,
            integration=INTEGRATIONS[flags & 3], synapse_order=SYNAPSE_ORDERS[flags >> 2 & 3],  # type: ignore[arg-type]
            strict=bool(flags >> 4 & 1), multiple=bool(flags >> 5 & 1), reset=RESETS[flags >> 6 & 3],  # type: ignore[arg-type]
            reset_next=bool(flags >> 8 & 1), state_bits=16 if flags >> 9 & 1 else 32, max_spikes=max_spikes,
            **arrays,  # type: ignore[arg-type]
        )  # fmt: skip

    def _readout(self, record: _Record, source: tuple[int, ...]) -> Node:
        mode, multipliers, shift, scale = struct.unpack_from("<IIII", record.parameters)
        real = self.array(scale, record.shape, "<f4")
        if self.int8:
            stored = self.array(multipliers, record.shape, "<i4")
            if real is None or stored is None or not np.all(np.isfinite(real) & (real >= 0)):
                raise ModelError(
                    f"node '{record.name}': the logits' scales are missing or not numbers; convert again"
                )
            expected = fixed_point.readout_multipliers(real)
            if not np.array_equal(stored, expected[0]) or shift != expected[1]:
                raise ModelError(
                    f"node '{record.name}': the logits' multipliers contradict their scales; convert again"
                )
        return Readout(record.name, record.inputs, record.shape, mode=READOUTS[mode], scale=real)  # type: ignore[arg-type]

    def _exit(self, record: _Record, source: tuple[int, ...]) -> Node:
        rule, integer, threshold = struct.unpack_from("<IIf", record.parameters)
        if fixed_point.threshold_q(RULES[rule], threshold, source[0]) != integer:
            raise ModelError(
                f"node '{record.name}': threshold {threshold} contradicts integer {integer}; convert again"
            )
        return Exit(record.name, record.inputs, source, rule=RULES[rule], threshold=threshold)  # type: ignore[arg-type]


def _unpermute(graph: Graph) -> tuple[Node, ...]:
    """Nodes with their arrays in the graph's order: the reader leaves them as stored."""
    orders = element_orders(graph)
    nodes: list[Node] = []
    for node in graph:
        order = orders.get(node.name)
        if isinstance(node, (Dense, Conv2d)):
            order_in = orders.get(node.inputs[0].source)
            changes: dict[str, object] = {"weights": layout.load_weights(node.weights, node, order_in, order)}
            if isinstance(node, Dense) and order is not None:
                for name in ("bias", "scale"):
                    vector = getattr(node, name)
                    changes[name] = None if vector is None else vector[np.argsort(order)]
            node = node.with_(**changes)
        elif isinstance(node, Neuron) and order is not None:
            inverse = np.argsort(order)
            node = node.with_(
                **{
                    name: array[inverse]
                    for name in Neuron.PARAMETERS
                    if (array := getattr(node, name)) is not None and array.ndim == 1
                }
            )
        nodes.append(node)
    return tuple(nodes)


def _metadata(text: bytes, nodes: int) -> tuple[dict[str, object], list[str]]:
    try:
        metadata = json.loads(text.decode())
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise ModelError(f"metadata: expected JSON, found something else ({error}); convert again") from None
    names = metadata.get("node_names") if isinstance(metadata, dict) else None
    if not isinstance(names, list) or len(names) != nodes or not all(isinstance(name, str) for name in names):
        raise ModelError(f"metadata: expected 'node_names', a list of {nodes} names; convert again")
    if len(set(names)) != nodes:
        raise ModelError("metadata: two nodes have the same name; convert again")
    del metadata["node_names"]
    return metadata, names


def decode(raw: bytes) -> Graph:
    """The graph of a file whose bytes the core has checked. Raises ModelError where they still mean
    nothing: metadata that is no JSON, scales that contradict the integers, or a graph that breaks a rule."""
    graph = _Reader(raw).graph()
    check_graph(graph)
    return graph
