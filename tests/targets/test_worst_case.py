"""The largest timestep: counts of a run in which every input is there, and bounds of all others."""

from __future__ import annotations

import math

import numpy as np
import pytest
from strategies import random_graph

from snnrt.ir.graph import Conv2d, Dense, Edge, Exit, Flatten, Graph, Input, Readout
from snnrt.network import Network
from snnrt.targets.worst_case import node_work, step_work


def conv_graph(**changes: object) -> Graph:
    """One convolution of a full input; its counts are the worst case."""
    fields = {"weights": np.ones((4, 3, 3, 2), np.float32), "groups": 2, "padding": (1, 2, 0, 1), **changes}
    # so that no output is zero, whatever it reads
    fields["bias"] = np.ones(len(fields["weights"]), np.float32)
    kernel = fields["weights"].shape[2:]
    padding, stride = fields["padding"], fields.get("stride", (1, 1))
    dilation = fields.get("dilation", (1, 1))
    size = [
        (7 + padding[2 * axis] + padding[2 * axis + 1] - dilation[axis] * (kernel[axis] - 1) - 1)
        // stride[axis]
        + 1
        for axis in (0, 1)
    ]
    shape = (fields["weights"].shape[0], *size)
    nodes = (
        Input("x", (), (6, 7, 7)),
        Conv2d("conv", (Edge("x"),), shape, **fields),
        Flatten("flat", (Edge("conv"),), (math.prod(shape),)),
        Dense("fc", (Edge("flat"),), (2,), weights=np.ones((2, math.prod(shape)), np.float32)),
        Readout("r", (Edge("fc"),), (2,)),
        Exit("e", (Edge("r"),), (2,)),
    )
    return Graph(nodes, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"stride": (2, 3)},
        {"dilation": (2, 3), "padding": (3, 0, 1, 4)},
        {"weights": np.ones((6, 1, 1, 1), np.float32), "groups": 6},
        {"weights": np.ones((2, 6, 7, 7), np.float32), "groups": 1, "padding": (0, 0, 0, 0)},
    ],
    ids=["padding", "stride", "dilation", "depthwise", "one window"],
)
def test_a_full_input_does_the_work_exactly(changes):
    graph = conv_graph(**changes)
    counts = Network(graph).run(np.ones((1, 6, 7, 7), np.float32)).counts
    work = node_work(graph)
    assert [node.synaptic_operations for node in work] == counts.synaptic_operations[0].tolist()
    assert [node.rows for node in work] == counts.row_activations[0].tolist()
    first, later = step_work(graph)
    assert first.synaptic_operations == counts.synaptic_operations.sum()
    assert later.synaptic_operations == 0


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_no_run_does_more(numbers):
    for seed in range(12):
        graph, x = random_graph(np.random.default_rng(seed), numbers)
        network = Network(graph)
        counts = network.run(x).counts
        steps = counts.timesteps[:, None]
        work = node_work(network.graph)
        most = np.array([node.synaptic_operations for node in work])
        runs = np.where([node.static for node in work], 1, steps)
        assert (counts.synaptic_operations <= most * runs).all()
        assert (counts.neuron_updates == np.array([node.neuron_updates for node in work]) * steps).all()
