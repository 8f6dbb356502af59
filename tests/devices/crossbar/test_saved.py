"""A chip that was saved is the same chip; a damaged file is a clear error."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.devices.crossbar.device import Crossbar, CrossbarConfig
from snnrt.devices.crossbar.layers import Calibration
from snnrt.devices.crossbar.saved import load_chip, load_conductances, save_chip
from snnrt.errors import SnnrtError, TargetError
from snnrt.ir.graph import Conv2d, Dense, Edge

CONFIG = CrossbarConfig(
    rows=20,
    on_off_ratio=10,
    programming_error=0.1,
    device_read_noise=0.05,
    device_read_noise_model="proportional",
    adc_bits=6,
    adc_offset=0.5,
    adc_gain_error=0.05,
    adc_nonlinearity=0.5,
    seed=3,
)


def node() -> Conv2d:
    random = np.random.default_rng(0)
    return Conv2d(
        "conv", (Edge("input"),), (6, 4, 4), random.integers(-99, 99, (6, 2, 3, 3)).astype(np.int8), groups=2
    )


def rows() -> np.ndarray:
    return np.random.default_rng(1).integers(-3, 4, (30, 18)).astype(np.int16)


def saved(tmp_path) -> Crossbar:
    crossbar = Crossbar(CONFIG)
    crossbar.programmed(node())
    crossbar.calibrate("conv", Calibration(output_offset=np.full((2, 3), 7.0)))
    save_chip(crossbar, tmp_path / "chip.npz")
    return crossbar


def test_a_saved_chip_is_the_same_chip(tmp_path):
    crossbar = saved(tmp_path)
    again = load_chip(tmp_path / "chip.npz")
    assert again.config == CONFIG
    for group in range(2):
        np.testing.assert_array_equal(
            again.multiply(node(), rows(), group), crossbar.multiply(node(), rows(), group)
        )
        np.testing.assert_array_equal(
            again.effective_matrix(node(), group), crossbar.effective_matrix(node(), group)
        )
    # with other weights it is programmed anew
    other = node().with_(weights=np.ones((6, 2, 3, 3), np.int8))
    assert np.abs(again.effective_matrix(other)).mean() < 20


@pytest.mark.parametrize(
    ("array", "value", "says"),
    [
        ("0.effective", np.zeros((2, 3, 2, 17)), "effective: expected float64"),
        ("0.effective", np.full((2, 3, 2, 18), np.nan), "expected numbers up to"),
        ("0.weights", np.zeros((2, 3, 18), np.int16), "weights: expected int8"),
        ("0.variance", None, "variance: expected float64"),
        ("0.calibration_full_scale", np.zeros((2, 1, 3, 2)), "currents above 0"),
        ("chip", np.frombuffer(b"{", np.uint8), "malformed description"),
        ("chip", np.frombuffer(b'{"format":1,"config":{"rows":0},"nodes":[]}', np.uint8), "crossbar rows"),
        ("chip", np.frombuffer(b'{"format":9,"config":{},"nodes":[]}', np.uint8), "expected format 1"),
    ],
)
def test_a_file_that_is_no_chip_says_what_is_wrong(tmp_path, array, value, says):
    saved(tmp_path)
    with np.load(tmp_path / "chip.npz") as held:
        arrays = dict(held)
    if value is None:
        del arrays[array]
    else:
        arrays[array] = value
    np.savez(tmp_path / "other.npz", **arrays)
    with pytest.raises(TargetError, match=r"other\.npz.*" + says):
        load_chip(tmp_path / "other.npz")


def test_damaged_bytes_are_errors(tmp_path):
    saved(tmp_path)
    raw = bytearray((tmp_path / "chip.npz").read_bytes())
    random = np.random.default_rng(0)
    for _ in range(200):
        damaged = raw.copy()
        for _ in range(3):
            damaged[random.integers(len(raw))] = random.integers(256)
        (tmp_path / "bad.npz").write_bytes(damaged)
        try:
            load_chip(tmp_path / "bad.npz").multiply(node(), rows())
        except SnnrtError as error:
            assert "bad.npz" in str(error)


def test_measured_conductances_take_the_place_of_programming(tmp_path):
    random = np.random.default_rng(5)
    dense = Dense("fc", (Edge("input"),), (4,), random.integers(-127, 128, (4, 10)).astype(np.int8))
    plus, minus = random.random((2, 1, 4, 2, 10))
    np.savez(tmp_path / "map.npz", **{"fc.positive": plus, "fc.negative": minus})
    crossbar = Crossbar(CrossbarConfig(on_off_ratio=10, programming_error=0.5))
    crossbar.measured.update(load_conductances(tmp_path / "map.npz"))
    # slices of 4 and 3 bits: 15 and 7 steps, worth 1 and 16
    expected = ((plus - minus)[0] * np.array([15, 7 * 16])[:, np.newaxis] / 0.9).sum(axis=1)
    np.testing.assert_allclose(crossbar.effective_matrix(dense), expected, atol=2.0**-12)
    crossbar.measured["other"] = crossbar.measured["fc"]
    with pytest.raises(
        TargetError, match=r"node 'other': expected measured conductances of shape \(4, 2, 9\)"
    ):
        crossbar.programmed(Dense("other", (Edge("input"),), (4,), dense.weights[:, :9].copy()))
    for arrays in ({"fc.positive": plus}, {"x": plus}, {"fc.positive": -plus, "fc.negative": minus}):
        np.savez(tmp_path / "bad.npz", **arrays)
        with pytest.raises(TargetError, match=r"bad\.npz"):
            load_conductances(tmp_path / "bad.npz")
