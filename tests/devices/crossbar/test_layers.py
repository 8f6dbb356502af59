"""Reads in the core against the same read in NumPy, and noise against its variance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrt._core import lib
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.core import LayerEvents
from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.crossbar.layers import Calibration, full_scales, slice_scales, step_exponent
from snnrt.ir.graph import Dense, Edge


def layer(outputs: int = 20, fan_in: int = 70, seed: int = 0) -> Dense:
    weights = np.random.default_rng(seed).integers(-127, 128, (outputs, fan_in)).astype(np.int8)
    return Dense("dense", (Edge("input"),), (outputs,), weights)


def by_numpy(crossbar: Crossbar, node: Dense, rows: np.ndarray) -> np.ndarray:
    """A read of spikes, one tile and slice after another, in double precision."""
    config, group = crossbar.config, crossbar.programmed(node).groups[0]
    calibration = crossbar.calibrations.get(node.name, Calibration())
    scale = (
        full_scales(config, group.effective) if calibration.full_scale is None else calibration.full_scale[0]
    )
    codes = 2 ** (config.adc_bits - 1) - 1
    total = np.zeros((len(rows), len(node.weights)))
    for tile, start in enumerate(range(0, rows.shape[1], config.rows)):
        driven = rows[:, start : start + config.rows]
        for index in range(config.slices):
            y = (
                driven
                @ group.effective[:, index, start : start + config.rows].T
                * (codes / scale[tile, :, index])
            )
            if group.converters is not None:
                errors = (
                    getattr(group.converters, name)[tile, :, index] for name in ("gain", "offset", "bow")
                )
                gain, offset, bow = errors
                y = y * gain + offset
                share = np.clip(y / codes, -1, 1)
                y = y + 4 * bow * share * (1 - np.abs(share))
            read = np.rint(np.clip(y, -codes, codes))
            worth = scale[tile, :, index] / codes * slice_scales(config)[index]
            total += np.where(driven.any(axis=1)[:, np.newaxis], read * worth, 0.0)
    return np.rint(total)


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(5, 80),
    bits=st.integers(3, 10),
    cell_bits=st.integers(1, 7),
    mapping=st.sampled_from(["differential", "offset"]),
    errors=st.booleans(),
)
@settings(deadline=None, max_examples=30)
def test_the_core_reads_what_the_formulas_say(seed, rows, bits, cell_bits, mapping, errors):
    """But for codes that float64 and the core's steps see on different sides of a half."""
    config = CrossbarConfig(
        rows=rows,
        cell_bits=cell_bits,
        mapping=mapping,
        on_off_ratio=10,
        programming_error=0.03,
        adc_bits=bits,
        adc_offset=0.7 * errors,
        adc_gain_error=0.05 * errors,
        adc_nonlinearity=0.5 * errors,
        seed=seed % 1000,
    )
    node, crossbar = layer(seed=seed), Crossbar(config)
    spikes = (np.random.default_rng(seed).random((20, 70)) < 0.25).astype(np.int16)
    found, wanted = crossbar.multiply(node, spikes), by_numpy(crossbar, node, spikes)
    assert np.mean(np.abs(found - wanted) > 1) <= 0.005


@pytest.mark.parametrize("adc_bits", [0, 14])
@pytest.mark.parametrize(
    ("model", "rows"), [("absolute", 1), ("absolute", 16), ("absolute", 64), ("proportional", 32)]
)
def test_device_noise_has_the_variance_of_the_driven_devices(adc_bits, model, rows):
    config = CrossbarConfig(
        cell_bits=7,
        on_off_ratio=10,
        device_read_noise=0.05,
        device_read_noise_model=model,
        adc_bits=adc_bits,
        adc_range=100.0,
        seed=2,
    )
    node = Dense("dense", (Edge("input"),), (40,), np.full((40, 64), 64, np.int8))
    spikes = np.zeros((3000, 64), np.int16)
    spikes[:, :rows] = 1
    noise = Crossbar(config).multiply(node, spikes) - 64 * rows
    held = 0.1 + 0.9 * 64 / 127
    variance = 2 * 0.05**2 if model == "absolute" else 0.05**2 * (held**2 + 0.1**2)
    assert noise.std() == pytest.approx(np.sqrt(variance * rows) * 127 / 0.9, rel=0.03)
    assert noise.mean() == pytest.approx(0.0, abs=0.03 * noise.std() + 0.2)


