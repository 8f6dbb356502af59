"""Logits after each timestep are those of a run that ends there."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.comparison.steps import step_logits
from snnrt.devices.models import model_of
from snnrt.devices.registry import find_device
from snnrt.ir.build import GraphBuilder
from snnrt.results.request import checked_request

F = np.float32
T = 5


@pytest.mark.parametrize("mode", ["sum", "mean", "last", "maximum"])
@pytest.mark.parametrize("output", ["spikes", "several", "potential", "currents", "map"])
def test_steps(mode, output):
    random = np.random.default_rng(3)
    build = GraphBuilder((1, 3, 3), encoding="spikes", timesteps=T)
    x = build.neuron(build.conv2d(build.input, random.normal(size=(2, 1, 2, 2)).astype(F)), threshold=0.5)
    if output != "map":
        x = build.dense(build.flatten(x), random.normal(size=(4, 8)).astype(F))
    if output == "spikes":
        x = build.neuron(x, threshold=0.25, reset="subtract")
    elif output == "several":
        x = build.neuron(x, threshold=0.25, multiple=True, max_spikes=9, reset="subtract")
    elif output == "potential":
        x = build.neuron(x, membrane=F(0.5))
    elif output == "map":
        x = build.dense(build.flatten(x), np.eye(8, dtype=F))
    graph = build.finish(x, readout=mode)
    model, device = model_of(graph), find_device("cpu")
    data = random.integers(0, 2, (3, T, 1, 3, 3)).astype(F)
    request = checked_request(graph, data, device.capabilities, record=("spikes",)).for_all_timesteps()
    with device.open(model) as session:
        found = step_logits(session, request, graph, session.run(request))
        for steps in range(1, T + 1):
            part = checked_request(graph, data, device.capabilities, timesteps=steps)
            np.testing.assert_array_equal(found[:, steps - 1], session.run(part).logits)
