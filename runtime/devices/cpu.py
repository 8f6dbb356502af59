"""The C core behind NumPy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from snnrt._core import ffi, lib
from snnrt.errors import DataError, ModelError, SnnrtError
from snnrt.exits import fixed_point
from snnrt.format import file_format, layout
from snnrt.ir.element_order import element_orders
from snnrt.ir.graph import Graph, Neuron, broadcast
from snnrt.ir.memory_plan import output_bytes
from snnrt.ir.nodes.input import quantise_input
from snnrt.ir.value_types import output_types
from snnrt.results.counts import Counts
from snnrt.results.result import Result

Progress = Callable[[int, int], None]

CHUNK = 64
RULES = {"never": 0, "entropy": 1, "confidence": 2}


def status_text(status: int) -> str:
    """The core's words for a status code."""
    return ffi.string(lib.snnrt_strerror(status)).decode()


def kernel_sets() -> tuple[str, ...]:
    """Names of the kernel sets that this processor can run, the portable one first."""
    names = []
    for index in range(lib.snnrt_host_kernel_sets()):
        if lib.snnrt_host_kernel_runs(index):
            names.append(ffi.string(lib.snnrt_host_kernel_name(index)).decode())
    return tuple(names)


def _aligned(size: int) -> np.ndarray:
    """Zeroed bytes at a multiple of 64."""
    room = np.zeros(size + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size]


def _pointer(array: np.ndarray, kind: str = "void *") -> object:
    """Where the array's bytes are; the array must be contiguous and outlive the pointer."""
    return ffi.cast(kind, ffi.from_buffer(array))


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


def check_model(raw: bytes) -> ModelInfo:
    """Run the core's check over a file's bytes. Raises ModelError with the core's reason, the node's
    index, and what was expected and found."""
    room = _aligned(max(len(raw), 1))
    room[: len(raw)] = np.frombuffer(raw, np.uint8)
    info, fault = ffi.new("snnrt_model_info *"), ffi.new("snnrt_fault *")
    status = lib.snnrt_model_check(_pointer(room), len(raw), info, fault)
    if status != lib.SNNRT_OK:
        raise ModelError(_describe(status, fault))
    return ModelInfo(
        info.file_bytes,
        info.arena_bytes,
        info.scratch_bytes,
        info.timesteps,
        info.node_count,
        info.classes,
        info.input_bytes,
    )


def _describe(status: int, fault: object) -> str:
    text = status_text(status)
    if fault.node != 0xFFFFFFFF:  # type: ignore[attr-defined]
        text = f"node {fault.node}: {text}"  # type: ignore[attr-defined]
    if fault.expected or fault.found:  # type: ignore[attr-defined]
        text += f" (expected {fault.expected}, found {fault.found})"  # type: ignore[attr-defined]
    return text


