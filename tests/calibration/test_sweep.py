"""Every threshold of a rule, from one run: what runs with each of them give."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.calibration.outcomes import Outcomes
from snnrt.calibration.sweep import sweep, swept_rules
from snnrt.errors import DataError
from snnrt.ir.exit_choice import Exit
from snnrt.network import Network


@pytest.mark.parametrize("rule", ["entropy", "confidence", "margin", "patience", "budget"])
def test_each_point_is_a_run_s(rule: str) -> None:
    graph, x = dense_lif("int8")
    network = Network(graph)
    full = network.run(x, exit="never", record=["accumulators"])
    labels = full.predictions.copy()
    labels[::3] = (labels[::3] + 1) % graph.readout.shape[0]
    found = sweep(Outcomes.of(graph, full.accumulators), graph, labels, [rule])
    (swept,) = found.rules
    assert len(swept.thresholds) == len(swept.steps) > 1
    # thresholds that do the same are there once
    assert len({row.tobytes() for row in swept.steps}) == len(swept.steps)
    for place in range(len(swept.thresholds)):
        result = network.run(x, exit=swept.exit(place))
        assert result.timesteps.tolist() == swept.steps[place].tolist()
        assert swept.mean_timesteps[place] == result.timesteps.mean()
        assert swept.accuracy is not None and swept.accuracy[place] == result.accuracy(labels)
        assert swept.agreement[place] == (result.predictions == full.predictions).mean()


def test_the_static_network_after_each_timestep() -> None:
    graph, x = dense_lif("int8")
    network = Network(graph)
    full = network.run(x, exit="never", record=["accumulators"])
    found = sweep(Outcomes.of(graph, full.accumulators), graph, None)
    assert found.accuracy is None and found.rules[0].accuracy is None
    assert found.timesteps == graph.timesteps and found.agreement[-1] == 1
    for step in range(1, graph.timesteps + 1):
        answers = network.run(x, exit="never", timesteps=step).predictions
        assert found.agreement[step - 1] == (answers == full.predictions).mean()


def test_rules() -> None:
    assert swept_rules(Exit.never(), 10) == ("entropy",) and swept_rules(Exit.never(), 1) == ("budget",)
    assert swept_rules(Exit.margin(2), 10) == ("margin",)
    assert swept_rules(Exit.of("margin:1 and patience:2 or budget:3"), 10) == ("margin", "patience", "budget")
    graph, _ = dense_lif("int8")
    outcomes = Outcomes(np.zeros((2, 3), np.int64), np.zeros((2, 3, 4), np.int32))
    with pytest.raises(DataError, match="found median"):
        sweep(outcomes, graph, None, ["entropy", "median"])
    with pytest.raises(DataError, match="found never"):
        sweep(outcomes, graph, None, ["never"])
    with pytest.raises(DataError, match="found none"):
        sweep(outcomes, graph, None, [])
