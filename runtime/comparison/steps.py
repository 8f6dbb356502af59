"""A model's logits after each timestep, from the C core."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from snnrt.devices.base import Session
from snnrt.exits import fixed_point
from snnrt.ir.graph import Graph, Neuron
from snnrt.results.request import RunRequest
from snnrt.results.result import Result


def step_logits(session: Session, request: RunRequest, graph: Graph, found: Result) -> np.ndarray:
    """(N, T, K) float32 for the inputs of ``request``, whose run with spikes recorded gave ``found``.

    Where neurons are the output, their spikes or potentials are accumulated as the readout does; else the
    inputs are run again, up to each timestep.
    """
    edge = graph.readout.inputs[0]
    node = graph[edge.source]
    if isinstance(node, Neuron) and edge.delay == 0:
        if node.spikes:
            return _accumulated(graph, found.spikes[node.name])
        if not graph.integer:
            again = session.run(replace(request, record=("membranes",), progress=None))
            return _accumulated(graph, again.membranes[node.name])
    runs = [
        session.run(replace(request, timesteps=steps, record=(), progress=None)).logits
        for steps in range(1, request.timesteps)
    ]
    return np.stack([*runs, found.logits], axis=1)


def _accumulated(graph: Graph, values: np.ndarray) -> np.ndarray:
    """Of what the readout reads at each timestep, (N, T, K)."""
    readout = graph.readout
    total = np.zeros(values[:, 0].shape, np.int64 if graph.integer else np.float32)
    logits = np.empty(values.shape, np.float32)
    for step in range(values.shape[1]):
        total = readout.accumulate(total, values[:, step], step + 1, int(graph.timesteps))
        logits[:, step] = fixed_point.real_logits(total, readout.scale, readout.mode, step + 1)
    return logits
