"""Writing and reading .snnrt files, byte for byte as docs/ir.md says.

Reading trusts nothing: the core's own check (:mod:`snnrt.devices.cpu`) passes over the bytes first, then
this module rebuilds the graph. What a kind's record holds is its specification's
(:class:`snnrt.ir.spec.Kind`): nothing here knows a kind.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from snnrt.errors import ModelError
from snnrt.format import layout
from snnrt.ir import spec
from snnrt.ir.element_order import element_orders
from snnrt.ir.graph import Flatten, Graph
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.memory_plan import MemoryPlan, buffers, plan_memory
from snnrt.ir.node import Edge, Node, Shape
from snnrt.ir.nodes import BY_NUMBER
from snnrt.ir.spec import ELEMENT_DTYPES, Array, Kind, ValueType
from snnrt.ir.value_types import largest_values, output_types
from snnrt.texts import json_bytes, parse_json

HEADER = struct.Struct("<8sHHIIBBHIIII")
RECORD = struct.Struct("<BBBBBBHIIII")
EDGE = struct.Struct("<HH")
ARRAY = struct.Struct("<BBBB4s")
STATIC, MAP = 1, 2
LARGEST_FILE = 2**31
LARGEST_INDEX = 65535 * 4
_FORMS = {"u32": "I", "i32": "i", "f32": "f", "u16": "H"}
# larger arrays begin at multiples of 16, for the vectors of hosts
_WIDE_ARRAY = 256


def _parameters(kind: Kind) -> struct.Struct:
    packed = struct.Struct("<" + "".join(_FORMS[parameter.type] for parameter in kind.parameters))
    return struct.Struct(f"{packed.format}{kind.words * 4 - packed.size}x")


def _align(size: int, to: int) -> int:
    return -(-size // to) * to


@dataclass
class _Data:
    """The data section while it is written."""

    start: int
    chunks: list[bytes] = field(default_factory=list)
    size: int = 0

    def put(self, array: np.ndarray) -> int:
        """Append an array; its file offset."""
        raw = array.tobytes()
        offset = _align(self.start + self.size, 16 if len(raw) >= _WIDE_ARRAY else spec.ARRAY_ALIGNMENT)
        self.chunks.append(b"\0" * (offset - self.start - self.size) + raw)
        self.size = offset - self.start + len(raw)
        return offset


class _Writer:
    """Records and data of a prepared graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.arithmetic = graph.arithmetic
        self.types = output_types(graph)
        self.peaks = largest_values(graph) if graph.integer else {}
        self.static = graph.static_nodes()
        self.orders = element_orders(graph)
        self.plan = plan_memory(graph)
        sizes = [self._record_bytes(node) for node in graph]
        starts = np.cumsum([_align(spec.HEADER_BYTES + 2 * len(sizes), 4), *sizes])
        if starts[-1] > LARGEST_INDEX:
            raise ModelError(
                f"graph: expected records of at most {LARGEST_INDEX} bytes, found {starts[-1]}; "
                "use fewer nodes or inputs"
            )
        self.index = np.asarray(starts[:-1] // 4, "<u2").tobytes()
        self.data = _Data(_align(int(starts[-1]), spec.ARRAY_ALIGNMENT))

    def _arrays(self, node: Node) -> list[tuple[int, Array, np.ndarray]]:
        found = []
        for role, array in enumerate(node.KIND.arrays):
            values = getattr(node, array.name)
            if values is not None and array.element(self.arithmetic) is not None:
                found.append((role, array, values))
        return found

    def _record_bytes(self, node: Node) -> int:
        words = len(node.inputs) + node.KIND.words + 2 * len(self._arrays(node))
        return spec.RECORD_BYTES + 4 * words

    def body(self) -> bytes:
        """Everything behind the header but the metadata."""
        records = b"".join(self._record(node) for node in self.graph)
        before = self.index.ljust(_align(spec.HEADER_BYTES + len(self.index), 4) - spec.HEADER_BYTES, b"\0")
        front = (before + records).ljust(self.data.start - spec.HEADER_BYTES, b"\0")
        return front + b"".join(self.data.chunks)

    def _record(self, node: Node) -> bytes:
        kind, type_ = node.KIND, self.types[node.name]
        arrays = self._arrays(node)
        flags = (STATIC if node.name in self.static else 0) | (MAP if len(node.shape) == 3 else 0)
        channels, height, width = (*node.shape, 1, 1) if len(node.shape) == 1 else node.shape
        source = node.inputs[0].source if "alias" in kind.traits else node.name
        offset = self.plan.offsets.get((source, "output"), spec.NO_OFFSET)
        peak = self.peaks.get(node.name, 1 if type_ == "bits" else 0)
        packed = RECORD.pack(
            kind.number, spec.VALUE_TYPES.code(type_), flags, len(node.inputs), kind.words, len(arrays), peak,
            channels, height, width, offset,
        )  # fmt: skip
        packed += b"".join(EDGE.pack(self.graph.index(edge.source), edge.delay) for edge in node.inputs)
        values = {"state": self.plan.offsets.get((node.name, "state"), spec.NO_OFFSET), **node.fields()}
        packed += _parameters(kind).pack(*(values[parameter.name] for parameter in kind.parameters))
        return packed + b"".join(self._array(node, *found) for found in arrays)

    def _array(self, node: Node, role: int, array: Array, values: np.ndarray) -> bytes:
        element, per = array.element(self.arithmetic), layout.granularity(array, values)
        assert element is not None
        order_in = self.orders.get(node.inputs[0].source)
        stored = layout.store_array(array, values, node, order_in, self.orders.get(node.name))
        stored = np.ascontiguousarray(stored).astype(ELEMENT_DTYPES[element], copy=False)
        value = stored.tobytes() if per == "layer" else struct.pack("<I", self.data.put(stored))
        return ARRAY.pack(
            role, spec.ELEMENT_TYPES.code(element), spec.LAYOUTS.code("dense"),
            spec.GRANULARITIES.code(per), value,
        )  # fmt: skip


def encode(graph: Graph) -> bytes:
    """The file of a graph: bytes. Raises ModelError for a graph that breaks a rule of the IR."""
    check_graph(graph)
    return encode_prepared(layout.prepare(graph))


def encode_prepared(graph: Graph) -> bytes:
    """The file of a graph that is checked, and that :func:`snnrt.format.layout.prepare` has made ready.

    Raises ModelError for metadata that no file can hold, and for a file that would be too large.
    """
    writer = _Writer(graph)
    body = writer.body()
    metadata = dict(graph.metadata, node_names=[node.name for node in graph])
    try:
        text = json_bytes(metadata)
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"metadata: expected values that JSON can hold ({error}); use text and numbers"
        ) from None
    size = HEADER.size + len(body) + len(text)
    if size >= LARGEST_FILE:
        raise ModelError(
            f"the file would have {size} bytes, expected fewer than {LARGEST_FILE}; prune the network"
        )

    def header(crc: int) -> bytes:
        return HEADER.pack(
            spec.MAGIC, *spec.FORMAT_VERSION, size, crc, spec.ARITHMETICS.code(graph.arithmetic), 0,
            len(graph.nodes), writer.plan.arena_bytes, graph.timesteps, writer.data.start,
            HEADER.size + len(body),
        )  # fmt: skip

    crc = zlib.crc32(text, zlib.crc32(body, zlib.crc32(header(0))))
    return header(crc) + body + text


