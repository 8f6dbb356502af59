"""fixtures/invalid/cases.toml: each malformed file gets its status, the node at fault and a ModelError."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from file_fields import FileFields
from small_networks import SMALL_NETWORKS

import snnrt
from snnrt._core import ffi, lib
from snnrt.errors import ModelError
from snnrt.network import Network

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

CASES = tomllib.loads((Path(__file__).parents[1] / "fixtures" / "invalid" / "cases.toml").read_text())["case"]


def malformed(case: dict) -> tuple[bytes, list[str]]:
    """The bytes of a case, and its nodes' names."""
    graph, _ = SMALL_NETWORKS[case.get("model", "every_kind")](case.get("numbers", "int8"))
    fields = FileFields(Network(graph).to_bytes())
    for changes in (case.get("set", {}), case.get("then", {})):
        for name, value in changes.items():
            fields.set(name, value)
    if "magic" in case:
        fields.raw[:8] = case["magic"].encode("latin-1")
    if "metadata" in case or "metadata_repeat" in case:
        text = case.get("metadata", case.get("metadata_repeat", "") * 100_000).encode()
        fields.raw[fields.get("header.metadata_offset") :] = text
        fields.set("header.metadata_bytes", len(text))
        fields.set("header.file_bytes", len(fields.raw))
    raw = fields.sealed() if case.get("sealed", True) else bytes(fields.raw)
    if "length" in case:
        length = case["length"]
        length = len(raw) + int(length) if isinstance(length, str) else length
        raw = raw[:length].ljust(length, b"\0")
    return raw + bytes(case.get("fill", 0)), fields.names


def check(raw: bytes) -> tuple[int, int]:
    """The core's status and the node that it blames."""
    words = np.zeros(len(raw) // 8 + 1, np.uint64)
    words.view(np.uint8)[: len(raw)] = np.frombuffer(raw, np.uint8)
    fault = ffi.new("snnrt_fault *")
    fault.node = lib.SNNRT_NO_NODE
    status = lib.snnrt_model_check(ffi.cast("void *", words.ctypes.data), len(raw), ffi.NULL, fault)
    return status, fault.node


def test_names_are_unique():
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("model", SMALL_NETWORKS)
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_the_files_that_the_cases_start_from_are_valid(model, numbers):
    raw, _ = malformed({"model": model, "numbers": numbers})
    assert check(raw)[0] == lib.SNNRT_OK


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_malformed_file(case, tmp_path):
    raw, names = malformed(case)
    status, node = check(raw)
    wanted = getattr(lib, f"SNNRT_{case['status']}")
    assert status == wanted, f"{ffi.string(lib.snnrt_strerror(status)).decode()}, node {node}"
    if "node" in case:
        assert node == names.index(case["node"])
    path = tmp_path / "malformed.snnrt"
    path.write_bytes(raw)
    with pytest.raises(ModelError, match=r"malformed\.snnrt: ") as caught:
        snnrt.load(path)
    assert "\n" not in str(caught.value)
    if status != lib.SNNRT_OK:
        assert ffi.string(lib.snnrt_strerror(wanted)).decode() in str(caught.value)
