"""Dependence on activity against NeuroSim V1.4: a 256×256 layer on 64×64 arrays, 1-bit input, by the
shipped profile.

Its two constants are fitted at 25 %; the other densities are predictions.
"""

from __future__ import annotations

import numpy as np
import pytest
from published_networks import Builder, counts_at

from snnrt.targets import estimate, load_target

DENSITY = np.array([0.0, 0.05, 0.25, 0.50, 1.0])
TOTAL_PJ = np.array([139.6, 263.6, 412.5, 667.4, 1092.4])


def modelled_pj(component: str = "") -> np.ndarray:
    graph = Builder((256,), encoding="spikes", timesteps=1).dense(256).graph()
    costs = [estimate(graph, counts_at(graph, float(d), [1]), "neurosim-32nm") for d in DENSITY]
    assert {cost.blocks for cost in costs} == {32}
    parts = [
        sum(
            joules
            for name, joules in zip(cost.components, cost.component_energy_j[0], strict=True)
            if component in name
        )
        for cost in costs
    ]
    return np.array(parts) * 1e12


def test_calibrated_at_a_quarter_and_right_elsewhere():
    error = modelled_pj() / TOTAL_PJ - 1
    assert abs(error[2]) < 1e-3
    assert np.abs(error).max() < 0.15
    assert modelled_pj("ADC")[2] == pytest.approx(268.4, rel=1e-3)


def test_what_is_fitted_is_said():
    target = load_target("neurosim-32nm")
    # one factor for two charges of the ADC, one energy of everything else
    assert len(target.fitted) == 3 and len(target.reproduces) == 5
    assert [one.figure.value for one in target.reproduces] == TOTAL_PJ.tolist()


def test_range_of_energies():
    energy = modelled_pj()
    assert energy[-1] / energy[0] == pytest.approx(1092.4 / 139.6, rel=0.15)
