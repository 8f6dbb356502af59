"""Calibration makes a chip better, and is kept with it."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.devices.crossbar.calibration import calibrate
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.crossbar.saved import load_chip, save_chip
from snnrt.devices.crossbar.session import CrossbarDevice
from snnrt.devices.models import model_of
from snnrt.errors import TargetError
from snnrt.network import Network

POOR = CrossbarConfig(
    rows=4,
    on_off_ratio=10,
    adc_bits=5,
    adc_range="full",
    adc_offset=1.0,
    adc_gain_error=0.1,
    programming_error=0.02,
    seed=1,
)


@pytest.mark.parametrize("method", ["least-error", "percentile"])
@pytest.mark.parametrize("per", ["tile", "layer"])
def test_results_come_closer_and_stay_with_the_chip(tmp_path, method, per):
    graph, x = dense_lif("int8")
    chip = Crossbar(POOR)
    report = calibrate(chip, model_of(graph), x, method=method, per=per)
    assert report.before and all(report.after[name] <= report.before[name] for name in report.before)
    assert any(report.after[name] < 0.7 * report.before[name] for name in report.before)
    network = Network(graph)
    calibrated = network.run(x, device=CrossbarDevice(chip))
    save_chip(chip, tmp_path / "chip.npz")
    again = network.run(x, device=CrossbarDevice(load_chip(tmp_path / "chip.npz")))
    np.testing.assert_array_equal(again.logits, calibrated.logits)


def test_an_unknown_method_is_an_error():
    graph, x = dense_lif("int8")
    with pytest.raises(TargetError, match="expected a method of least-error, percentile"):
        calibrate(Crossbar(POOR), model_of(graph), x, method="best")
