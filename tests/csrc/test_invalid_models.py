"""fixtures/invalid/cases.toml: each malformed file gets its status, the node at fault and a ModelError."""

from __future__ import annotations

import pytest
from malformed_models import CASES, core_status, malformed
from small_networks import SMALL_NETWORKS

import snnrt
from snnrt._core import ffi, lib
from snnrt.errors import ModelError


def test_names_are_unique():
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("model", SMALL_NETWORKS)
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_the_files_that_the_cases_start_from_are_valid(model, numbers):
    raw, _ = malformed({"model": model, "numbers": numbers})
    assert core_status(raw)[0] == lib.SNNRT_OK


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_malformed_file(case, tmp_path):
    raw, names = malformed(case)
    status, node = core_status(raw)
    wanted = getattr(lib, f"SNNRT_{case['status']}")
    assert status == wanted, f"{ffi.string(lib.snnrt_status_text(status)).decode()}, node {node}"
    if "node" in case:
        assert node == names.index(case["node"])
    path = tmp_path / "malformed.snnrt"
    path.write_bytes(raw)
    with pytest.raises(ModelError, match=r"malformed\.snnrt: ") as caught:
        snnrt.load(path)
    assert "\n" not in str(caught.value)
    if status != lib.SNNRT_OK:
        assert ffi.string(lib.snnrt_status_text(wanted)).decode() in str(caught.value)
