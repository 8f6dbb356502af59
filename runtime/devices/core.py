"""The compiled C core: its check, its kernel sets, and executions of a checked model."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from snnrt._core import ffi, lib
from snnrt.errors import ModelError, SnnrtError
from snnrt.format.model import ModelInfo
from snnrt.ir.spec import EXIT_RULES
from snnrt.results.counts import Counts

_BYTES, _FLOATS, _SHORTS = map(ffi.typeof, ("uint8_t[]", "float[]", "int16_t[]"))
_INTEGERS, _NUMBERS = map(ffi.typeof, ("int32_t[]", "uint32_t[]"))
RULES = {rule: EXIT_RULES.code(rule) for rule in EXIT_RULES.values}


def status_text(status: int) -> str:
    """The core's words for a status code."""
    return ffi.string(lib.snnrt_status_text(status)).decode()


def _running_sets() -> dict[str, int]:
    return {
        ffi.string(lib.snnrt_host_kernel_name(index)).decode(): index
        for index in range(lib.snnrt_host_kernel_sets())
        if lib.snnrt_host_kernel_runs(index)
    }


_SETS = _running_sets()
_BEST = lib.snnrt_host_best_kernels()


def kernel_sets() -> tuple[str, ...]:
    """Names of the kernel sets that this processor can run, the portable one first."""
    return tuple(_SETS)


def aligned(size: int) -> np.ndarray:
    """Zeroed bytes at a multiple of 64."""
    room = np.zeros(size + 64, np.uint8)
    start = -room.ctypes.data % 64
    return room[start : start + size]


def aligned_copy(raw: bytes) -> np.ndarray:
    """A file's bytes at a multiple of 64, where the core may read them in place."""
    room = aligned(max(len(raw), 1))
    room[: len(raw)] = np.frombuffer(raw, np.uint8)
    return room[: len(raw)]


def address(array: np.ndarray) -> Any:
    """Where the array's bytes are, as ``void *``; the array must be contiguous and outlive the pointer."""
    return ffi.cast("void *", ffi.from_buffer(array))


def quantised(values: np.ndarray, scale: float, peak: int) -> np.ndarray:
    """int16 of contiguous float32 ``values``, as :func:`snnrt.ir.nodes.input.quantise_input` states it."""
    stored = np.empty(values.shape, np.int16)
    lib.snnrt_host_quantise(
        ffi.from_buffer(_FLOATS, values), values.size, scale, peak, ffi.from_buffer(_SHORTS, stored)
    )
    return stored


