"""Another run's document: read from any bytes, and compared."""

from __future__ import annotations

import json
from contextlib import suppress

import numpy as np
import pytest

from snnrt.errors import DataFileError
from snnrt.targets.report.other_run import compared, read_other

TARGET = {"target": "chip", "mean_energy_j": 2e-6, "mean_latency_s": 1e-3, "mean_edp_js": 2e-9}
DOCUMENT = {
    "model": "a.snnrt", "inputs": 10, "accuracy": 0.5, "static_accuracy": 0.75, "mean_timesteps": 2.0,
    "targets": [TARGET | {"edp_reduction": 0.5}, {"target": "old"}],
    "made": {"data_fingerprint": "abc", "snnrt": "0.1.0"},
}  # fmt: skip


def written(folder, value) -> str:
    path = folder / "other.json"
    path.write_bytes(value if isinstance(value, bytes) else json.dumps(value).encode())
    return str(path)


def test_what_is_read(tmp_path) -> None:
    other = read_other(written(tmp_path, DOCUMENT))
    assert other["figures"] == {"accuracy": 0.5, "static_accuracy": 0.75, "mean_timesteps": 2.0}
    assert other["targets"]["chip"]["mean_edp_js"] == 2e-9 and other["targets"]["old"]["mean_edp_js"] is None
    assert other["facts"]["data_fingerprint"] == "abc" and other["facts"]["date"] is None
    # documents that have accuracies in their targets only
    old = {"targets": [TARGET | {"accuracy": 0.25, "mean_timesteps": 3}]}
    assert read_other(written(tmp_path, old))["figures"]["accuracy"] == 0.25


def test_both_runs(tmp_path) -> None:
    this = {
        "model": "b.snnrt", "inputs": 10, "accuracy": 0.6, "static_accuracy": None, "mean_timesteps": 1.0,
        "targets": [TARGET | {"mean_energy_j": 1e-6, "edp_reduction": 0.75}, {"target": "new"}],
        "made": {"data_fingerprint": "abc"},
    }  # fmt: skip
    found = compared(this, read_other(written(tmp_path, DOCUMENT)))
    assert found["same_data"] is True and found["facts"] == [["model", "b.snnrt", "a.snnrt"]]
    rows = {(row["target"], row["figure"]): row for row in found["rows"]}
    assert rows[(None, "accuracy")]["this"] == 0.6 and rows[(None, "accuracy")]["ratio"] is None
    assert rows[("chip", "mean_energy_j")]["ratio"] == 0.5
    assert rows[("chip", "edp_reduction")]["other"] == 0.5
    assert (found["only_here"], found["only_there"]) == (["new"], ["old"])
    other = read_other(written(tmp_path, DOCUMENT | {"made": {"data_fingerprint": "abd"}}))
    assert compared(this, other)["same_data"] is False
    other = read_other(written(tmp_path, DOCUMENT | {"made": None}))
    assert compared(this, other)["same_data"] is None


@pytest.mark.parametrize(
    "value, words",
    [
        (b"", "no JSON document"), (b"\x89PNG\xff", "no JSON document"), (b"[1, 2", "no JSON document"),
        (b"[" * 100_000, "no JSON document"), (b'{"targets": NaN}', "no JSON document"),
        ([], "expected a table with targets"), ({"targets": 3}, "expected a table with targets"),
        ({"targets": [3]}, r"targets\[0\]: expected a table with its target"),
        ({"targets": [{"target": 3}]}, r"targets\[0\]"),
        ({"targets": [TARGET | {"mean_energy_j": "much"}]}, r"mean_energy_j: expected a number, found .much"),
        ({"targets": [TARGET | {"mean_energy_j": True}]}, "found True"),
        ({"targets": [], "accuracy": [1]}, "accuracy: expected a number"),
        ({"targets": [], "accuracy": 10**400}, "accuracy: expected a number"),
        ({"targets": [TARGET] * 1001}, "at most 1000 targets"),
    ],
)  # fmt: skip
def test_files_that_are_no_such_document(tmp_path, value, words: str) -> None:
    path = written(tmp_path, value)
    with pytest.raises(DataFileError, match=words) as caught:
        read_other(path)
    assert path in str(caught.value)


def test_files_that_are_not_there(tmp_path) -> None:
    for path in (tmp_path / "missing.json", tmp_path, "nul\0"):
        with pytest.raises(DataFileError, match="can't be read"):
            read_other(path)


def test_any_bytes_give_a_document_or_an_error(tmp_path) -> None:
    random = np.random.default_rng(0)
    whole = json.dumps(DOCUMENT).encode()
    for _ in range(300):
        raw = bytearray(whole)
        for place in random.integers(0, len(raw), 3):
            raw[place] = random.integers(0, 256)
        with suppress(DataFileError):
            assert read_other(written(tmp_path, bytes(raw)))["targets"] is not None
