"""Dependence on activity against NeuroSim V1.4: a 256×256 layer on 64×64 arrays, 1-bit input.

The profile's charges were derived from the points at 0, 5 and 100 %; 25 and 50 % are held out.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from published_networks import Builder, counts_at

from snnrt.targets import Charge, estimate, load_target

DENSITY = np.array([0.0, 0.05, 0.25, 0.50, 1.0])
TOTAL_PJ = np.array([139.6, 263.6, 412.5, 667.4, 1092.4])


def neurosim_target():
    """dt-snn's arrays with NeuroSim's peripherals (139.6 pJ at rest) instead of DT-SNN's."""
    target = load_target("dt-snn")
    arrays = [charge for charge in target.charges if charge.component == "crossbar and ADC"]
    rest = dataclasses.replace(arrays[0].figure, value=139.6 / 32, low=139.6 / 32, high=139.6 / 32)
    charges = (*arrays, Charge("read", "at rest", rest))
    return dataclasses.replace(target, charges=charges, fixed_timesteps=None)


def modelled_pj() -> np.ndarray:
    graph = Builder((256,), encoding="spikes", timesteps=1).dense(256).neuron().graph()
    target = neurosim_target()
    costs = [estimate(graph, counts_at(graph, float(d), [1]), target) for d in DENSITY]
    assert costs[0].blocks == 32
    return np.array([float(c.energy_j[0]) for c in costs]) * 1e12


def test_shape_against_density():
    error = modelled_pj() / TOTAL_PJ - 1
    assert np.abs(error[[0, 1, 4]]).max() < 0.02
    held_out = error[[2, 3]]
    assert np.abs(held_out).max() < 0.08
    # A model with fixed energy errs by 28 % on average on such layers.
    assert np.abs(error).mean() < 0.03


def test_range_of_energies():
    energy = modelled_pj()
    assert energy[-1] / energy[0] == pytest.approx(7.8, abs=0.1)
