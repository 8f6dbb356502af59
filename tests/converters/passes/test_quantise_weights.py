"""Weights rounded by what their synapses read: never worse than the nearest, exact where that is exact."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder
from snnrt.converters.passes.quantise import quantise
from snnrt.converters.passes.quantise_weights import Rows, best_share, rounded_weights
from snnrt.ir.graph import Graph
from snnrt.reference.run import Reference


def f(value: object) -> np.ndarray:
    return np.asarray(value, np.float32)


def correlated_rows(rows: int, inputs: int, seed: int = 0) -> np.ndarray:
    """Spikes that come in groups, as pixels of a shape do."""
    rng = np.random.default_rng(seed)
    shapes = rng.random((6, inputs)) < 0.4
    return f(shapes[rng.integers(0, 6, rows)] & (rng.random((rows, inputs)) < 0.8))


def error(weights: np.ndarray, found: np.ndarray, unit: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(outputs,) mean squared error of the current."""
    return np.square(rows @ (weights - found * unit[:, None]).T).mean(axis=0)


def nearest(weights: np.ndarray, unit: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(weights / unit[:, None]), -127, 127)


@pytest.mark.parametrize("inputs", [40, 700])
def test_currents_are_kept_on_rows_not_seen(inputs: int) -> None:
    """Also where columns come in blocks. Of most channels' error little more than half is left, or less."""
    rng = np.random.default_rng(1)
    weights = rng.normal(0, 0.3, (12, inputs))
    unit = np.abs(weights).max(axis=1) / 127
    rows = correlated_rows(3000, inputs)
    found = rounded_weights(weights, unit, Rows(rows[:2000]))
    assert found.dtype == np.int8 and found.shape == weights.shape
    left = error(weights, found, unit, rows[2000:])
    plain = error(weights, nearest(weights, unit), unit, rows[2000:])
    assert left.max() < 0.9 * plain.max()
    assert np.median(left / plain) < 0.6
    # the mean of the current, too: what a bias would have to correct
    shift = np.abs((rows[2000:] @ (weights - found * unit[:, None]).T).mean(axis=0))
    before = np.abs((rows[2000:] @ (weights - nearest(weights, unit) * unit[:, None]).T).mean(axis=0))
    assert shift.mean() < 0.25 * before.mean()


def test_what_a_bias_lost_is_made_up_for() -> None:
    """Half a unit a step, where some inputs are active at any time."""
    rng = np.random.default_rng(7)
    weights = rng.normal(0, 0.3, (12, 40))
    unit = np.abs(weights).max(axis=1) / 127
    rows, lost = correlated_rows(3000, 40), unit / 2
    found = rounded_weights(weights, unit, Rows(rows[:2000]), lost)
    left = np.abs((rows[2000:] @ (weights - found * unit[:, None]).T + lost).mean(axis=0))
    assert left.mean() < 0.4 * lost.mean()
    # whole weights are exact for every input: a bias does not change them
    whole = rng.integers(-127, 128, (12, 40))
    np.testing.assert_array_equal(rounded_weights(whole * unit[:, None], unit, Rows(rows), lost), whole)


def test_weights_on_the_grid_stay() -> None:
    rng = np.random.default_rng(2)
    whole = rng.integers(-127, 128, (5, 60))
    unit = np.full(5, 1 / 64)
    rows = correlated_rows(500, 60)
    np.testing.assert_array_equal(rounded_weights(whole / 64, unit, Rows(rows)), whole)
    np.testing.assert_array_equal(best_share(whole / 64, unit, Rows(rows)), np.ones(5))


@pytest.mark.parametrize(
    "rows", [np.zeros((400, 8), np.float32), correlated_rows(3, 8), np.zeros((1, 8), np.float32)]
)
def test_without_activity_weights_are_the_nearest(rows: np.ndarray) -> None:
    weights = np.random.default_rng(3).normal(size=(4, 8))
    unit = np.abs(weights).max(axis=1) / 127
    np.testing.assert_array_equal(rounded_weights(weights, unit, Rows(rows)), nearest(weights, unit))
    if not rows.any():
        np.testing.assert_array_equal(best_share(weights, unit, Rows(rows)), np.ones(4))


def test_a_silent_input_s_outlier_does_not_coarsen_the_rest() -> None:
    """One weight thrice as large as the others, of an input that never fires: clipped to half."""
    rng = np.random.default_rng(4)
    weights = rng.uniform(-1, 1, (2, 50))
    weights[:, 7] = 3.0
    rows = correlated_rows(1000, 50)
    rows[:, 7] = 0.0
    unit = np.full(2, 3 / 127)
    share = best_share(weights, unit, Rows(rows))
    assert (share <= 0.55).all()
    rows[:, 7] = 1.0
    assert (best_share(weights, unit, Rows(rows)) > 0.9).all()


def drive(seed: int = 0) -> tuple[Graph, np.ndarray, np.ndarray]:
    """A network with calibration inputs and others: spikes in groups → dense → LIF → dense."""
    rng = np.random.default_rng(seed)
    g = GraphBuilder(80, encoding="spikes", timesteps=10)
    x = g.lif(g.dense(g.input, f(rng.normal(0.03, 0.3, (60, 80)))), 0.9, name="lif")
    graph = g.finish(g.lif(g.dense(x, f(rng.normal(0, 0.3, (5, 60)))), 0.9, name="out"))
    rows = correlated_rows(1200, 80, seed).reshape(120, 10, 80)
    return graph, rows[:80], rows[80:]


def test_calibration_halves_the_spikes_that_differ() -> None:
    changed = np.zeros(2)
    for seed in range(4):
        graph, seen, unseen = drive(seed)
        real = Reference(graph).run(unseen, record=("spikes",)).spikes["lif"]
        for place, calibration in enumerate((None, seen)):
            whole = Reference(quantise(graph, calibration)).run(unseen, record=("spikes",)).spikes["lif"]
            changed[place] += (real != whole).sum()
    assert 0 < changed[1] < 0.7 * changed[0]


def test_a_grouped_convolution_s_groups_are_rounded_by_their_own_inputs() -> None:
    """As two convolutions of one group each, side by side."""
    rng = np.random.default_rng(5)
    weights = f(rng.normal(size=(4, 2, 3, 3)))
    often = np.array([0.2, 0.3, 0.5, 0.7])[:, None, None]
    x = f(rng.random((10, 6, 4, 5, 5)) < often)

    def quantised(values: np.ndarray, kernel: np.ndarray, groups: int) -> np.ndarray:
        g = GraphBuilder(values.shape[2:], encoding="spikes", timesteps=6)
        y = g.lif(g.conv2d(g.input, kernel, groups=groups, name="conv"), 0.9)
        graph = g.finish(g.dense(g.flatten(y), np.ones((2, kernel.shape[0] * 9))))
        return quantise(graph, values)["conv"].weights

    both = quantised(x, weights, 2)
    apart = [quantised(x[:, :, 2 * at : 2 * at + 2], weights[2 * at : 2 * at + 2], 1) for at in (0, 1)]
    # a sample of windows of its own for each: nearly the same rounding
    assert np.abs(both.astype(int) - np.concatenate(apart)).max() <= 3
    assert (both == np.concatenate(apart)).mean() > 0.5
