"""Thresholds from activations, by hand and against a search."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.converters.ann.thresholds import SHARES, best_thresholds, levels


def test_levels_are_what_a_neuron_gives() -> None:
    """Against the neuron itself, a step at a time: from θ/2 on, one spike a step, soft reset."""
    rng = np.random.default_rng(1)
    currents, threshold = rng.uniform(-0.5, 2.5, 200), 1.5
    u, spikes = np.full(200, threshold / 2), np.zeros(200)
    for _ in range(8):
        u += currents
        fired = u >= threshold
        spikes += fired
        u -= fired * threshold
    np.testing.assert_allclose(levels(currents, threshold, 8), spikes * threshold / 8)


@pytest.mark.parametrize("timesteps", [4, 16])
def test_the_least_error_of_those_tried(timesteps: int) -> None:
    rng = np.random.default_rng(2)
    seen = np.maximum(rng.normal(0, 1, (5, 400)) * rng.uniform(0.1, 3, (5, 1)), 0)
    found = best_thresholds(seen, timesteps=timesteps)
    for channel in range(5):
        tried = SHARES * seen[channel].max()
        errors = [((levels(seen[channel], one, timesteps) - seen[channel]) ** 2).mean() for one in tried]
        assert found[channel] == tried[int(np.argmin(errors))]


def test_one_rare_value_does_not_set_it() -> None:
    seen = np.random.default_rng(3).uniform(0, 1, (1, 4000))
    seen[0, 0] = 4.0
    assert best_thresholds(seen)[0] < 2


@pytest.mark.parametrize("most", [2, 4, 8])
def test_several_spikes_a_step_are_the_same_levels_in_fewer(most: int) -> None:
    seen = np.random.default_rng(4).gamma(1.0, 1.0, (3, 500))
    found = best_thresholds(seen, most=most)
    np.testing.assert_allclose(found * most, best_thresholds(seen))
    np.testing.assert_allclose(
        levels(seen, found[:, None], 8 // most, most), levels(seen, found[:, None] * most, 8)
    )
    assert best_thresholds(seen, ceiling=0.5, most=most).max() == 0.5 / most


def test_silent_channels_and_ceilings() -> None:
    seen = np.array([[0.0, 0.0], [1.0, 1.0], [9.0, 9.0]])
    assert best_thresholds(seen)[0] == np.median(best_thresholds(seen)[1:])
    assert best_thresholds(np.zeros((2, 3))).tolist() == [1, 1]
    assert best_thresholds(seen, ceiling=6.0)[2] == 6
