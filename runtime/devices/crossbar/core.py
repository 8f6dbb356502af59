"""The C core's reads of a crossbar: layers in its words, random numbers, products, and chips under
networks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from snnrt._core import ffi, lib
from snnrt.devices.core import Execution, address, aligned, status_text
from snnrt.errors import SnnrtError

LANES = int(lib.SNNRT_CROSSBAR_LANES)
EXACT, LINEAR, CONVERTED = (
    int(lib.SNNRT_CROSSBAR_EXACT), int(lib.SNNRT_CROSSBAR_LINEAR), int(lib.SNNRT_CROSSBAR_CONVERTED),
)  # fmt: skip
_BEST = lib.snnrt_host_best_kernels()
_ARRAYS = {
    "order": "uint32_t",
    "output_order": "uint32_t",
    "matrix": "int32_t",
    "variance": "int32_t",
    "gain": "double",
    "offset": "double",
    "bow": "double",
    "correction": "double",
    "worth": "double",
    "output_offset": "double",
    "keys": "uint64_t",
}


def stream_key(seed: int, name: str, *place: object) -> int:
    """The 64-bit key of a stream of random numbers: of this chip, node and place, independent of all
    others."""
    text = "\0".join([str(seed), name, *map(str, place)])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "little")


def normals(key: int, shape: tuple[int, ...]) -> np.ndarray:
    """Standard normal numbers (``shape``) float32: the same for a key on every host."""
    count = int(np.prod(shape))
    block = int(lib.SNNRT_CROSSBAR_NORMALS)
    room = np.empty(-(-count // block) * block, np.float32)
    if count:
        lib.snnrt_crossbar_normals(key, 0, 0, 0, 0, len(room), ffi.from_buffer("float[]", room))
    return room[:count].reshape(shape)


def uniforms(key: int, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers in [0, 1) (``shape``) float64: the same for a key on every host."""
    words = np.random.Philox(key=key).random_raw(int(np.prod(shape)))
    return ((words >> np.uint64(11)) * 2.0**-53).reshape(shape)


class ChipLayer:
    """One layer in the core's words: ``snnrt_crossbar_layer`` and the arrays behind it.

    ``arrays`` by the core's field names (absent: NULL), ``numbers`` its other fields. Shared by any number of
    :class:`LayerEvents`.
    """

    def __init__(self, arrays: dict[str, np.ndarray], numbers: dict[str, int | float]) -> None:
        self.arrays = arrays
        self.struct = ffi.new("snnrt_crossbar_layer *")
        for name, value in numbers.items():
            setattr(self.struct, name, value)
        for name, kind in _ARRAYS.items():
            array = arrays.get(name)
            if array is not None:
                setattr(self.struct, name, ffi.cast(f"{kind} *", ffi.from_buffer(array)))
        self.groups, self.row_tiles = int(numbers["groups"]), int(numbers["row_tiles"])

    def room_bytes(self, elements: int) -> int:
        """What a read needs beside the layer, for inputs of ``elements`` elements."""
        return int(lib.snnrt_crossbar_room(self.struct, elements))

    def multiply(
        self, group: int, rows: np.ndarray, first: int, events: LayerEvents, kernels: int = _BEST
    ) -> tuple[np.ndarray, int]:
        """Results (M, outputs) int32 of int16 ``rows`` (M, fan_in), and how many windows drew noise, the
        first the ``first``. ``kernels``: the number of a kernel set; all give the same bits."""
        rows = np.ascontiguousarray(rows, np.int16)
        results = np.empty((len(rows), self.struct.outputs), np.int32)
        room = aligned(self.room_bytes(rows.shape[1]))
        live = lib.snnrt_crossbar_multiply(
            self.struct, group, ffi.cast("int16_t *", ffi.from_buffer(rows)), len(rows),
            ffi.cast("int32_t *", ffi.from_buffer(results)), address(room), first, events.struct, kernels,
        )  # fmt: skip
        return results, int(live)


class LayerEvents:
    """What a layer did: ``windows``, ``silent_windows``, ``passes`` (groups,), and ``row_activations`` and
    ``reads``
    (groups, row tiles), uint64."""

    def __init__(self, layer: ChipLayer) -> None:
        shape = (layer.groups, layer.row_tiles)
        self.passes = np.zeros(layer.groups, np.uint64)
        self.row_activations, self.reads = np.zeros(shape, np.uint64), np.zeros(shape, np.uint64)
        self.struct: Any = ffi.new("snnrt_crossbar_events *")
        for name in ("passes", "row_activations", "reads"):
            setattr(self.struct, name, ffi.cast("uint64_t *", ffi.from_buffer(getattr(self, name))))

    def add(self, other: LayerEvents) -> None:
        """Count what another did too."""
        self.struct.windows += other.struct.windows
        self.struct.silent_windows += other.struct.silent_windows
        self.passes += other.passes
        self.row_activations += other.row_activations
        self.reads += other.reads

    @property
    def windows(self) -> int:
        """Input vectors."""
        return int(self.struct.windows)

    @property
    def silent_windows(self) -> int:
        """Of these, without a driven row."""
        return int(self.struct.silent_windows)


class Chip:
    """Layers under one execution of a network at a time."""

    def __init__(self, layers: Sequence[ChipLayer], elements: Sequence[int]) -> None:
        self.layers = layers
        self.events = [LayerEvents(layer) for layer in layers]
        sizes = [layer.room_bytes(count) for layer, count in zip(layers, elements, strict=True)]
        self._room = aligned(max(sizes, default=64))
        self._joint = aligned(int(lib.snnrt_crossbar_joint_bytes()))
        self.place = ffi.new("snnrt_host_place *")
        self._structs = ffi.new("snnrt_crossbar_layer[]", [layer.struct[0] for layer in layers])
        self._events = ffi.new("snnrt_crossbar_events[]", [one.struct[0] for one in self.events])
        for index, one in enumerate(self.events):
            one.struct = ffi.addressof(self._events, index)
        self._chip: Any = ffi.new("snnrt_crossbar_chip *")
        self._chip.layers, self._chip.events = self._structs, self._events
        self._chip.layer_count = len(layers)
        self._chip.room = address(self._room)
        self._chip.place = self.place

    def join(self, execution: Execution) -> None:
        """Multiply in place of the network's own kernels, until :meth:`leave`."""
        status = lib.snnrt_crossbar_join(execution.network, self._chip, address(self._joint), _BEST)
        if status != lib.SNNRT_OK:
            raise SnnrtError(f"crossbar: {status_text(status)}")

    def leave(self, execution: Execution) -> None:
        """Give the network its own kernels back."""
        execution.choose_kernels(None)
