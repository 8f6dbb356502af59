"""A run's outcome: accuracy, words."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.errors import DataError
from snnrt.results.counts import Counts
from snnrt.results.result import Result


def result(predictions: list[int], timesteps: list[int], **recorded: dict) -> Result:
    inputs = len(predictions)
    return Result(
        logits=np.zeros((inputs, 4), np.float32), predictions=np.array(predictions, np.int64),
        timesteps=np.array(timesteps, np.int64), scores=np.zeros(inputs), counts=Counts.zeros(("x",), inputs),
        **recorded,
    )  # fmt: skip


def test_accuracy_is_the_share_of_labels_met() -> None:
    found = result([0, 3, 1, 1], [1, 2, 2, 1])
    assert len(found) == 4 and found.accuracy(np.array([0, 3, 2, 1])) == 0.75
    for labels in ([0, 3, 2], [0, 3, 2, 4], [0, 3, 2, -1]):
        with pytest.raises(DataError):
            found.accuracy(np.array(labels))


def test_the_repr_is_a_line_without_arrays() -> None:
    found = result([0, 3, 1], [1, 2, 2], spikes={"n": np.zeros((3, 2, 1))})
    assert repr(found) == (
        "<snnrt.Result 3 inputs, 4 classes, 1.667 timesteps on average (1 … 2), spikes recorded>"
    )
    assert "nothing run" in repr(result([], []))
