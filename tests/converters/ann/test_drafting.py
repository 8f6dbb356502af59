"""The drafts of an ordinary network, and its options."""

from __future__ import annotations

import numpy as np
import pytest
from recorded_runs import Recorded

from snnrt.converters.ann.drafting import draft_ordinary, neuron_choice
from snnrt.converters.ann.recorded_network import RecordedNetwork
from snnrt.converters.common.finish import GraphOptions
from snnrt.errors import ModelError
from snnrt.ir.graph import Neuron


class Rounded(Recorded):
    activation = (
        ("maximum", np.float32(0)), ("minimum", np.float32(2)), ("multiply", np.float32(2)),
        ("add", np.float32(0.5)), ("floor", None), ("divide", np.float32(2)),
    )  # fmt: skip

    def record(self, x):
        recording = super().record(x)
        for call in recording.calls:
            call.function = {"multiply": "mul", "divide": "div"}.get(call.function, call.function)
        return recording


def drafted(runs, **options):
    network = RecordedNetwork(runs, None)
    return draft_ordinary(network, neuron_choice(True, None, None), GraphOptions(**options), "net", {})


def neuron(imported):
    (found,) = (node for node in imported.graph if isinstance(node, Neuron))
    return found


def test_data_set_the_thresholds_that_the_example_set():
    made = drafted(Recorded(64, False), timesteps=8).finished()
    assert any("thresholds from the example alone" in line for line in made.assumptions)
    calibrated = made.calibrated(np.full((3, 5), 0.2, np.float32))
    assert not any("example" in line for line in calibrated.assumptions)
    assert calibrated.graph.timesteps == 8 and calibrated.graph.metadata["source"]["ordinary"]
    assert not np.allclose(neuron(made).threshold, neuron(calibrated).threshold)
    x = np.random.default_rng(2).random((20, 5)).astype(np.float32)
    assert calibrated.fidelity(calibrated.graph, x, None).inputs == 20


def test_levels_say_how_many_timesteps():
    made = drafted(Rounded(64, False)).finished()
    assert made.graph.timesteps == 4 and neuron(made).threshold == pytest.approx(2)
    assert any(line.startswith("timesteps = 4, as many as the levels") for line in made.assumptions)
    assert drafted(Rounded(64, False), timesteps=6).finished().graph.timesteps == 6


def test_no_activation():
    runs = Recorded(64, False)
    runs.activation = ()
    with pytest.raises(ModelError, match="no activation that could spike"):
        drafted(runs)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((False, True, None), "negative_spikes: of ordinary networks.*add spiking=True"),
        ((False, None, 2), "max_spikes: of ordinary networks"), ((True, None, 0), "max_spikes: expected 1"),
        ((True, None, 1.5), "max_spikes: expected 1"),
    ],
)  # fmt: skip
def test_options(options, words):
    with pytest.raises(ModelError, match=words):
        neuron_choice(*options)
    assert neuron_choice(True, False, 3).max_spikes == 3 and not neuron_choice(True, False, 3).negative
