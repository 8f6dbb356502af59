"""A spiking network beside the ordinary one, where both are known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.converters.ann.conversion import Seen
from snnrt.converters.ann.fidelity import checkpoints, fidelity
from snnrt.converters.common.rollup.template import Template

THETA = np.array([1.0, 2.0], np.float32)


class Ordinary:
    """relu(x) of two features, and the two as classes."""

    template = Template()

    def seen(self, x):
        for start in range(0, len(x), 7):
            values = np.maximum(x[start : start + 7], 0)
            yield Seen({"a#0": values, "elsewhere": values}, values)


def spiking(timesteps: int):
    g = GraphBuilder((2,), timesteps=timesteps, low=-4.0, high=4.0)
    x = g.neuron(
        g.add(g.input, as_current=True), name="a", membrane=1.0, threshold=THETA, initial=THETA / 2,
        reset="subtract", multiple=True, takes_back=True,
    )  # fmt: skip
    return g.finish(g.dense(x, np.diag(THETA)), "mean")


def test_by_hand() -> None:
    x = np.array([[0.5, 0.2], [-1.0, 1.0], [3.0, 0.5]], np.float32)
    found = fidelity(Ordinary(), spiking(4), {"a#0": "a"}, {"a#0": THETA}, x, np.array([0, 1, 1]))
    assert found.inputs == 3 and found.timesteps == (1, 2, 4)
    assert found.source_accuracy == pytest.approx(2 / 3)
    (layer,) = found.layers
    assert (layer.name, layer.neurons, layer.taken_back) == ("a", 2, 0)
    # after 4 steps: 2 and 0 spikes, 0 and 2, 4 and 1, of 24 updates
    assert layer.rate == pytest.approx(9 / 24)
    rates = np.array([[0.5, 0.0], [0.0, 1.0], [1.0, 0.5]])
    values = np.maximum(x, 0)
    assert layer.errors[2] == pytest.approx(np.sqrt(((rates - values) ** 2).sum() / (values**2).sum()))
    assert found.class_agreement[2] == 1.0 and found.accuracy[2] == pytest.approx(2 / 3)


def test_more_timesteps_come_nearer_and_many_inputs_are_a_part() -> None:
    x = np.random.default_rng(5).uniform(-1, 1, (3000, 2)).astype(np.float32)
    found = fidelity(Ordinary(), spiking(64), {"a#0": "a"}, {"a#0": THETA}, x)
    assert found.inputs < 3000 and found.accuracy is None
    errors = found.layers[0].errors
    assert errors[0] > 3 * errors[2] > 9 * errors[-1]
    assert found.class_agreement[-1] > 0.98


def test_checkpoints() -> None:
    assert checkpoints(1) == (1,)
    assert checkpoints(8) == (1, 2, 4, 8)
    assert checkpoints(12) == (1, 2, 4, 8, 12)
