"""The crossbar against vectors of a public simulator.

Run as a script, it prints the table of agreement in docs/crossbar.md.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from snnrt.devices.crossbar.cells import conductances, read
from snnrt.devices.crossbar.device import Crossbar, CrossbarConfig
from snnrt.ir.graph import Dense, Edge

FOLDER = Path(os.environ.get("SNNRT_GOLDEN", Path(__file__).parents[4] / "shared" / "golden"))
PATH = FOLDER / "crossbar_mvm.npz"
WITHOUT_WIRES = tuple(f"case{number:02}" for number in (0, 1, 2, 3, 4, 8, 9, 10, 11, 12))


@dataclass(frozen=True)
class Case:
    weights: np.ndarray
    inputs: np.ndarray
    expected: np.ndarray
    cell_bits: int
    adc_bits: int
    on_off_ratio: float
    wire_resistance: float
    full_scale: float

    def result(self, dtype: type[np.floating]) -> np.ndarray:
        """What this crossbar returns, in weight units, with conductances stored in ``dtype``."""
        positive, negative = conductances(self.weights, self.cell_bits, self.on_off_ratio, dtype)
        currents = read(self.inputs, positive - negative, self.adc_bits, self.full_scale)
        return currents / (1.0 - 1.0 / self.on_off_ratio)

    def codes(self, values: np.ndarray) -> np.ndarray:
        """ADC codes of results in weight units, not rounded."""
        steps = (2 ** (self.adc_bits - 1) - 1) / self.full_scale
        return values * (1.0 - 1.0 / self.on_off_ratio) * steps


def load(name: str) -> Case:
    with np.load(PATH) as arrays:
        params = arrays[f"{name}_params"]
        return Case(
            weights=arrays[f"{name}_W"],
            inputs=arrays[f"{name}_X"],
            expected=arrays[f"{name}_Y"],
            cell_bits=int(params[0]),
            adc_bits=int(params[1]),
            on_off_ratio=float(params[2]),
            wire_resistance=float(params[3]),
            full_scale=float(params[5]),
        )


@pytest.fixture(autouse=True)
def _golden() -> None:
    if not PATH.exists():
        message = f"{PATH}: golden vectors not found; set SNNRT_GOLDEN to their folder"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


def test_every_case_without_wire_resistance_is_tested():
    with np.load(PATH) as arrays:
        names = sorted({key.split("_")[0] for key in arrays.files})
    assert tuple(name for name in names if load(name).wire_resistance == 0) == WITHOUT_WIRES


@pytest.mark.parametrize("name", WITHOUT_WIRES)
def test_agrees_in_the_precision_of_the_vectors(name):
    """The vectors follow from conductances and pair differences rounded to float32, multiplied in float64."""
    case = load(name)
    result = case.result(np.float32)
    np.testing.assert_allclose(result, case.expected, rtol=0, atol=1e-12)
    if case.adc_bits:
        codes = case.codes(case.expected)
        np.testing.assert_allclose(codes, np.rint(codes), rtol=0, atol=1e-9)
        np.testing.assert_array_equal(np.rint(case.codes(result)), np.rint(codes))


@pytest.mark.parametrize("name", WITHOUT_WIRES)
def test_double_precision_agrees_to_the_code_and_within_float32_rounding(name):
    case = load(name)
    result = case.result(np.float64)
    if case.adc_bits:
        np.testing.assert_array_equal(np.rint(case.codes(result)), np.rint(case.codes(case.expected)))
    # A driven row errs by 2^-24 from the rounded step, 2^-25 from each of level / step, + g_min, g+ - g-.
    bound = case.inputs.sum(axis=1, keepdims=True) * 5 * 2.0**-25 / (1.0 - 1.0 / case.on_off_ratio)
    assert np.all(np.abs(result - case.expected) <= bound + 1e-12)


@pytest.mark.parametrize("name", ["case02", "case10"])
def test_whole_device_gives_the_vectors_in_integers(name):
    """Three-bit cells hold multiples of 1/7 exactly, so the device's integers are 7 Y."""
    case = load(name)
    assert (case.cell_bits, case.adc_bits) == (3, 0)
    node = Dense("dense", (Edge("input"),), (len(case.weights),), np.rint(case.weights * 7).astype(np.int8))
    config = CrossbarConfig(cell_bits=3, weight_bits=4, on_off_ratio=case.on_off_ratio)
    result = Crossbar(config).multiply(node, case.inputs.astype(np.int16))
    np.testing.assert_allclose(result, case.expected * 7, rtol=0, atol=1e-5)


def main() -> None:
    print("| case | size | cell bits | ADC bits | on/off | float32 conductances | float64 conductances |")
    print("|---|---|---|---|---|---|---|")
    for name in WITHOUT_WIRES:
        case = load(name)
        cells = []
        for dtype in (np.float32, np.float64):
            result = case.result(dtype)
            text = f"{np.abs(result - case.expected).max():.1e}"
            if case.adc_bits:
                differ = np.rint(case.codes(result)) != np.rint(case.codes(case.expected))
                text += f", {np.count_nonzero(differ)} of {differ.size} codes differ"
            cells.append(text)
        outputs, inputs = case.weights.shape
        print(
            f"| {name} | {inputs} × {outputs} | {case.cell_bits or '–'} | {case.adc_bits or '–'} "
            f"| {case.on_off_ratio:g} | {cells[0]} | {cells[1]} |"
        )


if __name__ == "__main__":
    main()
