"""Calibration makes a chip better, and is kept with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from small_networks import dense_lif

from snnrt.devices.crossbar.calibration import Choice, calibrate, driven_windows
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
    report = calibrate(chip, model_of(graph), x, Choice(method, per=per))
    assert report.before and all(report.after[name] <= report.before[name] for name in report.before)
    assert any(report.after[name] < 0.7 * report.before[name] for name in report.before)
    network = Network(graph)
    calibrated = network.run(x, device=CrossbarDevice(chip))
    save_chip(chip, tmp_path / "chip.npz")
    again = network.run(x, device=CrossbarDevice(load_chip(tmp_path / "chip.npz")))
    np.testing.assert_array_equal(again.logits, calibrated.logits)


def test_what_layers_read_serves_any_number_of_chips():
    graph, x = dense_lif("int8")
    windows = driven_windows(model_of(graph), x, seed=POOR.seed)
    network, model = Network(graph), model_of(graph)
    fresh, again = Crossbar(POOR), Crossbar(POOR)
    report = calibrate(fresh, model, x)
    calibrate(Crossbar(replace(POOR, seed=2)), model, windows)
    assert calibrate(again, model, windows) == report
    np.testing.assert_array_equal(network.run(x, device=again).logits, network.run(x, device=fresh).logits)


def test_an_unknown_method_is_an_error():
    graph, x = dense_lif("int8")
    with pytest.raises(TargetError, match="expected a method of least-error, percentile"):
        calibrate(Crossbar(POOR), model_of(graph), x, Choice("best"))
