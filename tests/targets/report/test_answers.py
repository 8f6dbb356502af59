"""Accuracy by timestep and by class, confusions: counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.targets.report.answers import by_class, by_timestep, changed_answers, confusion, steps_used

CLASSES = np.array([[1, 0, 0], [0, 0, 0], [2, 2, 1], [1, 1, 1]])
STEPS = np.array([1, 2, 1, 3])
LABELS = np.array([0, 0, 2, 1])
ANSWERS = np.array([1, 0, 2, 1])


def test_steps_used() -> None:
    assert steps_used(STEPS, 4) == [2, 1, 1, 0]


def test_by_timestep() -> None:
    rows = by_timestep(CLASSES, STEPS, LABELS)
    assert [row["timesteps"] for row in rows] == [1, 2, 3]
    assert [row["ended"] for row in rows] == [2, 1, 1]
    assert [row["accuracy"] for row in rows] == [0.75, 1.0, 0.75]
    assert [row["agreement"] for row in rows] == [0.5, 0.75, 1.0]
    # of the two that ended after the first, one is right
    assert [row["ended_accuracy"] for row in rows] == [0.5, 1.0, 1.0]
    without = by_timestep(CLASSES, STEPS, None)
    assert without[0]["accuracy"] is None and without[0]["ended_accuracy"] is None
    nobody = by_timestep(CLASSES, np.array([3, 3, 3, 3]), LABELS)
    assert nobody[0]["ended"] == 0 and nobody[0]["ended_accuracy"] is None


def test_long_runs_have_some_rows_that_count_every_input() -> None:
    random = np.random.default_rng(0)
    steps = random.integers(1, 1001, 300)
    rows = by_timestep(random.integers(0, 3, (300, 1000)), steps, random.integers(0, 3, 300))
    assert len(rows) == 256 and rows[0]["timesteps"] == 1 and rows[-1]["timesteps"] == 1000
    assert sum(row["ended"] for row in rows) == 300
    mean = sum(row["ended"] * row["ended_accuracy"] for row in rows if row["ended"]) / 300
    assert mean == pytest.approx(1 / 3, abs=0.1)


def test_by_class() -> None:
    rows = by_class(ANSWERS, CLASSES[:, -1], LABELS, STEPS, 4)
    assert [row["inputs"] for row in rows] == [2, 1, 1, 0]
    assert [row["accuracy"] for row in rows] == [0.5, 1.0, 1.0, None]
    assert [row["static_accuracy"] for row in rows] == [1.0, 1.0, 0.0, None]
    assert [row["mean_timesteps"] for row in rows] == [1.5, 3.0, 1.0, None]
    assert (rows[0]["taken_for"], rows[0]["taken"]) == (1, 1) and rows[1]["taken_for"] is None
    assert by_class(ANSWERS, None, LABELS, STEPS, 3)[0]["static_accuracy"] is None


def test_confusion() -> None:
    assert confusion(ANSWERS, LABELS, 3) == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert confusion(ANSWERS, LABELS, 1000) is None


def test_lost_and_gained() -> None:
    assert changed_answers(ANSWERS, CLASSES[:, -1], LABELS) == {"lost": 1, "gained": 1}
