"""The fit of cycles an instruction to MLPerf Tiny's measured times, and the profiles that hold it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from snnrt.targets import load_target

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from mlperf_cpi import BOARDS, NETWORKS, energy_residuals, fit


def test_multiplications_are_the_published_ones():
    assert {name: sum(parts) for name, parts in NETWORKS.items()} == {
        "AD": 264_192, "KWS": 2_656_768, "IC": 12_501_632, "VWW": 7_489_664,
    }  # fmt: skip


def test_every_time_and_energy_within_a_quarter_at_the_profiles_value():
    found = fit()
    assert np.abs(found.residuals).max() < 0.25
    assert np.abs(energy_residuals(found)).max() < 0.25
    # fewer constants than figures, and what is left is not nothing
    assert found.constants == 7 and found.residuals.size == 20
    assert np.abs(found.residuals).max() > 0.1


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.profile)
def test_profiles_hold_the_fit(board):
    target = load_target(board.profile)
    assert target.cycles_per_instruction.value == pytest.approx(fit().cpi[board.profile], abs=5e-4)
    assert target.cycles_per_instruction.mark == "fitted"
    assert target.clock.si == board.clock_mhz * 1e6
    published = [one.figure.value for one in target.reproduces]
    assert published == [
        figure for both in zip(board.milliseconds, board.microjoules, strict=True) for figure in both
    ]
