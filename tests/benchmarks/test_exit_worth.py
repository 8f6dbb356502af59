"""The twin that exits are held against computes what the trained network does."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import exit_worth
import torch
from drifting_images import Field

from snnrt.network import Network


@pytest.fixture(scope="module")
def twin() -> tuple[torch.nn.Sequential, torch.Tensor]:
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        *exit_worth.convolution(1, 3), torch.nn.MaxPool2d(2), *exit_worth.convolution(3, 4),
        torch.nn.AvgPool2d(2), torch.nn.Flatten(), torch.nn.Linear(16, 3),
    )  # fmt: skip
    x, y = torch.rand(64, 1, 8, 8), torch.randint(0, 3, (64,))
    exit_worth.train(network, x, y, 3, mirrored=True)
    return network, x


def test_one_timestep_of_several_spikes_is_the_quantised_network(twin):
    network, x = twin
    found = Network(exit_worth.spiking(network, (1, 8, 8))).run(x.numpy())
    with torch.no_grad():
        np.testing.assert_allclose(found.logits, network(x).numpy(), atol=2e-5)
    assert found.timesteps.max() == 1


def test_the_table_has_each_rival(twin, capsys):
    network, x = twin
    spiking = Network(exit_worth.spiking(network, (1, 8, 8)))
    field = Field("small", spiking, x.numpy(), np.zeros(64, np.int64))
    rows = exit_worth.rows_of(field, spiking)
    assert [(row.exit, row.timesteps) for row in rows] == [
        ("never", 4),
        ("never", 1),
        ("never", 4),
        ("never", 1),
    ]
    arguments = argparse.Namespace(core="cortex-m4", profiled=8, target="dt-snn")
    exit_worth.print_rows(rows, field, [4.0, 3.0, 2.0, 1.0], arguments)
    told = capsys.readouterr().out
    assert "static T = 1" in told and told.count("dt-snn") == 4 and "products" in told
