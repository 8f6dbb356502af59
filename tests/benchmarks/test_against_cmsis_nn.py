"""The comparison with CMSIS-NN: its data are whole, its network is the one it says, and a core counts it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from device_programs import need_core

import snnrt
from snnrt.ir.graph import Conv2d, Dense

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "against_cmsis_nn"))

from compare import (
    LAYERS,
    NETWORK,
    alike,
    cmsis_nn,
    cmsis_nn_activations,
    measure,
    node_instructions,
    node_table,
    table,
)


@pytest.fixture(scope="module")
def network():
    return snnrt.load(NETWORK.with_suffix(".snnrt"))


@pytest.fixture(scope="module")
def x():
    rng = np.random.default_rng(0)
    return (rng.random((2, 1, 28, 28)) * (rng.random((2, 1, 28, 28)) < 0.5)).astype(np.float32)


def test_the_counts_are_those_of_the_network_s_layers():
    found = cmsis_nn()
    assert set(found) == {"cortex-m0", "cortex-m3", "cortex-m4", "cortex-m33", "cortex-m55"}
    assert sum(found["cortex-m4"][layer] for layer in LAYERS) == 3_342_449
    assert cmsis_nn_activations() == 16256


def test_the_network_has_the_layers_that_are_counted(network):
    shapes = [(node.weights.shape, node.shape) for node in network.graph if isinstance(node, (Conv2d, Dense))]
    assert shapes == [
        ((16, 1, 3, 3), (16, 28, 28)),
        ((32, 16, 3, 3), (32, 14, 14)),
        ((10, 1568), (10,)),
    ]
    assert network.graph.exit.rule == "entropy"


def test_a_core_counts_it(network, x, tmp_path):
    core = need_core("cortex-m4")
    side = measure(core, network, x, cmsis_nn()["cortex-m4"])
    assert side.static(1) < side.instructions <= side.static(4)
    assert "| cortex-m4 |" in table([side])
    nodes = node_instructions(core, network, x, tmp_path / "nodes")
    # those that report, against those that do not
    assert sum(nodes.values()) == pytest.approx(side.instructions, rel=0.01)
    assert node_table(network, {"cortex-m4": nodes}, x).count("\n") == len(nodes) + 1


def test_inputs_are_chosen_that_exit_as_all_do():
    timesteps = np.repeat([4, 1, 2], (10, 70, 20))
    chosen = alike(timesteps, 20)
    assert len(set(chosen)) == 20
    assert timesteps[chosen].mean() == pytest.approx(timesteps.mean(), abs=0.05)
    assert len(alike(timesteps, 500)) == 100
