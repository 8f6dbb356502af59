"""Conductances, programming error, read noise and ADC, each by itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from snnrt.devices.crossbar.cells import (
    NEURRAM_G_MAX,
    NEURRAM_SIGMA,
    adc,
    conductance,
    conductances,
    drift,
    program,
    read,
    stick,
    time_at,
)
from snnrt.errors import TargetError

ratios = st.one_of(st.just(np.inf), st.floats(1.1, 1e6))


@given(
    npst.arrays(np.float64, npst.array_shapes(min_dims=2, max_dims=2), elements=st.floats(-1, 1)),
    st.integers(0, 8),
    ratios,
)
def test_one_device_of_a_pair_is_off_and_both_are_in_range(weights, cell_bits, ratio):
    positive, negative = conductances(weights, cell_bits, ratio)
    off = conductance(np.zeros(()), cell_bits, ratio)
    assert off == pytest.approx(1 / ratio, abs=1e-15)
    np.testing.assert_array_equal(np.minimum(positive, negative), np.full_like(weights, off))
    assert max(positive.max(), negative.max()) <= 1 + 1e-12
    step = 1 / (2**cell_bits - 1) if cell_bits else 0.0
    back = (positive - negative) / (1 - 1 / ratio)
    np.testing.assert_allclose(back, weights, rtol=0, atol=step / 2 + 1e-9)


def test_levels_round_half_to_even():
    fractions = np.array([0.5, 1.5, 2.5, 6.5]) / 7
    np.testing.assert_allclose(conductance(fractions, 3, np.inf) * 7, [0, 2, 2, 6], atol=1e-12)


@given(
    npst.arrays(np.float64, npst.array_shapes(max_dims=2), elements=st.floats(-50, 50)),
    st.integers(2, 16),
    st.floats(0.01, 100),
)
def test_adc_is_odd_clips_rounds_and_has_a_zero(currents, bits, full_scale):
    read_back = adc(currents, bits, full_scale)
    step = full_scale / (2 ** (bits - 1) - 1)
    clipped = np.clip(currents, -full_scale, full_scale)
    assert np.all(np.abs(read_back - clipped) <= step / 2 * (1 + 1e-9))
    np.testing.assert_array_equal(adc(-currents, bits, full_scale), -read_back)
    np.testing.assert_array_equal(adc(np.zeros(3), bits, full_scale), np.zeros(3))
    np.testing.assert_allclose(adc(read_back, bits, full_scale), read_back, rtol=1e-12)


def test_adc_uses_every_code_from_minus_to_plus():
    codes = np.unique(adc(np.linspace(-2, 2, 10001), 4, 1.5)) / (1.5 / 7)
    np.testing.assert_allclose(codes, np.arange(-7, 8), atol=1e-12)


@pytest.mark.parametrize(("bits", "full_scale"), [(1, 1.0), (0, 1.0), (4, 0.0), (4, np.inf), (4, np.nan)])
def test_adc_without_a_code_or_a_range_is_an_error(bits, full_scale):
    with pytest.raises(TargetError, match="expected at least 2 bits"):
        adc(np.ones(2), bits, full_scale)


@pytest.mark.parametrize("model", ["absolute", "proportional", "neurram"])
def test_spread_of_programmed_devices(model):
    """200,000 devices: the standard deviation is known to 0.16 % (one σ), so 1 % is six σ."""
    held = program(np.full(200_000, 0.6), 0.1, model, np.random.default_rng(1).standard_normal(200_000))
    polynomial = np.polyval(NEURRAM_SIGMA, 0.6 * NEURRAM_G_MAX) / NEURRAM_G_MAX
    expected = {"absolute": 0.1, "proportional": 0.06, "neurram": 0.1 * polynomial}[model]
    assert held.std() == pytest.approx(expected, rel=0.01)
    assert held.mean() == pytest.approx(0.6, abs=6 * expected / np.sqrt(200_000))


def test_neurram_spread_at_a_point_computed_by_hand():
    # G = 20 µS: 1.2288 - 4.668 + 4.748 + 1.053 = 2.3618 µS.
    assert np.polyval(NEURRAM_SIGMA, 20.0) == pytest.approx(2.3618, abs=1e-12)
    assert np.all(np.polyval(NEURRAM_SIGMA, np.linspace(0, NEURRAM_G_MAX, 1000)) > 0)


def test_a_conductance_is_never_negative_and_no_error_changes_nothing():
    g = np.linspace(0, 1, 50)
    draws = np.random.default_rng(0).standard_normal(50)
    assert program(g, 2.0, "absolute", draws).min() == 0.0
    np.testing.assert_array_equal(program(g, 0.0, "absolute", draws), g)


def test_a_polynomial_is_the_spread_in_units_of_the_largest_conductance():
    # σ(0.5) = 0.1·(0.4·0.25 + 0.2) = 0.03
    held = program(np.full(3, 0.5), 0.1, "polynomial", np.array([0.0, 1.0, -2.0]), (0.4, 0.0, 0.2))
    np.testing.assert_allclose(held, [0.5, 0.53, 0.44], atol=1e-15)


def test_stuck_devices_have_the_share_and_the_ends():
    uniforms = np.random.default_rng(0).random(100_000)
    held = stick(np.full(100_000, 0.5), 0.1, 0.2, 0.05, uniforms)
    assert set(np.unique(held)) == {0.05, 0.5, 1.0}
    assert np.mean(held == 1.0) == pytest.approx(0.1, abs=0.005)
    assert np.mean(held == 0.05) == pytest.approx(0.2, abs=0.007)


def test_drift_is_a_power_law_whose_spread_grows_with_time():
    draws = np.random.default_rng(0).standard_normal(50_000)
    g = np.full(50_000, 0.5)
    np.testing.assert_array_equal(drift(g, 1.0, 0.05, 0.01, draws), g)
    # 0.5 · 1e4^-0.05
    np.testing.assert_allclose(drift(g, 1e4, 0.05, 0.0, draws), 0.5 * 10**-0.2)
    spreads = [np.log(drift(g, ratio, 0.05, 0.01, draws)).std() for ratio in (1e2, 1e4)]
    assert spreads[0] == pytest.approx(0.01 * np.log(1e2), rel=0.02)
    assert spreads[1] == pytest.approx(0.01 * np.log(1e4), rel=0.02)


def test_warmth_lets_time_pass_faster():
    assert time_at(300.0, 10.0, 0.5) == pytest.approx(10.0)
    # exp(0.5 / 8.617333e-5 · (1/300 - 1/330)) = 5.80
    assert time_at(330.0, 10.0, 0.5) == pytest.approx(10.0 * 5.80, rel=0.002)


def test_read_noise_has_its_sigma_and_leaves_silence_at_zero():
    inputs = np.ones((4000, 3))
    inputs[::2] = 0
    currents = read(inputs, np.full((20, 3), 0.25), read_noise=0.5, random=np.random.default_rng(3))
    np.testing.assert_array_equal(currents[::2], 0.0)
    assert currents[1::2].std() == pytest.approx(0.5, rel=0.03)
    assert currents[1::2].mean() == pytest.approx(0.75, abs=0.02)


def test_read_noise_needs_a_generator():
    with pytest.raises(TargetError, match="random generator"):
        read(np.ones((1, 1)), np.ones((1, 1)), read_noise=0.1)


def test_read_adds_columns_then_converts():
    effective = np.array([[0.3, -0.2, 0.4], [0.9, 0.9, 0.9]])
    result = read(np.array([[1, 1, 0], [1, 0, 1]]), effective, adc_bits=3, full_scale=1.5)
    np.testing.assert_allclose(result, [[0.0, 1.5], [0.5, 1.5]], atol=1e-12)
