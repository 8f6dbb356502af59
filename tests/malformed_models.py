"""The malformed models of fixtures/invalid/cases.toml, as bytes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from file_fields import FileFields
from small_networks import (
    SMALL_NETWORKS,
    competition,
    max_pools,
    moved_values,
    readout_only,
    rows_of_currents,
    value_chain,
    watched,
    wide_dense,
)

from snnrt._core import ffi, lib
from snnrt.network import Network

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CASES = tomllib.loads((Path(__file__).parent / "fixtures" / "invalid" / "cases.toml").read_text())["case"]

NETWORKS = {
    **SMALL_NETWORKS,
    "max_pools": max_pools,
    "moved_values": moved_values,
    "competition": competition,
    "readout_only": readout_only,
    "rows_of_currents": rows_of_currents,
    "value_chain": value_chain,
    "watched": watched,
    "wide_dense": wide_dense,
}


def malformed(case: dict) -> tuple[bytes, list[str]]:
    """The bytes of a case, and its nodes' names."""
    graph, _ = NETWORKS[case.get("model", "every_kind")](case.get("numbers", "int8"))
    fields = FileFields(Network(graph).to_bytes())
    for changes in (case.get("set", {}), case.get("then", {})):
        for name, value in changes.items():
            fields.set(name, value)
    if "magic" in case:
        fields.raw[:8] = case["magic"].encode("latin-1")
    if "metadata" in case or "metadata_repeat" in case:
        text = case.get("metadata", case.get("metadata_repeat", "") * 100_000).encode()
        fields.raw[fields.get("header.metadata_offset") :] = text
        fields.set("header.file_bytes", len(fields.raw))
    raw = fields.sealed() if case.get("sealed", True) else bytes(fields.raw)
    if "length" in case:
        length = case["length"]
        length = len(raw) + int(length) if isinstance(length, str) else length
        raw = raw[:length].ljust(length, b"\0")
    return raw + bytes(case.get("fill", 0)), fields.names


def core_status(raw: bytes) -> tuple[int, int]:
    """The core's status for a file, and the node that it blames."""
    words = np.zeros(len(raw) // 8 + 1, np.uint64)
    words.view(np.uint8)[: len(raw)] = np.frombuffer(raw, np.uint8)
    fault = ffi.new("snnrt_fault *")
    fault.node = lib.SNNRT_NO_NODE
    status = lib.snnrt_model_check(ffi.cast("void *", words.ctypes.data), len(raw), ffi.NULL, fault)
    return status, fault.node