class Engine:
    """One model in the C core. Not for use by two threads at once.

    ``graph`` is a prepared graph (:func:`snnrt.format.layout.prepare`) and ``raw`` its file.
    """

    def __init__(self, graph: Graph, raw: bytes, kernels: str | None = None) -> None:
        self.graph = graph
        self.info = check_model(raw)
        self._orders = element_orders(graph)
        self._types = output_types(graph)
        self._names = tuple(node.name for node in graph)
        self._model = _aligned(len(raw))
        self._model[:] = np.frombuffer(raw, np.uint8)
        try:
            self._arena = _aligned(self.info.arena_bytes)
        except MemoryError:
            raise ModelError(
                f"the model asks for {self.info.arena_bytes} bytes of arena, more than this machine has"
            ) from None
        self._network = ffi.new("snnrt_network *")
        fault = ffi.new("snnrt_fault *")
        status = lib.snnrt_init(
            self._network, _pointer(self._model), len(raw), _pointer(self._arena), len(self._arena), fault
        )
        if status != lib.SNNRT_OK:
            raise ModelError(_describe(status, fault))
        self._scratch = _aligned(self.info.scratch_bytes)
        lib.snnrt_use_scratch(self._network, _pointer(self._scratch), len(self._scratch))
        self.use_kernels(kernels)

    def use_kernels(self, name: str | None) -> None:
        """Use a kernel set of :func:`kernel_sets`; None: the fastest. Raises SnnrtError if there is none."""
        if name is None:
            index = lib.snnrt_host_best_kernels()
        elif name in kernel_sets():
            index = next(
                i
                for i in range(lib.snnrt_host_kernel_sets())
                if ffi.string(lib.snnrt_host_kernel_name(i)).decode() == name
            )
        else:
            raise SnnrtError(f"kernels '{name}': expected one of {', '.join(kernel_sets())}")
        lib.snnrt_host_use_kernels(self._network, index)

    def quantise_input(self, x: np.ndarray) -> np.ndarray:
        """Input values (N, [T,] elements in stored order): int16 in int8 models, else float32."""
        source = self.graph.input
        values = x if not self.graph.integer else quantise_input(x, source)
        dtype = np.float32 if not self.graph.integer else np.int16
        return np.ascontiguousarray(layout.store_values(values, source.shape), dtype)

    def run(
        self,
        x: np.ndarray,
        *,
        rule: str,
        threshold: float,
        timesteps: int,
        record: Sequence[str] = (),
        count: bool = True,
        progress: Progress | None = None,
    ) -> Result:
        """Run inputs (N, *shape), or (N, T, *shape) spikes; see :meth:`snnrt.Network.run`."""
        graph = self.graph
        classes = graph.readout.shape[0]
        integer = fixed_point.threshold_q(rule, threshold, classes)
        status = lib.snnrt_set_exit(self._network, RULES[rule], integer, timesteps)
        if status != lib.SNNRT_OK:
            raise DataError(f"exit rule {rule}, {timesteps} timesteps: {status_text(status)}")
        inputs = x.shape[0]
        found_classes = np.zeros(inputs, np.uint32)
        steps = np.zeros(inputs, np.uint32)
        scores = np.zeros(inputs, np.uint32)
        accumulators = np.zeros((inputs, classes), np.int32 if graph.integer else np.float32)
        counts = np.zeros((inputs if count else 0, len(graph.nodes), len(Counts.FIELDS)), np.uint64)
        recordings = self.recordings(record, inputs, timesteps)
        for start in range(0, inputs, CHUNK):
            end = min(start + CHUNK, inputs)
            # quantised a chunk at a time: a whole data set would need a second copy of itself
            values = self.quantise_input(x[start:end])
            batch = ffi.new("snnrt_host_batch *")
            batch.input = _pointer(values, "uint8_t *")
            batch.input_bytes = values[0].nbytes
            batch.inputs = end - start
            batch.nodes = len(graph.nodes)
            batch.timesteps = timesteps
            batch.classes = _pointer(found_classes[start:], "uint32_t *")
            batch.steps = _pointer(steps[start:], "uint32_t *")
            batch.scores_q16 = _pointer(scores[start:], "uint32_t *")
            batch.accumulators = _pointer(accumulators[start:], "uint8_t *")
            batch.accumulator_bytes = classes * 4
            if count:
                batch.counts = _pointer(counts[start:], "snnrt_counts *")
            wanted = ffi.new("snnrt_host_recording[]", max(len(recordings), 1))
            for place, recording in enumerate(recordings):
                wanted[place].node = recording.index
                wanted[place].state = recording.state
                wanted[place].bytes = recording.raw.shape[2]
                wanted[place].target = _pointer(recording.raw[start:], "uint8_t *")
            batch.recordings = wanted
            batch.recording_count = len(recordings)
            status = lib.snnrt_host_run_batch(self._network, batch)
            if status != lib.SNNRT_OK:
                raise SnnrtError(f"input {start}: {status_text(status)}")
            if progress is not None:
                progress(end, inputs)
        return self.result(rule, found_classes, steps, scores, accumulators, counts, recordings, count)

    def recordings(self, record: Sequence[str], inputs: int, timesteps: int) -> list[Recording]:
        """Zeroed room for what :meth:`run` records: nodes in order, spikes before membranes."""
        recordings: list[Recording] = []
        if not record:
            return recordings
        for index, node in enumerate(self.graph):
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
        counts: np.ndarray,
        recordings: list[Recording],
        counted: bool,
    ) -> Result:
        """What a core's numbers mean: ``classes``, ``steps`` and ``scores`` (N,) as in ``snnrt_result``,
        ``accumulators`` (N, K), ``counts`` (N, nodes, 5) unless not ``counted``, the model's own ``rule``."""
        readout = self.graph.readout
        logits = np.empty(accumulators.shape, np.float32)
        for taken in set(steps.tolist()):
            rows = steps == taken
            logits[rows] = fixed_point.real_logits(accumulators[rows], readout.scale, readout.mode, taken)
        q16 = scores / 65536.0
        if rule == "entropy":
            q16 = q16 / np.log(len(accumulators[0])) if len(accumulators) else q16
        elif rule == "never":
            q16 = np.full(len(steps), np.nan)
        names = self._names
        arrays = {
            field: counts[:, :, position] if counted else np.zeros((len(steps), len(names)), np.uint64)
            for position, field in enumerate(Counts.FIELDS)
        }
        spikes = {r.node.name: self._values(r) for r in recordings if not r.state}
        membranes = {r.node.name: self._values(r) for r in recordings if r.state}
        return Result(
            logits=logits,
            classes=classes.astype(np.int64),
            timesteps=steps.astype(np.int64),
            scores=q16,
            counts=Counts(nodes=names, timesteps=steps.astype(np.int64), **arrays),
            spikes=spikes,
            membranes=membranes,
        )

    def _values(self, recording: Recording) -> np.ndarray:
        """Raw bytes of a recording as (N, T, *shape)."""
        node, raw = recording.node, recording.raw
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
        return layout.load_values(raw.view(dtype), node.shape, order).astype(np.uint16)


@dataclass(frozen=True)
class Recording:
    """Bytes of a neuron (node ``index`` of the graph) at every step, (N, T, bytes): its states or spikes."""

    node: Neuron
    index: int
    state: bool
    raw: np.ndarray


def encode(graph: Graph) -> bytes:
    """The file of a graph, passed by the core's own check."""
    raw = file_format.encode(graph)
    check_model(raw)
    return raw


def decode(raw: bytes) -> Graph:
    """The graph of a file's bytes. Raises ModelError for any bytes that are no valid model."""
    check_model(raw)
    return file_format.decode(raw)