@dataclass(frozen=True)
class _Record:
    """A node as the file has it; arrays (values, granularity) by name, in stored order."""

    kind: type[Node]
    name: str
    inputs: tuple[Edge, ...]
    shape: Shape
    type: ValueType
    fields: Mapping[str, int | float]
    arrays: Mapping[str, np.ndarray]


class _Reader:
    """Rebuilds a graph from bytes that the core has checked."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        fields = HEADER.unpack_from(raw)
        self.arithmetic = spec.ARITHMETICS.value(fields[5])
        count, self.timesteps = fields[7], fields[9]
        self.index = np.frombuffer(raw, "<u2", count, HEADER.size).astype(int) * 4
        self.metadata, self.names = _metadata(raw[fields[11] :], count)

    def _shape(self, position: int) -> Shape:
        flags = self.raw[self.index[position] + 2]
        shape: Shape = struct.unpack_from("<III", self.raw, self.index[position] + 8)
        return shape if flags & MAP else shape[:1]

    def parameters(self, position: int) -> dict[str, int | float]:
        """A record's parameters, with the offset of its states."""
        place = int(self.index[position])
        kind = BY_NUMBER[self.raw[place]].KIND
        place += RECORD.size + EDGE.size * self.raw[place + 3]
        names = [parameter.name for parameter in kind.parameters]
        return dict(zip(names, _parameters(kind).unpack_from(self.raw, place), strict=True))

    def record(self, position: int) -> _Record:
        place = int(self.index[position])
        number, type_, _, edges, words, arrays, *_ = RECORD.unpack_from(self.raw, place)
        place += RECORD.size
        pairs = [EDGE.unpack_from(self.raw, place + EDGE.size * edge) for edge in range(edges)]
        place += EDGE.size * edges
        kind = BY_NUMBER[number]
        shape = self._shape(position)
        fields = self.parameters(position)
        place += 4 * words
        source = self._shape(pairs[0][0]) if pairs else ()
        return _Record(
            kind=kind,
            name=self.names[position],
            inputs=tuple(Edge(self.names[source], delay) for source, delay in pairs),
            shape=shape,
            type=spec.VALUE_TYPES.value(type_),  # type: ignore[arg-type]
            fields={name: value for name, value in fields.items() if name != "state"},
            arrays=dict(
                self._array(kind.KIND, place + ARRAY.size * slot, shape, source, fields)
                for slot in range(arrays)
            ),
        )

    def _array(
        self, kind: Kind, place: int, shape: Shape, source: Shape, fields: Mapping[str, int | float]
    ) -> tuple[str, np.ndarray]:
        role, element, _, per, value = ARRAY.unpack_from(self.raw, place)
        array = kind.arrays[role]
        wanted = layout.stored_shape(array, spec.GRANULARITIES.value(per), shape, source, fields)
        dtype = np.dtype(ELEMENT_DTYPES[spec.ELEMENT_TYPES.value(element)])
        offset = place + 4 if not wanted else int.from_bytes(value, "little")
        count = int(np.prod(wanted, dtype=np.int64))
        return array.name, np.frombuffer(self.raw, dtype, count, offset).reshape(wanted)

    def graph(self) -> Graph:
        records = [self.record(position) for position in range(len(self.names))]
        bare = Graph(tuple(_node(record) for record in records), self.timesteps, self.arithmetic)  # type: ignore[arg-type]
        try:
            orders = element_orders(bare)
        except ModelError:
            bare = _channels_last(bare)
            orders = element_orders(bare)
        nodes = []
        for node, record in zip(bare, records, strict=True):
            order_in = orders.get(node.inputs[0].source) if node.inputs else None
            arrays = {
                array.name: layout.load_array(
                    array, record.arrays[array.name], node.shape, order_in, orders.get(node.name)
                )
                for array in node.KIND.arrays
                if array.name in record.arrays
            }
            nodes.append(node.with_(**arrays) if arrays else node)
        return bare.with_(nodes=tuple(nodes), metadata=self.metadata)


