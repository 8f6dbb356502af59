"""One run of all timesteps says what every exit would have done: as the core does it."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.calibration.outcomes import Outcomes
from snnrt.ir.exit_choice import Exit
from snnrt.network import Network

EXITS = (
    "entropy:0.5", "entropy:0.97", "confidence:0.4", "margin:0.25", "patience:2", "budget:2",
    "margin:0.5,0.1", "margin:0.1 and patience:2 or budget:3", "never",
)  # fmt: skip


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_exit_steps_are_the_core_s(numbers: str) -> None:
    graph, x = dense_lif(numbers)
    network = Network(graph)
    found = network.run(x, exit="never", record=["accumulators"])
    outcomes = Outcomes.of(graph, found.accumulators)
    for text in EXITS:
        result = network.run(x, exit=text)
        steps = outcomes.exit_steps(Exit.of(text), graph)
        assert steps.tolist() == result.timesteps.tolist(), text
        assert outcomes.answers(steps).tolist() == result.predictions.tolist()


@pytest.mark.parametrize("rule", ["entropy", "confidence", "margin", "patience", "budget"])
def test_many_thresholds_at_once(rule: str) -> None:
    graph, x = dense_lif("int8")
    found = Network(graph).run(x, exit="never", record=["accumulators"])
    outcomes = Outcomes.of(graph, found.accumulators)
    thresholds = (1, 2, 3) if rule in ("patience", "budget") else (0.05, 0.3, 0.6, 0.95)
    at_once = outcomes.steps_of_rule(rule, thresholds, graph.readout.shape[0])
    for row, threshold in zip(at_once, thresholds):
        assert row.tolist() == outcomes.exit_steps(Exit(rule, threshold), graph).tolist()


def test_what_is_lost() -> None:
    classes = np.array([[1, 0, 0], [0, 0, 0], [2, 2, 1]])
    outcomes = Outcomes(classes, np.zeros((3, 3, 3), np.int32))
    steps = np.array([1, 1, 1])
    assert outcomes.lost(steps, None).tolist() == [True, False, True]
    # the third is wrong after all timesteps too
    assert outcomes.lost(steps, np.array([0, 0, 2])).tolist() == [True, False, False]
    assert outcomes.lost(np.array([[3, 3, 3], [1, 2, 2]]), None).sum(axis=1).tolist() == [0, 2]
