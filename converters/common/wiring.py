"""Drafts become nodes of the IR, their shapes inferred on the way from the input."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Literal

from snnrt.converters.common import assumptions
from snnrt.converters.common.connections import Connections, Read
from snnrt.converters.common.cycles import is_recurrent
from snnrt.converters.common.drafts import (
    Draft,
    InputDraft,
    LayerDraft,
    MergeDraft,
    NeuronDraft,
    UnsupportedDraft,
)
from snnrt.converters.common.input_shape import input_shape
from snnrt.converters.common.names import Names
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.common.sums import add_sum, check_sums, feed_currents
from snnrt.converters.common.wired import Wired
from snnrt.errors import ModelError
from snnrt.ir.graph import Flatten, Input, Node, Readout, Shape
from snnrt.ir.graph_checks import check_shape
from snnrt.ir.nodes.readout import ReadoutMode

UNREACHED = "no path leads to it from the input; join it, or leave it out"


class Wiring:
    """Nodes of the IR for ``drafts``, whose delays are resolved and cycles cut.

    ``notes`` collects what is assumed on the way.
    """

    def __init__(
        self, drafts: Mapping[str, Draft], connections: Connections, names: Names, notes: list[str]
    ) -> None:
        self.drafts, self.connections, self.names, self.notes = drafts, connections, names, notes
        self.nodes: dict[str, Wired] = {}
        self.shapes: dict[str, Shape] = {}
        # drafts that compute nothing, and what stands for them
        self._same_as: dict[str, Read] = {}

    def build(self, encoding: Literal["constant", "spikes"], low: float, high: float) -> None:
        """Fill ``nodes``, every read resolved to a node. Raises ModelError where shapes do not fit."""
        connections = self.connections
        self._add_input(encoding, low, high)
        readers: dict[str, list[str]] = {name: [] for name in self.drafts}
        for reader, reads in connections.reads.items():
            for origin, _ in reads:
                readers[origin].append(reader)
        pending = deque(readers[connections.input])
        while pending:
            name = pending.popleft()
            if name not in self.shapes:
                reads = connections.reads[name]
                shape = next(self.shapes[origin] for origin, _ in reads if origin in self.shapes)
                self.shapes[name] = self._build(name, shape)
                pending.extend(readers[name])
        for name, draft in self.drafts.items():
            if name not in self.shapes:
                raise ModelError(f"{SourceNode(name, draft.kind)}: {UNREACHED}")
        check_sums(self.drafts, connections, self.shapes)
        for wired in self.nodes.values():
            wired.reads = [self._resolve(*read) for read in wired.reads]
        feed_currents(self.nodes, self.names)

    def add_readout(self, mode: ReadoutMode) -> None:
        """Append the readout of what the output reads, as a vector."""
        output = self.connections.output
        read, shape = self._resolve(output, 0), self.shapes[output]
        if len(shape) == 3:
            # in the order in which a map lies in memory: any other takes a dense layer of N×N weights
            in_rows = min(shape[0], shape[1] * shape[2]) > 1
            name = self.names.fresh(f"{output}.flatten")
            flat = Flatten(name, (), (math.prod(shape),), channels_last=in_rows)
            self._put(flat, [read])
            if in_rows:
                self.notes.append(assumptions.output_map(shape))
            read, shape = (flat.name, 0), flat.shape
        name = self.names.fresh("readout") if output in self.nodes else output
        self._put(Readout(name, (), shape, mode=mode), [read])

    def _add_input(self, encoding: Literal["constant", "spikes"], low: float, high: float) -> None:
        name = self.connections.input
        draft = self.drafts[name]
        if isinstance(draft, UnsupportedDraft):
            raise ModelError(f"{SourceNode(name, draft.kind)}: {draft.reason}; {draft.remedy}")
        assert isinstance(draft, InputDraft)
        readers = [self.drafts[reader] for reader in self.connections.readers(name)]
        shape, note = input_shape(SourceNode(name, draft.kind), draft.sizes, readers)
        if note:
            self.notes.append(note)
        source = Input(name, (), shape, encoding=encoding, low=float(low), high=float(high))
        self._put(source, [])
        self.shapes[name] = shape

    def _resolve(self, name: str, steps: int) -> Read:
        """The node that stands for a draft, and the delay to it."""
        while name in self._same_as:
            name, more = self._same_as[name]
            steps += more
        return name, steps

    def _build(self, name: str, shape: Shape) -> Shape:
        """Add what the draft ``name`` becomes for ``shape``; the shape that it gives."""
        draft = self.drafts[name]
        if isinstance(draft, UnsupportedDraft):
            raise ModelError(f"{SourceNode(name, draft.kind)}: {draft.reason}; {draft.remedy}")
        if isinstance(draft, MergeDraft):
            self.nodes[name] = Wired(draft.build(), list(self.connections.reads[name]))
            return draft.shape
        if isinstance(draft, NeuronDraft):
            neuron = draft.build(shape, is_recurrent(self.drafts, self.connections, name))
            self._emit(name, neuron, shape, current=True)
            return neuron.shape
        if not isinstance(draft, LayerDraft):
            return self._pass_on(name, shape)
        if len(shape) == 3 and draft.features == math.prod(shape):
            return self._flattened(name, draft, shape)
        layer: Node | None
        if draft.counts_batch and len(shape) == 3 and self._feeds_only_vectors(name, shape):
            self.notes.append(assumptions.flatten_counts_batch(name, shape))
            layer = Flatten(name, (), (math.prod(shape),))
        else:
            layer = draft.build(shape)
        if layer is None:
            return self._pass_on(name, shape)
        self._emit(name, layer, shape)
        return layer.shape

    def _flattened(self, name: str, draft: LayerDraft, shape: Shape) -> Shape:
        flat = Flatten(self.names.fresh(f"{name}.flatten"), (), (math.prod(shape),))
        self._emit(name, flat, shape)
        layer = draft.build(flat.shape)
        assert layer is not None
        self._put(layer, [(flat.name, 0)])
        self.notes.append(assumptions.flattened_for(name, shape))
        return layer.shape

    def _feeds_only_vectors(self, name: str, shape: Shape) -> bool:
        found = [self.drafts[reader] for reader in self.connections.readers(name)]
        size = math.prod(shape)
        return bool(found) and all(isinstance(one, LayerDraft) and one.features == size for one in found)

    def _reads(self, name: str) -> list[Read]:
        """What a draft reads, undelayed first, so that a recurrent current is added last."""
        return sorted(self.connections.reads[name], key=lambda read: read[1] > 0)

    def _pass_on(self, name: str, shape: Shape) -> Shape:
        reads = self._reads(name)
        if len(reads) == 1:
            self._same_as[name] = reads[0]
        else:
            add_sum(self.nodes, self.names, name, reads, shape, current=False)
        return shape

    def _emit(self, owner: str, node: Node, shape: Shape, current: bool = False) -> None:
        """Add ``node``, which reads what the draft ``owner`` reads, summed where it is several."""
        reads = self._reads(owner)
        if len(reads) > 1:
            total = self.names.fresh(f"{owner}.sum")
            add_sum(self.nodes, self.names, total, reads, shape, current)
            reads = [(total, 0)]
        self._put(node, reads)

    def _put(self, node: Node, reads: list[Read]) -> None:
        # what no file holds is refused before anything of its size is made
        check_shape(node)
        self.nodes[node.name] = Wired(node, reads)
