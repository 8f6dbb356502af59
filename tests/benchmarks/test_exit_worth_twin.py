"""The twin that exits are held against computes what the trained network does."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from installed_frameworks import framework

torch = framework("torch")
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import exit_worth_twin  # noqa: E402

from snnrt.network import Network  # noqa: E402


@pytest.fixture(scope="module")
def twin() -> tuple[torch.nn.Sequential, torch.Tensor]:
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        *exit_worth_twin.convolution(1, 3), torch.nn.MaxPool2d(2), *exit_worth_twin.convolution(3, 4),
        torch.nn.AvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(16, 3),
    )  # fmt: skip
    x, y = torch.rand(64, 1, 8, 8), torch.randint(0, 3, (64,))
    exit_worth_twin.train(network, x, y, 3, mirrored=True)
    return network, x


def test_one_timestep_of_several_spikes_is_the_quantised_network(twin):
    network, x = twin
    found = Network(exit_worth_twin.spiking(network, (1, 8, 8))).run(x.numpy())
    with torch.no_grad():
        np.testing.assert_allclose(found.logits, network(x).numpy(), atol=2e-5)
    assert found.timesteps.max() == 1