class RealLogits:
    """Logits of an integer model's accumulators, as :func:`snnrt.exits.fixed_point.real_logits` states them;
    ``scale`` (K,), ``mean``: over the timesteps."""

    def __init__(self, scale: np.ndarray, mean: bool) -> None:
        self._scale = scale.astype(np.float64)
        self._scales = ffi.from_buffer("double[]", self._scale)
        self._mean = mean

    def __call__(self, accumulators: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """(N, K) float32 of int32 ``accumulators`` (N, K) and ``steps`` (N,)."""
        accumulators = np.ascontiguousarray(accumulators, np.int32)
        steps = np.ascontiguousarray(steps, np.uint32)
        logits = np.empty(accumulators.shape, np.float32)
        lib.snnrt_host_real_logits(
            ffi.from_buffer(_INTEGERS, accumulators), *accumulators.shape, self._scales,
            ffi.from_buffer(_NUMBERS, steps) if self._mean else ffi.NULL, ffi.from_buffer(_FLOATS, logits),
        )  # fmt: skip
        return logits


_REMEDIES = {
    lib.SNNRT_ERROR_VERSION: "update snnrt, or convert the network again with this one",
    lib.SNNRT_ERROR_TRUNCATED: "copy the file again whole, or convert the network again",
    lib.SNNRT_ERROR_CRC: "copy the file again, or convert the network again",
}
"""What to do about what the core found; firmware has no room for such words."""


def check_model(raw: bytes) -> ModelInfo:
    """Run the core's check over a file's bytes. Raises ModelError with the core's reason, the node's
    index, what was expected and found, and what to do."""
    room = aligned_copy(raw)
    info, fault = ffi.new("snnrt_model_info *"), ffi.new("snnrt_fault *")
    status = lib.snnrt_model_check(address(room), len(raw), info, fault)
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


def _describe(status: int, fault: Any) -> str:
    text = status_text(status)
    if fault.node != 0xFFFFFFFF:
        text = f"node {fault.node}: {text}"
    if fault.expected or fault.found:
        text += f" (expected {fault.expected}, found {fault.found})"
    remedy = _REMEDIES.get(status)
    return text if remedy is None else f"{text}; {remedy}"


class Alone:
    """Where the core writes what becomes of a single input; made once, since that takes as long as an
    inference of a small network.

    ``classes``, ``steps``, ``scores`` (1,) uint32, ``accumulators`` (1, K) int32 and ``counts`` (1, nodes,
    events) uint64.
    """

    def __init__(self, info: ModelInfo) -> None:
        self.classes, self.steps, self.scores = np.zeros((3, 1), np.uint32)
        self.accumulators = np.zeros((1, info.classes), np.int32)
        self.stored = np.zeros(info.input_bytes // 2, np.int16)
        self.counts = np.zeros((1, info.node_count, len(Counts.FIELDS)), np.uint64)
        arrays = (self.classes, self.steps, self.scores)
        self._numbers = [ffi.from_buffer("uint32_t[]", one) for one in arrays]
        self._accumulators = ffi.from_buffer(_BYTES, self.accumulators)
        self._counts = ffi.from_buffer("snnrt_counts[]", self.counts)
        self.shorts = ffi.from_buffer(_SHORTS, self.stored)
        self.bytes = ffi.cast("uint8_t *", self.shorts)
        self.batch = batch = ffi.new("snnrt_host_batch *")
        batch.inputs = 1
        batch.nodes = info.node_count
        batch.classes, batch.steps, batch.scores_q16 = self._numbers
        batch.accumulators = self._accumulators
        batch.accumulator_bytes = self.accumulators.nbytes
        batch.counts = self._counts


class Execution:
    """One execution of a model at a time: a network of the core with its own arena, scratch and kept weights.

    ``room`` are the bytes of a checked model (:func:`aligned_copy`), which any number of executions share.
    Not for use by two threads at once. Raises ModelError where this machine has not the memory.
    """

    def __init__(self, room: np.ndarray, info: ModelInfo) -> None:
        try:
            self.arena, self.scratch = aligned(info.arena_bytes), aligned(info.scratch_bytes)
            self.kept = aligned(lib.snnrt_host_kept_bytes(address(room)))
        except MemoryError:
            raise ModelError(
                f"the model asks for {info.arena_bytes} bytes of arena, more than this machine has"
            ) from None
        self.room = room
        self.network = ffi.new("snnrt_network *")
        status = lib.snnrt_host_start(self.network, address(room), address(self.arena), len(self.arena))
        if status == lib.SNNRT_OK:
            status = lib.snnrt_network_use_scratch(self.network, address(self.scratch), len(self.scratch))
        if status == lib.SNNRT_OK:
            status = lib.snnrt_host_keep(self.network, address(self.kept), len(self.kept))
        if status != lib.SNNRT_OK:
            raise ModelError(status_text(status))
        self._kernels = -1
        self._exit = (-1, -1, -1)
        self._info = info

    @cached_property
    def alone(self) -> Alone:
        """Where :meth:`run` writes."""
        return Alone(self._info)

    def run(self, values: np.ndarray, timestep_bytes: int) -> Alone:
        """One inference of stored ``values`` (elements,), or (T, elements) of ``timestep_bytes`` a timestep.
        What it gives is overwritten by the next one. Raises SnnrtError where the core refuses it."""
        return self._run(ffi.from_buffer(_BYTES, values), timestep_bytes)

    def run_constant(self, values: np.ndarray, scale: float, peak: int) -> Alone:
        """The same of contiguous float32 ``values`` (elements,), which an integer model reads at every
        timestep, as :func:`quantised` stores them."""
        alone = self.alone
        lib.snnrt_host_quantise(ffi.from_buffer(_FLOATS, values), values.size, scale, peak, alone.shorts)
        return self._run(alone.bytes, 0)

    def _run(self, stored: Any, timestep_bytes: int) -> Alone:
        alone = self.alone
        batch = alone.batch
        batch.input = stored
        batch.timestep_bytes = timestep_bytes
        status = lib.snnrt_host_run_batch(self.network, batch)
        if status != lib.SNNRT_OK:
            raise SnnrtError(f"input 0: {status_text(status)}")
        return alone

    def stream(self, values: np.ndarray) -> tuple[int, int, int, bool]:
        """A timestep of a stream with stored ``values`` (elements,): class, timesteps of the window, the
        score's integer, and whether the window has ended. Raises ModelError where the core refuses it."""
        result = ffi.new("snnrt_result *")
        status = lib.snnrt_network_stream(self.network, address(values), result)
        if status != lib.SNNRT_OK:
            raise ModelError(f"stream: {status_text(status)}")
        return result.class_index, result.timesteps, result.score_q16, bool(result.done)

    def choose_kernels(self, kernels: str | None) -> None:
        """Use a kernel set, None: the fastest, whatever the network used."""
        self._kernels = _BEST if kernels is None else _SETS[kernels]
        lib.snnrt_host_use_kernels(self.network, self._kernels)

    def set_up(self, kernels: str | None, rule: str, threshold_q: int, timesteps: int) -> None:
        """Which kernel set (None: the fastest), and when an inference ends. Raises ModelError where the core
        refuses the rule."""
        index = _BEST if kernels is None else _SETS[kernels]
        if index != self._kernels:
            lib.snnrt_host_use_kernels(self.network, index)
            self._kernels = index
        wanted = (RULES[rule], threshold_q, timesteps)
        if wanted != self._exit:
            status = lib.snnrt_network_set_exit(self.network, *wanted)
            if status != lib.SNNRT_OK:
                raise ModelError(f"exit rule {rule}, {timesteps} timesteps: {status_text(status)}")
            self._exit = wanted
