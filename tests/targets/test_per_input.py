"""The per-input table."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from published_networks import Builder, counts_at

from snnrt.errors import DataError, OutputError
from snnrt.targets import compare, write_per_input
from snnrt.targets.per_input import per_input_csv


@pytest.fixture
def reports():
    graph = Builder((16,), encoding="spikes", timesteps=4).dense(3).neuron().graph("entropy", 0.3)
    dynamic, static = counts_at(graph, 0.5, [1, 3]), counts_at(graph, 0.5, [4, 4])
    return [compare(graph, dynamic, static, target) for target in ("dt-snn", "stm32u575")]


def test_rows_hold_the_exact_costs(reports):
    text = per_input_csv(np.array([2, 0]), np.array([2, 1]), reports)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(r["index"], r["class"], r["label"], r["timesteps"]) for r in rows] == [
        ("0", "2", "2", "1"),
        ("1", "0", "1", "3"),
    ]
    for report in reports:
        name = report.target.name
        for index, row in enumerate(rows):
            energy, latency = float(row[f"{name}_energy_j"]), float(row[f"{name}_latency_s"])
            assert energy == report.dynamic.energy_j[index]
            assert latency == report.dynamic.latency_s[index]
            assert float(row[f"{name}_edp_js"]) == energy * latency


def test_without_labels_the_column_is_empty(reports):
    rows = list(csv.DictReader(io.StringIO(per_input_csv(np.array([2, 0]), None, reports))))
    assert [row["label"] for row in rows] == ["", ""]


def test_lengths_and_names_are_checked(reports):
    with pytest.raises(DataError, match=r"lengths \[2, 3\]"):
        per_input_csv(np.zeros(3, np.int64), None, reports)
    with pytest.raises(DataError, match=r"lengths \[1, 2\]"):
        per_input_csv(np.zeros(2, np.int64), np.zeros(1, np.int64), reports)
    with pytest.raises(DataError, match="at least one target"):
        per_input_csv(np.zeros(2, np.int64), None, [])
    with pytest.raises(DataError, match="once"):
        per_input_csv(np.zeros(2, np.int64), None, [reports[0], reports[0]])


def test_a_failed_write_leaves_the_old_file(reports, tmp_path):
    path = tmp_path / "costs.csv"
    path.write_text("old")
    with pytest.raises(DataError):
        write_per_input(path, np.zeros(3, np.int64), None, reports)
    assert path.read_text() == "old"
    with pytest.raises(OutputError, match="is a folder"):
        write_per_input(tmp_path, np.zeros(2, np.int64), None, reports)
    write_per_input(path, np.zeros(2, np.int64), None, reports)
    assert path.read_text().startswith("index,class,label,timesteps,dt-snn_energy_j")
    assert [item.name for item in tmp_path.iterdir()] == ["costs.csv"]
