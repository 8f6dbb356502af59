"""What a chip's devices hold: slices with levels of their own, faults, drift, temperature, wires,
converters."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.programming import program_group
from snnrt.devices.crossbar.wires import wired

WEIGHTS = np.random.default_rng(0).integers(-127, 128, (12, 40)).astype(np.int8)


def effective(config: CrossbarConfig, weights: np.ndarray = WEIGHTS) -> np.ndarray:
    return program_group(config, "node", 0, weights).effective


@pytest.mark.parametrize(("cell_bits", "last"), [(3, 1), (4, 3), (5, 2), (6, 1), (7, 7)])
def test_every_slice_uses_its_devices_whole_range(cell_bits, last):
    config = CrossbarConfig(cell_bits=cell_bits, on_off_ratio=10)
    assert config.slice_bits[-1] == last
    full = effective(config, np.full((1, 4), 127, np.int8))
    np.testing.assert_allclose(full, 0.9)


def test_no_cell_width_makes_a_weight_worse_than_one_device():
    """σ of a weight for σ 0.05 a device: 127 levels of one pair, or less where slices share it."""
    one = 0.05 * 127 / 0.9 * np.sqrt(2)
    for cell_bits in range(1, 8):
        config = CrossbarConfig(cell_bits=cell_bits, on_off_ratio=10)
        worths = [2**shift * levels for shift, levels in zip(range(0, 7, cell_bits), config.levels)]
        assert 0.05 / 0.9 * np.sqrt(2 * np.sum(np.square(worths))) <= one * 1.001


def test_stuck_devices_are_at_the_ends():
    stuck = effective(CrossbarConfig(on_off_ratio=10, stuck_on=1.0))
    np.testing.assert_array_equal(stuck, 0.0)  # both of each pair
    few = effective(CrossbarConfig(on_off_ratio=10, stuck_off=0.3))
    whole = effective(CrossbarConfig(on_off_ratio=10))
    changed = few != whole
    assert 0.1 < changed.mean() < 0.3 and np.all(few[changed] == 0.0)


def test_drift_and_warmth_scale_all_alike_without_a_spread():
    config, plain = CrossbarConfig(on_off_ratio=10), effective(CrossbarConfig(on_off_ratio=10))
    later = dataclasses.replace(config, drift_time=100.0, drift_exponent=0.05)
    np.testing.assert_allclose(effective(later), plain * 100**-0.05)
    warm = dataclasses.replace(config, temperature=350.0, conductance_temperature_coefficient=1e-3)
    np.testing.assert_allclose(effective(warm), plain * 1.05)
    spread = [
        np.std(
            effective(dataclasses.replace(later, drift_exponent_spread=0.01, drift_time=time))
            - plain * time**-0.05
        )
        for time in (10.0, 1e4)
    ]
    assert 0.0 < spread[0] < spread[1]


@pytest.mark.parametrize("mapping", ["differential", "offset"])
def test_wires_are_those_of_the_tile(mapping):
    config = CrossbarConfig(rows=16, columns=14, on_off_ratio=10, mapping=mapping, on_resistance=1e4)
    bad = dataclasses.replace(config, row_wire_resistance=5.0, column_wire_resistance=2.0)
    found, plain = effective(bad), effective(config)
    assert np.abs(found - plain).max() > 1e-3
    if mapping == "differential":
        block = WEIGHTS[:7, :16].astype(int)
        sides = []
        for values in (np.maximum(block, 0), np.maximum(-block, 0)):
            levels = np.stack([(values & 15) / 15, (values >> 4) / 7], axis=1).reshape(14, 16)
            sides.append(wired(0.1 + 0.9 * levels, 5e-4, 2e-4))
        np.testing.assert_allclose(found[:7, :, :16].reshape(14, 16), sides[0] - sides[1], atol=1e-12)


def test_columns_share_the_errors_of_their_converter():
    config = CrossbarConfig(
        adc_bits=6, adc_offset=1.0, adc_gain_error=0.1, adc_nonlinearity=0.5, columns_per_adc=8
    )
    converters = program_group(config, "node", 0, WEIGHTS).converters
    assert converters is not None
    columns = converters.offset.reshape(-1)
    assert len(np.unique(columns)) == 3 and np.all(columns[:8] == columns[0])
    assert program_group(dataclasses.replace(config, adc_bits=0), "node", 0, WEIGHTS).converters is None