def _node(record: _Record) -> Node:
    """The node without its arrays."""
    options = record.kind.options(record.fields, record.type)
    return record.kind(record.name, record.inputs, record.shape, **options)  # type: ignore[arg-type]


def _channels_last(graph: Graph) -> Graph:
    """The same network with the elements of every vector in the order of the file."""
    nodes = (node.with_(channels_last=True) if isinstance(node, Flatten) else node for node in graph)
    return graph.with_(nodes=tuple(nodes))


def _metadata(text: bytes, nodes: int) -> tuple[dict[str, object], list[str]]:
    try:
        metadata = parse_json(text)
    except ValueError as error:
        raise ModelError(f"metadata: expected JSON, found something else ({error}); convert again") from None
    table = metadata if isinstance(metadata, dict) else {}
    names = table.pop("node_names", None)
    if not isinstance(names, list) or len(names) != nodes or not all(isinstance(name, str) for name in names):
        raise ModelError(f"metadata: expected 'node_names', a list of {nodes} names; convert again")
    if len(set(names)) != nodes:
        raise ModelError("metadata: two nodes have the same name; convert again")
    return table, names


def stored_plan(raw: bytes, graph: Graph) -> MemoryPlan:
    """Where the file of ``graph``, whose bytes are ``raw``, lays what it keeps in the arena."""
    reader = _Reader(raw)
    sizes = {(buffer.node, buffer.role): buffer.bytes for buffer in buffers(graph)}
    offsets = {}
    for position, node in enumerate(graph):
        place = int(reader.index[position])
        if (node.name, "output") in sizes:
            offsets[node.name, "output"] = int.from_bytes(raw[place + 20 : place + 24], "little")
        if (node.name, "state") in sizes:
            offsets[node.name, "state"] = int(reader.parameters(position)["state"])
    return MemoryPlan(offsets, sizes, HEADER.unpack_from(raw)[8])


def decode(raw: bytes) -> Graph:
    """The graph of a file whose bytes the core has checked. Raises ModelError where they still mean
    nothing: metadata that is no JSON, or a graph that breaks a rule."""
    graph = _Reader(raw).graph()
    check_graph(graph)
    return graph
