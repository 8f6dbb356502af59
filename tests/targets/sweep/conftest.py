"""A small network with inputs, labels, and what all runs of a sweep of it share."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.network import Network
from snnrt.targets.sweep.experiment import work_of
from snnrt.targets.sweep.tasks import Work

CHIP = "dt-snn"


@pytest.fixture(scope="session")
def case() -> tuple[Network, np.ndarray, np.ndarray]:
    """A network with an early exit, inputs, and its own classes after all timesteps, every fourth wrong."""
    graph, x = dense_lif("int8")
    network = Network(graph.with_exit("entropy", 0.97))
    x = np.concatenate([x, x[::-1] * 0.7, x * 0.3]).astype(np.float32)
    y = network.run(x, exit="never").predictions.copy()
    y[::4] = (y[::4] + 1) % graph.readout.shape[0]
    return network, x, y


@pytest.fixture(scope="session")
def work(case) -> Work:
    """On the chip of dt-snn."""
    network, x, y = case
    return work_of(network.model, x, y, target=CHIP)
