"""Reads and writes single fields of a .snnrt file by docs/ir.md, to make files that no writer would."""

from __future__ import annotations

import json
import re
import struct
import zlib

HEADER = {
    "major": (8, "<H"), "minor": (10, "<H"), "file_bytes": (12, "<I"), "crc": (16, "<I"),
    "numbers": (20, "<B"), "zero": (21, "<B"), "node_count": (22, "<H"),
    "arena_bytes": (24, "<I"), "timesteps": (28, "<I"),
    "data_offset": (32, "<I"), "data_bytes": (36, "<I"), "metadata_offset": (40, "<I"),
    "metadata_bytes": (44, "<I"), "reserved": (60, "<I"),
}  # fmt: skip
HEADER_BYTES = 64
NODE_BYTES = 96
NODE = {
    "kind": (0, "<B"), "dtype": (1, "<B"), "rank": (2, "<B"), "input_count": (3, "<B"),
    "inputs[0]": (4, "<H"), "inputs[1]": (6, "<H"), "inputs[2]": (8, "<H"), "inputs[3]": (10, "<H"),
    "channels": (12, "<I"),
    "height": (16, "<I"), "width": (20, "<I"), "output": (24, "<I"), "peak": (28, "<H"), "flags": (30, "<H"),
    "last_word": (92, "<I"),
}  # fmt: skip
PARAMETERS_OFFSET = 32
_WEIGHTS = {"weights": (0, "<I"), "bias": (4, "<I"), "scale": (8, "<I")}
_WINDOW = {
    name: (12 + 2 * place, "<H")
    for place, name in enumerate(
        ("kernel_h", "kernel_w", "stride_y", "stride_x", "pad_top", "pad_bottom", "pad_left", "pad_right",
         "dilation_y", "dilation_x", "groups", "zero")
    )
}  # fmt: skip
_NEURON = (
    "neuron_flags", "granularity", "state", "synapse_state", "max_spikes", "membrane", "synapse", "gain",
    "bias", "leak", "threshold", "reset_value", "lower_bound", "initial", "scale",
)  # fmt: skip
PARAMETERS = {
    1: {
        "encoding": (0, "<I"),
        "scale": (4, "<f"),
        "input_peak": (8, "<i"),
        "low": (12, "<f"),
        "high": (16, "<f"),
    },
    2: _WEIGHTS,
    3: {**_WEIGHTS, **_WINDOW},
    4: {**_WEIGHTS, **_WINDOW},
    5: {**_WEIGHTS, **_WINDOW},
    6: {},
    7: {},
    8: {name: (4 * place, "<I") for place, name in enumerate(_NEURON)},
    9: {"mode": (0, "<I"), "multipliers": (4, "<I"), "shift": (8, "<I"), "scale": (12, "<I")},
    10: {"rule": (0, "<I"), "threshold_q": (4, "<I"), "threshold": (8, "<f")},
}
Value = int | float | str


class FileFields:
    """The bytes of a file; fields are called ``header.major``, ``NODE.channels``, ``NODE.threshold`` (a
    parameter), ``NODE.threshold[1]`` (an element of the array that it refers to)."""

    def __init__(self, raw: bytes) -> None:
        self.raw = bytearray(raw)
        start, size = self.get("header.metadata_offset"), self.get("header.metadata_bytes")
        self.names: list[str] = json.loads(raw[start : start + size])["node_names"]

    def place(self, name: str) -> tuple[int, str]:
        """Offset in the file and struct format of a field."""
        where, field = name.split(".")
        if where == "header":
            return HEADER[field]
        record = HEADER_BYTES + NODE_BYTES * self.names.index(where)
        if field in NODE:
            offset, form = NODE[field]
            return record + offset, form
        fields = PARAMETERS[self.raw[record]]
        element = re.fullmatch(r"(\w+)\[(\d+)\]", field)
        if element is None:
            offset, form = fields[field]
            return record + PARAMETERS_OFFSET + offset, form
        reference = self.get(f"{where}.{element[1]}")
        integer = self.get("header.numbers") == 1
        form = "<i" if integer else "<f"
        if element[1] == "weights" and integer:
            form = "<b"
        elif element[1] == "scale":
            form = "<f"
        return int(reference) + struct.calcsize(form) * int(element[2]), form

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
                value = self.names.index(value[8:]) | 0x8000
            else:
                value = self.get(value)
        offset, form = self.place(name)
        struct.pack_into(form, self.raw, offset, value)

    def sealed(self) -> bytes:
        """The bytes with the checksum that they should have."""
        self.set("header.crc", 0)
        self.set("header.crc", zlib.crc32(self.raw))
        return bytes(self.raw)
