"""A model: a checked graph, the very bytes it came from or became, and what follows from them, once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from snnrt.brief import brief_repr
from snnrt.format import file_format, layout
from snnrt.ir.element_order import element_orders
from snnrt.ir.graph import Graph
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.memory_plan import MemoryPlan, plan_memory
from snnrt.ir.value_types import ValueType, output_types


@dataclass(frozen=True)
class ModelInfo:
    """What the core's check says of a model (csrc/snnrt.h, ``snnrt_model_info``)."""

    file_bytes: int
    arena_bytes: int
    scratch_bytes: int
    timesteps: int
    node_count: int
    classes: int
    input_bytes: int


CoreCheck = Callable[[bytes], ModelInfo]
"""Passes over a file's bytes; raises ModelError where they are no valid model."""


@dataclass(frozen=True, eq=False)
class Model:
    """What was read or made is what runs, is saved, inspected, exported, and known by its CRC.

    ``graph`` is checked, and has what only the file needs made explicit
    (:func:`snnrt.format.layout.prepare`); ``raw`` are its bytes; ``info`` is the core's word on them;
    ``plan`` says where values lie in the arena, ``orders`` in which order a vector's elements are stored,
    ``types`` the dtype of each output. Nothing in it changes, so any number of threads may share it.
    """

    graph: Graph
    raw: bytes
    info: ModelInfo
    plan: MemoryPlan
    orders: Mapping[str, np.ndarray | None]
    types: Mapping[str, ValueType]

    __repr__ = brief_repr

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the import took for granted, where the metadata tells it."""
        source = self.graph.metadata.get("source")
        told = source.get("assumptions") if isinstance(source, dict) else None
        return tuple(str(text) for text in told) if isinstance(told, list) else ()

    @classmethod
    def from_bytes(cls, raw: bytes, check: CoreCheck) -> Model:
        """Of a file's bytes, which it keeps: a valid file of another writer stays as it is.

        Raises ModelError for any bytes that are no valid model.
        """
        raw = bytes(raw)
        info = check(raw)
        graph = file_format.decode(raw)
        return cls._of(graph, raw, info, file_format.stored_plan(raw, graph))

    @classmethod
    def from_graph(cls, graph: Graph, check: CoreCheck) -> Model:
        """Of a graph, which it writes. Raises ModelError where the graph breaks a rule of the IR."""
        check_graph(graph)
        prepared = layout.prepare(graph)
        raw = file_format.encode_prepared(prepared)
        return cls._of(prepared, raw, check(raw), plan_memory(prepared))

    @classmethod
    def _of(cls, graph: Graph, raw: bytes, info: ModelInfo, plan: MemoryPlan) -> Model:
        orders, types = element_orders(graph), output_types(graph)
        return cls(graph, raw, info, plan, MappingProxyType(orders), MappingProxyType(types))