def test_noise_grows_with_the_square_root_of_the_driven_rows():
    """σ 0.05 a device: 9.98 units for one row of 7-bit pairs (CrossSim: 9.7, 20.2, 39.4, 78.8)."""
    node = Dense("dense", (Edge("input"),), (60,), np.zeros((60, 64), np.int8))
    crossbar = Crossbar(CrossbarConfig(cell_bits=7, on_off_ratio=10, device_read_noise=0.05))
    found = []
    for rows in (1, 4, 16, 64):
        spikes = np.zeros((2000, 64), np.int16)
        spikes[:, :rows] = 1
        found.append(crossbar.multiply(node, spikes).std())
    np.testing.assert_allclose(found, 0.05 * np.sqrt(2) * 127 / 0.9 * np.array([1, 2, 4, 8]), rtol=0.02)


@given(
    seed=st.integers(0, 2**32 - 1),
    outputs=st.integers(1, 150),
    fan_in=st.integers(1, 200),
    rows=st.integers(1, 140),
    bits=st.sampled_from([0, 4, 9]),
    model=st.sampled_from(["none", "absolute", "proportional"]),
    errors=st.booleans(),
    peak=st.sampled_from([1, 5, 2**15 - 1]),
    ordered=st.booleans(),
)
@settings(deadline=None, max_examples=60)
def test_every_kernel_set_reads_the_same_bits(
    seed, outputs, fan_in, rows, bits, model, errors, peak, ordered
):
    random = np.random.default_rng(seed)
    config = CrossbarConfig(
        rows=rows,
        cell_bits=3,
        on_off_ratio=10,
        programming_error=0.05,
        adc_bits=bits,
        adc_offset=0.7 * errors,
        adc_nonlinearity=0.5 * errors,
        device_read_noise=0.0 if model == "none" else 0.05,
        device_read_noise_model="absolute" if model == "none" else model,
    )
    order, back = (random.permutation(size) if ordered else None for size in (fan_in, outputs))
    made = Crossbar(config).programmed(layer(outputs, fan_in, seed)).arrays.layer(16, None, order, back)
    values = random.integers(-peak, peak + 1, (12, fan_in)) if peak > 1 else np.ones((12, fan_in), np.int64)
    values = (values * (random.random((12, fan_in)) < 0.3)).astype(np.int16)
    found = []
    for index in range(lib.snnrt_host_kernel_sets()):
        if lib.snnrt_host_kernel_runs(index):
            events = LayerEvents(made)
            result, live = made.multiply(0, values, 2**32 - 3, events, index)
            found.append((result, live, events.reads, events.row_activations, events.passes))
    assert len(found) > 0 and found[0][1] == values.any(axis=1).sum()
    for other in found[1:]:
        for one, same in zip(found[0], other):
            np.testing.assert_array_equal(one, same)


def test_the_noise_of_reads_is_normal_and_independent():
    """A million: the mean is known to 0.001, the variance to 0.0014, the fourth moment to 0.01 (one σ)."""
    node = Dense("dense", (Edge("input"),), (100,), np.zeros((100, 8), np.int8))
    config = CrossbarConfig(cell_bits=7, on_off_ratio=10, read_noise=1000.0, seed=3)
    draws = Crossbar(config).multiply(node, np.ones((10_000, 8), np.int16)) / (1000.0 * 127 / 0.9)
    assert abs(draws.mean()) < 0.005 and draws.var() == pytest.approx(1.0, abs=0.007)
    assert np.mean(draws**3) == pytest.approx(0.0, abs=0.02)
    assert np.mean(draws**4) == pytest.approx(3.0, abs=0.06)
    for sigmas, share in ((1.0, 0.317311), (2.0, 0.0455), (3.0, 0.0027), (4.0, 6.33e-5)):
        assert np.mean(np.abs(draws) > sigmas) == pytest.approx(share, abs=5 * np.sqrt(share / 1e6))
    for near, far in (
        (draws[:, :-1], draws[:, 1:]),
        (draws[:-1], draws[1:]),
        (draws[:, :16], draws[:, 16:32]),
    ):
        assert abs(np.corrcoef(near.ravel(), far.ravel())[0, 1]) < 0.01
        assert abs(np.corrcoef(near.ravel() ** 2, far.ravel() ** 2)[0, 1]) < 0.01


def test_a_step_is_the_finest_that_fits():
    assert step_exponent(0.0, 12) == 12 and step_exponent(1.0, 40) == 30
    assert step_exponent(2.0**20, 24) == 10 and step_exponent(2.0**40, 24) == -10


def test_typical_range_is_between_nothing_and_the_full_one():
    group = Crossbar(CrossbarConfig(on_off_ratio=10)).programmed(layer(fan_in=64)).groups[0]
    ranges = {
        name: full_scales(CrossbarConfig(on_off_ratio=10, adc_bits=4, adc_range=name), group.effective)
        for name in ("typical", "full")
    }
    assert np.all(ranges["typical"] < ranges["full"]) and ranges["typical"].min() > 1.0
