"""Easiest, hardest, wrong."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.targets.report.chosen_inputs import SHOWN, chosen_inputs, probabilities_of


def test_order() -> None:
    steps = np.array([1] * 13 + [4, 4, 2])
    sure = np.linspace(0.5, 0.99, 16)
    answers, labels = np.zeros(16, int), np.zeros(16, int)
    labels[[3, 14]] = 1
    found = chosen_inputs(steps, sure, answers, labels)
    assert [one["input"] for one in found["easiest"]] == [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]
    # an easy one is not a hard one too
    assert [one["input"] for one in found["hardest"]] == [13, 14, 15, 0]
    assert [one["input"] for one in found["wrong"]] == [14, 3]
    assert found["wrong"][0] == {
        "input": 14, "label": 1, "prediction": 0, "timesteps": 4, "probability": pytest.approx(sure[14]),
    }  # fmt: skip
    without = chosen_inputs(steps, sure, answers, None)
    assert without["wrong"] == [] and without["easiest"][0]["label"] is None
    assert len(without["easiest"]) == SHOWN


def test_probabilities() -> None:
    logits = np.array([[0.0, np.log(3.0)], [1000.0, -1000.0]], np.float32)
    np.testing.assert_allclose(probabilities_of(logits, np.array([1, 0])), [0.75, 1.0], rtol=1e-6)
