"""Reads and writes single fields of a .snnrt file by docs/ir.md, to make files that no writer would."""

from __future__ import annotations

import json
import re
import struct
import zlib

HEADER = {
    "major": (8, "<H"), "minor": (10, "<H"), "file_bytes": (12, "<I"), "crc": (16, "<I"),
    "arithmetic": (20, "<B"), "zero": (21, "<B"), "node_count": (22, "<H"),
    "arena_bytes": (24, "<I"), "timesteps": (28, "<I"),
    "data_offset": (32, "<I"), "metadata_offset": (36, "<I"), "index[1]": (42, "<H"),
}  # fmt: skip
HEADER_BYTES = 40
RECORD = {
    "kind": (0, "<B"), "type": (1, "<B"), "flags": (2, "<B"), "edge_count": (3, "<B"),
    "parameter_words": (4, "<B"), "array_count": (5, "<B"), "peak": (6, "<H"),
    "channels": (8, "<I"), "height": (12, "<I"), "width": (16, "<I"), "output": (20, "<I"),
}  # fmt: skip
RECORD_BYTES = 24
_WINDOW = {
    name: (2 * place, "<H")
    for place, name in enumerate(
        ("kernel_h", "kernel_w", "stride_y", "stride_x", "pad_top", "pad_bottom", "pad_left", "pad_right",
         "dilation_y", "dilation_x", "groups", "rows")
    )
}  # fmt: skip
_POOL = dict(list(_WINDOW.items())[:8])
PARAMETERS = {
    1: {
        "encoding": (0, "<I"),
        "scale": (4, "<f"),
        "input_peak": (8, "<i"),
        "low": (12, "<f"),
        "high": (16, "<f"),
    },
    2: {},
    3: _WINDOW,
    4: _WINDOW,
    5: _WINDOW,
    6: {},
    7: {},
    8: {"state": (0, "<I"), "neuron_flags": (4, "<I"), "max_spikes": (8, "<I")},
    9: {"mode": (0, "<I"), "shift": (4, "<I")},
    10: {"rule": (0, "<I"), "threshold_q": (4, "<I"), "threshold": (8, "<f")},
    11: {
        "state": (0, "<I"), "mode": (20, "<I"), "inputs_kept": (24, "<I"),
        **{name: (4 + at, form) for name, (at, form) in _POOL.items()},
    },
    12: {},
    13: {"state": (0, "<I"), "longest": (4, "<I")},
    14: {
        "pad_top": (0, "<i"), "pad_bottom": (4, "<i"), "pad_left": (8, "<i"), "pad_right": (12, "<i"),
        "spacing_y": (16, "<H"), "spacing_x": (18, "<H"),
    },
    17: {"state": (0, "<I"), "radius": (4, "<I")},
    18: {"state": (0, "<I"), "k": (4, "<I"), "radius": (8, "<I")},
}  # fmt: skip
_WEIGHTED = ("weights", "bias", "scale")
ARRAYS = {
    2: _WEIGHTED,
    3: _WEIGHTED,
    8: ("membrane", "synapse", "gain", "bias", "leak", "threshold", "reset_value", "lower_bound", "initial",
        "adaptation", "adaptation_decay", "refractory", "scale", "synapse_rise"),
    9: ("multipliers", "scale"),
    10: ("terms", "monitor"),
    13: ("steps",),
}  # fmt: skip
DESCRIPTOR = {
    "role": (0, "<B"),
    "element": (1, "<B"),
    "layout": (2, "<B"),
    "granularity": (3, "<B"),
    "value": (4, "<I"),
}
ELEMENTS = {0: "<f", 1: "<i", 2: "<b"}
PER_LAYER = 1
Value = int | float | str


class FileFields:
    """The bytes of a file; fields are called ``header.major``, ``NODE.channels``, ``NODE.edge[0]``,
    ``NODE.mode`` (a parameter), ``NODE.threshold`` (what an array's descriptor refers to),
    ``NODE.threshold.role`` (another field of the descriptor) and ``NODE.threshold[1]`` (an element)."""

    def __init__(self, raw: bytes) -> None:
        self.raw = bytearray(raw)
        self.names: list[str] = json.loads(raw[self.get("header.metadata_offset") :])["node_names"]
        self.records = [
            4 * struct.unpack_from("<H", raw, HEADER_BYTES + 2 * node)[0] for node in range(len(self.names))
        ]
        # as the file was: a field that says how long a record is may be changed
        self.arrays = {
            (name, role): place
            for name, start in zip(self.names, self.records, strict=True)
            for role, place in self._descriptors(start)
        }

    def _descriptors(self, record: int) -> list[tuple[str, int]]:
        """Name and place of each array's descriptor."""
        kind, _, _, edges, words, arrays = self.raw[record : record + 6]
        start = record + RECORD_BYTES + 4 * edges + 4 * words
        places = [start + 8 * array for array in range(arrays)]
        return [(ARRAYS[kind][self.raw[place]], place) for place in places]

    def place(self, name: str) -> tuple[int, str]:
        """Offset in the file and struct format of a field."""
        where, field, *detail = name.split(".")
        if where == "header":
            return HEADER[field]
        record = self.records[self.names.index(where)]
        if field in RECORD:
            offset, form = RECORD[field]
            return record + offset, form
        word, number = re.fullmatch(r"(\w+)(?:\[(\d+)\])?", field).groups()  # type: ignore[union-attr]
        if word == "edge":
            return record + RECORD_BYTES + 4 * int(number), "<I"
        array = self.arrays.get((where, word))
        if array is None:
            offset, form = PARAMETERS[self.raw[record]][word]
            return record + RECORD_BYTES + 4 * self.raw[record + 3] + offset, form
        if number is None:
            offset, form = DESCRIPTOR[detail[0] if detail else "value"]
            return array + offset, form
        _, element, _, granularity, value = struct.unpack_from("<BBBBI", self.raw, array)
        form = ELEMENTS[element]
        start = array + 4 if granularity == PER_LAYER else value
        return start + struct.calcsize(form) * int(number), form

    def get(self, name: str) -> int:
        """The value of a field."""
        offset, form = self.place(name)
        return struct.unpack_from(form, self.raw, offset)[0]

    def set(self, name: str, value: Value) -> None:
        """``value``: a number; "+8" or "-8", relative; "node NAME" or "delayed NAME", an input; or the
        name of a field whose value to take."""
        if isinstance(value, str):
            if value[0] in "+-":
                value = self.get(name) + int(value)
            elif value.startswith("node "):
                value = self.names.index(value[5:])
            elif value.startswith("delayed "):
                value = self.names.index(value[8:]) | 1 << 16
            else:
                value = self.get(value)
        offset, form = self.place(name)
        struct.pack_into(form, self.raw, offset, value)

    def sealed(self) -> bytes:
        """The bytes with the checksum that they should have."""
        self.set("header.crc", 0)
        self.set("header.crc", zlib.crc32(self.raw))
        return bytes(self.raw)
