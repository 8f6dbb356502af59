"""The crossbar against vectors of a public simulator, every case that the file holds.

Run as a script, it prints the table of agreement in docs/crossbar.md.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from snnrt.devices.crossbar.cells import conductances, read
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.core import LayerEvents
from snnrt.devices.crossbar.device import Crossbar
from snnrt.devices.crossbar.layers import Calibration, LayerArrays
from snnrt.devices.crossbar.programming import ProgrammedGroup
from snnrt.devices.crossbar.wires import wired
from snnrt.ir.graph import Dense, Edge

FOLDER = Path(os.environ.get("SNNRT_GOLDEN", Path(__file__).parents[4] / "shared" / "golden"))
PATH = FOLDER / "crossbar_mvm.npz"


@dataclass(frozen=True)
class Case:
    name: str
    weights: np.ndarray
    inputs: np.ndarray
    expected: np.ndarray
    cell_bits: int
    adc_bits: int
    on_off_ratio: float
    wire_resistance: float
    on_resistance: float
    full_scale: float

    def effective(self, dtype: type[np.floating]) -> np.ndarray:
        """What a driven row adds to each column, (outputs, inputs), with conductances stored in ``dtype``."""
        sides = conductances(self.weights, self.cell_bits, self.on_off_ratio, dtype)
        if self.wire_resistance == 0.0:
            return sides[0] - sides[1]
        segment = self.wire_resistance / self.on_resistance
        positive, negative = (wired(side, segment, segment) for side in sides)
        return positive - negative

    def result(self, dtype: type[np.floating]) -> np.ndarray:
        """What this crossbar returns, in weight units, in double precision."""
        currents = read(self.inputs, self.effective(dtype), self.adc_bits, self.full_scale)
        return currents / (1.0 - 1.0 / self.on_off_ratio)

    def in_core(self) -> np.ndarray:
        """What the C core's read returns, in integers: weights times 127."""
        config = CrossbarConfig(
            rows=self.weights.shape[1], columns=4096, cell_bits=7, on_off_ratio=self.on_off_ratio,
            adc_bits=self.adc_bits, adc_range=self.full_scale if self.adc_bits else "full",
        )  # fmt: skip
        effective = self.effective(np.float32).astype(np.float64)
        group = ProgrammedGroup(
            np.rint(self.weights * 127).astype(np.int8), effective[:, np.newaxis], None, None
        )
        layer = LayerArrays(config, self.name, [group], Calibration()).layer(1)
        results, live = layer.multiply(0, self.inputs.astype(np.int16), 0, LayerEvents(layer))
        assert live == np.count_nonzero(self.inputs.any(axis=1))
        return results

    def codes(self, values: np.ndarray) -> np.ndarray:
        """ADC codes of results in weight units, not rounded."""
        steps = (2 ** (self.adc_bits - 1) - 1) / self.full_scale
        return values * (1.0 - 1.0 / self.on_off_ratio) * steps


@cache
def cases() -> tuple[Case, ...]:
    """All of the file; none where it is not there."""
    if not PATH.exists():
        return ()
    with np.load(PATH) as arrays:
        names = sorted({key.rpartition("_")[0] for key in arrays.files})
        return tuple(load(arrays, name) for name in names)


def load(arrays: np.lib.npyio.NpzFile, name: str) -> Case:
    cell_bits, adc_bits, on_off_ratio, wires, on_resistance, full_scale = arrays[f"{name}_params"]
    return Case(
        name, arrays[f"{name}_W"], arrays[f"{name}_X"], arrays[f"{name}_Y"], int(cell_bits), int(adc_bits),
        float(on_off_ratio), float(wires), float(on_resistance), float(full_scale),
    )  # fmt: skip


every_case = pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)


def test_the_vectors_are_there():
    if not PATH.exists():
        message = f"{PATH}: golden vectors not found; set SNNRT_GOLDEN to their folder"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    assert cases()


@every_case
def test_agrees_in_the_precision_of_the_vectors(case):
    """The vectors follow from conductances rounded to float32; with wires they come from another solver."""
    result = case.result(np.float32)
    if case.adc_bits:
        codes = case.codes(case.expected)
        np.testing.assert_allclose(codes, np.rint(codes), rtol=0, atol=1e-9)
        np.testing.assert_array_equal(np.rint(case.codes(result)), np.rint(codes))
    np.testing.assert_allclose(result, case.expected, rtol=0, atol=1e-6 if case.wire_resistance else 1e-12)


@every_case
def test_double_precision_agrees_to_the_code_and_within_float32_rounding(case):
    result = case.result(np.float64)
    if case.adc_bits:
        np.testing.assert_array_equal(np.rint(case.codes(result)), np.rint(case.codes(case.expected)))
    # A driven row errs by 2^-24 from the rounded step, 2^-25 from each of level / step, + g_min, g+ - g-.
    bound = case.inputs.sum(axis=1, keepdims=True) * 5 * 2.0**-25 / (1.0 - 1.0 / case.on_off_ratio)
    assert np.all(np.abs(result - case.expected) <= bound + (1e-6 if case.wire_resistance else 1e-12))


@every_case
def test_the_core_gives_the_same_codes_and_sums(case):
    """Its results are rounded to integers: half a unit, and where there is an ADC exactly those of the
    codes."""
    found = case.in_core()
    wanted = case.expected * 127
    if case.adc_bits:
        assert case.full_scale / (2 ** (case.adc_bits - 1) - 1) * 127 > 1.0, "codes that round to one integer"
        np.testing.assert_array_equal(found, np.rint(wanted))
    else:
        assert np.abs(found - wanted).max() <= 0.5 + 1e-3


def test_whole_device_gives_the_vectors_in_integers():
    """Three-bit cells hold multiples of 1/7 exactly, so the device's integers are 7 Y."""
    for case in cases():
        if case.cell_bits != 3 or case.adc_bits or case.wire_resistance:
            continue
        weights = np.rint(case.weights * 7).astype(np.int8)
        node = Dense("dense", (Edge("input"),), (len(weights),), weights)
        config = CrossbarConfig(cell_bits=3, weight_bits=4, on_off_ratio=case.on_off_ratio)
        result = Crossbar(config).multiply(node, case.inputs.astype(np.int16))
        np.testing.assert_allclose(result, case.expected * 7, rtol=0, atol=1e-5)


def main() -> None:
    print(
        "| case | size | cell bits | ADC bits | on/off | wires, ohm | float32 conductances | float64 "
        "conductances |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for case in cases():
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
            f"| {case.name} | {inputs} × {outputs} | {case.cell_bits or '–'} | {case.adc_bits or '–'} "
            f"| {case.on_off_ratio:g} | {case.wire_resistance:g} | {cells[0]} | {cells[1]} |"
        )


if __name__ == "__main__":
    main()
