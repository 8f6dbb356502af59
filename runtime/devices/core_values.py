"""What a caller's values are in the core, and what the core's values mean to a caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from snnrt.devices.core import RealLogits, quantised
from snnrt.exits import fixed_point
from snnrt.format import layout
from snnrt.format.model import Model
from snnrt.ir.exit_rules import RULES
from snnrt.ir.graph import Graph, Neuron, Readout, broadcast
from snnrt.ir.spec import output_bytes
from snnrt.results.counts import Counts
from snnrt.results.result import Result


@dataclass(frozen=True)
class Recording:
    """Bytes of a node (``index`` in the graph) at every step, (N, T, bytes): a neuron's states or spikes, or
    the readout's accumulators."""

    node: Neuron | Readout
    index: int
    state: bool
    raw: np.ndarray


def shown_scores(rule: str, graph: Graph, scores: np.ndarray) -> np.ndarray:
    """(N,) float64 of a core's integers; of ``combined`` those of the model's first term."""
    terms = graph.exit.exit_terms if rule == "combined" else ()
    named = terms[0].rule if terms else rule
    return RULES[named].shown(scores.astype(np.int64), graph.readout.shape[0])


class CoreValues:
    """The values of one model, in the core's layout and in the caller's."""

    def __init__(self, model: Model) -> None:
        self.graph = model.graph
        self.node_count = len(model.graph.nodes)
        self.classes = model.graph.readout.shape[0]
        self._readout = model.graph.readout
        self._output_map = model.graph.output_map
        scale, mean = self._readout.scale, self._readout.mode == "mean"
        self._real_logits = None if scale is None else RealLogits(scale, mean)
        self._orders = model.orders
        self._types = model.types
        self._names = tuple(node.name for node in model.graph)

    def stored_input(self, x: np.ndarray) -> np.ndarray:
        """Input values (N, [T,] elements) in stored order of float32 ``x``: int16 in integer models."""
        source, stored = self.graph.input, self.ordered_input(x)
        return quantised(stored, source.scale, source.peak) if self.graph.integer else stored

    def ordered_input(self, x: np.ndarray) -> np.ndarray:
        """Float32 ``x`` as (N, [T,] elements) in stored order, contiguous."""
        return np.ascontiguousarray(layout.store_values(x, self.graph.input.shape), np.float32)

    def accumulators(self, words: np.ndarray) -> np.ndarray:
        """Words of 32 bits as the readout's accumulators, a view."""
        return words if self.graph.integer else words.view(np.float32)

    def recordings(self, record: Sequence[str], inputs: int, timesteps: int) -> list[Recording]:
        """Zeroed room for what a run records: nodes in order, spikes before membranes, the readout last."""
        recordings: list[Recording] = []
        if not record:
            return recordings
        for index, node in enumerate(self.graph):
            if isinstance(node, Readout) and "accumulators" in record:
                raw = np.zeros((inputs, timesteps, 4 * self.classes), np.uint8)
                recordings.append(Recording(node, index, False, raw))
            if not isinstance(node, Neuron):
                continue
            elements = int(np.prod(node.shape))
            if "spikes" in record and node.threshold is not None:
                size = output_bytes(elements, self._types[node.name])
                recordings.append(
                    Recording(node, index, False, np.zeros((inputs, timesteps, size), np.uint8))
                )
            if "membranes" in record:
                narrow = self.graph.integer and node.state_bits == 16
                size = elements * (2 if narrow else 4)
                recordings.append(Recording(node, index, True, np.zeros((inputs, timesteps, size), np.uint8)))
        return recordings

    def result(
        self,
        rule: str,
        classes: np.ndarray,
        steps: np.ndarray,
        scores: np.ndarray,
        accumulators: np.ndarray,
        counts: np.ndarray | None,
        recordings: Sequence[Recording],
    ) -> Result:
        """What a core's numbers mean: ``classes``, ``steps`` and ``scores`` (N,) as in ``snnrt_result``,
        ``accumulators`` (N, K), ``counts`` (N, nodes, 6), None where nothing counted, the run's ``rule``."""
        every, mode = set(steps.tolist()), self._readout.mode
        if self._real_logits is not None:
            logits = self._real_logits(accumulators, steps)
        elif len(every) == 1:
            logits = fixed_point.real_logits(accumulators, None, mode, every.pop())
        else:
            logits = np.empty(accumulators.shape, np.float32)
            for taken in every:
                rows = steps == taken
                logits[rows] = fixed_point.real_logits(accumulators[rows], None, mode, taken)
        shown = shown_scores(rule, self.graph, scores)
        if counts is None:
            counts = np.zeros((len(steps), self.node_count, len(Counts.FIELDS)), np.uint64)
        result = Result.of_run(
            logits,
            classes.astype(np.int64),
            steps.astype(np.int64),
            shown,
            Counts.of_events(self._names, steps.astype(np.int64), counts),
            self._output_map,
        )
        return self._with_recordings(result, recordings, accumulators.dtype) if recordings else result

    def _with_recordings(self, result: Result, recordings: Sequence[Recording], dtype: np.dtype) -> Result:
        """``dtype``: of the accumulators."""
        neurons = [one for one in recordings if isinstance(one.node, Neuron)]
        read = [one.raw for one in recordings if isinstance(one.node, Readout)]
        return replace(
            result,
            spikes={r.node.name: self._recorded(r, r.node) for r in neurons if not r.state},
            membranes={r.node.name: self._recorded(r, r.node) for r in neurons if r.state},
            accumulators=next((raw.view(dtype) for raw in read), None),
        )

    def _recorded(self, recording: Recording, node: Neuron | Readout) -> np.ndarray:
        """Raw bytes of a neuron's recording as (N, T, *shape)."""
        raw = recording.raw
        assert isinstance(node, Neuron)
        elements = int(np.prod(node.shape))
        order = self._orders.get(node.name)
        if recording.state:
            narrow = self.graph.integer and node.state_bits == 16
            dtype = np.dtype("<i2") if narrow else np.dtype("<i4" if self.graph.integer else "<f4")
            values = layout.load_values(raw.view(dtype), node.shape, order)
            if node.scale is not None:
                values = values * broadcast(node.scale, node.shape).astype(np.float64)
            return values.astype(np.float32)
        kind = self._types[node.name]
        if kind == "bits":
            bits = np.unpackbits(raw, axis=-1, bitorder="little")[..., :elements]
            return layout.load_values(bits, node.shape, order)
        dtype = np.dtype("<i2") if kind == "int16" else np.dtype("<f4")
        return layout.load_values(raw.view(dtype), node.shape, order).astype(node.recorded_dtype)
