"""Calibration from data: converters' ranges, and what columns and outputs are off by.

The network runs with exact sums on calibration inputs; what its layers read there is put on the chip.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.device import Crossbar, ProgrammedNode, chip_order
from snnrt.devices.crossbar.layers import Calibration, full_scales, slice_scales
from snnrt.devices.crossbar.programming import ProgrammedGroup
from snnrt.errors import TargetError
from snnrt.format.model import Model
from snnrt.ir.graph import Weighted
from snnrt.reference.run import Reference
from snnrt.results.request import Inputs

Method = Literal["least-error", "percentile"]
METHODS: tuple[Method, ...] = get_args(Method)
RANGES = 40
"""Full scales that are tried, from the largest current down to a 20th of it, in equal ratios."""


@dataclass(frozen=True)
class CalibrationReport:
    """What calibration changed: of each node the RMS error of its results against the integer product, in
    units of the integer weights, over the calibration windows, ``before`` and ``after``."""

    before: dict[str, float]
    after: dict[str, float]


@dataclass(frozen=True)
class Choice:
    """How a chip is calibrated. ``method``: the full scale with the ``least-error`` of the converted
    currents, or the ``percentile`` of their magnitudes; one for each slice of each row tile, or of each layer
    (``per``). With ``outputs``, each column's mean error in codes is subtracted, and each output gets the
    gain and the offset that fit the integer product best: an offset shifts its neurons' thresholds to where
    they belong. At most ``windows`` driven windows of each layer and group are used. Raises TargetError."""

    method: Method = "least-error"
    percentile: float = 99.9
    per: Literal["tile", "layer"] = "tile"
    outputs: bool = True
    windows: int = 1024

    def __post_init__(self) -> None:
        known = self.method in METHODS and self.per in ("tile", "layer")
        if not known or not 0.0 < self.percentile <= 100.0 or self.windows < 2:
            raise TargetError(
                f"calibration: expected a method of {', '.join(METHODS)}, per 'tile' or 'layer', a "
                "percentile above 0 and at most 100 and at least 2 windows, found "
                f"{self.method!r}, {self.per!r}, {self.percentile!r}, {self.windows!r}"
            )


def calibrate(
    crossbar: Crossbar, model: Model, inputs: Inputs | DrivenWindows, choice: Choice | None = None
) -> CalibrationReport:
    """Set the ADC ranges of the chip, and what its columns and outputs are corrected by, from ``inputs`` of
    ``model``, or from what :func:`driven_windows` kept of them, which serves any number of chips.

    Stored in ``crossbar.calibrations``. Raises TargetError where nothing drives a layer that is to be
    calibrated.
    """
    choice = choice or Choice()
    recorder = (
        inputs
        if isinstance(inputs, DrivenWindows)
        else driven_windows(model, inputs, choice.windows, crossbar.config.seed)
    )
    before, after = {}, {}
    for node in model.graph:
        if not isinstance(node, Weighted) or node.name not in recorder.nodes:
            continue
        rows = [recorder.sample(node.name, group) for group in range(crossbar.mapping(node).groups)]
        if not all(map(len, rows)):
            continue
        crossbar.calibrate(node.name, Calibration())
        before[node.name] = _error(crossbar, node, rows)
        crossbar.calibrate(node.name, _converters(crossbar, node, rows, choice))
        after[node.name] = _error(crossbar, node, rows)
        if choice.outputs:
            without = crossbar.calibrations[node.name]
            crossbar.calibrate(node.name, _outputs(crossbar, node, rows))
            corrected = _error(crossbar, node, rows)
            if corrected < after[node.name]:
                after[node.name] = corrected
            else:
                crossbar.calibrate(node.name, without)
        if after[node.name] > before[node.name]:
            # the ranges that the chip came with were better
            crossbar.calibrate(node.name, Calibration())
            after[node.name] = before[node.name]
    if not after:
        raise TargetError("calibration: expected inputs that drive the network's layers, found only silence")
    crossbar.reset()
    return CalibrationReport(before, after)


def driven_windows(model: Model, inputs: Inputs, windows: int = 1024, seed: int = 0) -> DrivenWindows:
    """At most ``windows`` of what each layer of ``model`` reads over all timesteps of ``inputs``, drawn by
    ``seed``. Raises DataError for inputs that do not fit."""
    kept = DrivenWindows(windows, seed)
    Reference.of(model, kept).run(inputs, exit="never")
    return kept


class DrivenWindows:
    """Multiplies exactly, and keeps some of the windows that drive a row."""

    def __init__(self, windows: int, seed: int) -> None:
        self._windows, self._seed = windows, seed
        self._random = np.random.default_rng(seed)
        self._kept: dict[tuple[str, int], list[np.ndarray]] = {}
        self.nodes: set[str] = set()

    def multiply(self, node: Weighted, rows: np.ndarray, *, group: int = 0) -> np.ndarray:
        """The integer product; a share of the rows is kept."""
        driven = rows[np.any(rows, axis=1)]
        if len(driven) > self._windows:
            driven = driven[self._random.choice(len(driven), self._windows, replace=False)]
        self._kept.setdefault((node.name, group), []).append(driven)
        self.nodes.add(node.name)
        return _product(node, rows, group).astype(np.int32)

    def sample(self, name: str, group: int) -> np.ndarray:
        """The windows (M, fan_in) of a node's group, in the order of its weights."""
        found = np.concatenate(self._kept.get((name, group), [np.zeros((0, 1), np.int16)]))
        if len(found) > self._windows:
            # the same each time: a chip's calibration does not depend on those before it
            random = np.random.default_rng([self._seed, zlib.crc32(name.encode()), group])
            found = found[random.choice(len(found), self._windows, replace=False)]
        return found


def _product(node: Weighted, rows: np.ndarray, group: int) -> np.ndarray:
    groups = int(getattr(node, "groups", 1))
    block = len(node.weights) // groups
    weights = node.weights[group * block : (group + 1) * block].reshape(block, -1)
    # integers below 2^31: exact in float64
    return np.clip(rows.astype(np.float64) @ weights.astype(np.float64).T, -(2.0**31), 2.0**31 - 1)


def _error(crossbar: Crossbar, node: Weighted, rows: list[np.ndarray]) -> float:
    squares = [
        (crossbar.multiply(node, some, group) - _product(node, some, group)) ** 2
        for group, some in enumerate(rows)
    ]
    return float(np.sqrt(np.mean(np.concatenate([part.ravel() for part in squares]))))


def _passes(rows: np.ndarray) -> np.ndarray:
    """The binary vectors that windows are applied as, driven ones only."""
    parts = []
    for sign in (1, -1):
        magnitudes = np.maximum(sign * rows.astype(np.int64), 0)
        parts += [magnitudes >> bit & 1 for bit in range(int(magnitudes.max(initial=0)).bit_length())]
    whole = np.concatenate(parts).astype(np.float64)
    return whole[np.any(whole, axis=1)]


def _converters(
    crossbar: Crossbar,
    node: Weighted,
    rows: list[np.ndarray],
    choice: Choice,
) -> Calibration:
    """Full scales, and each column's mean error in codes."""
    config, programmed, order = crossbar.config, crossbar.programmed(node), chip_order(node)
    if not config.adc_bits:
        return Calibration()
    codes = 2 ** (config.adc_bits - 1) - 1
    scales, offsets = [], []
    for group, some in zip(programmed.groups, rows):
        on_chip = some if order is None else some[:, np.argsort(order)]
        passes = _passes(on_chip)
        currents, ideal = _currents(config, programmed, group, passes)
        scale = full_scales(config, group.effective)
        for index in range(config.slices):
            of_tile = [slice(tile, tile + 1) for tile in range(len(currents))]
            for tile in of_tile if choice.per == "tile" else [slice(None)]:
                chosen = currents[tile]
                values = np.concatenate([part[:, :, index].ravel() for part in chosen])
                if values.size and np.abs(values).max() > 0.0:
                    scale[tile, :, index] = _full_scale(values, codes, choice.method, choice.percentile)
        scales.append(scale)
        offsets.append(_code_offsets(group, currents, ideal, scale, codes))
    return Calibration(np.stack(scales), np.stack(offsets) if choice.outputs else None)


def _currents(
    config: CrossbarConfig, programmed: ProgrammedNode, group: ProgrammedGroup, passes: np.ndarray
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Of each row tile the currents (reads, outputs, slices) of the passes that drive it, and what they
    should be."""
    scales = slice_scales(config)
    magnitudes = np.abs(group.weights.astype(np.int64))
    if config.mapping == "offset":
        stored, reference = (
            group.weights.astype(np.int64) + 2 ** (config.weight_bits - 1),
            2 ** (config.weight_bits - 1),
        )
        signs = np.ones_like(stored)
    else:
        stored, reference, signs = magnitudes, 0, np.sign(group.weights).astype(np.int64)
    levels = np.empty(group.effective.shape)
    for index, most in enumerate(config.levels):
        shift = index * config.cell_bits
        levels[:, index] = signs * ((stored >> shift & most) - (reference >> shift & most))
    ideal = levels * (2.0 ** (config.cell_bits * np.arange(config.slices)) / scales)[:, np.newaxis]
    found: list[np.ndarray] = []
    wanted: list[np.ndarray] = []
    for start in range(0, passes.shape[1], config.rows):
        tile = slice(start, start + config.rows)
        driven = passes[:, tile]
        driven = driven[np.any(driven, axis=1)]
        for target, matrix in ((found, group.effective), (wanted, ideal)):
            part = matrix[:, :, tile]
            target.append((driven @ part.reshape(-1, part.shape[2]).T).reshape(-1, *part.shape[:2]))
    return found, wanted


def _full_scale(values: np.ndarray, codes: int, method: str, percentile: float) -> float:
    sizes = np.abs(values)
    if method == "percentile":
        return float(np.percentile(sizes, percentile)) or float(sizes.max())
    tried = float(sizes.max()) * np.geomspace(0.05, 1.0, RANGES)
    errors = [
        np.mean((np.rint(np.minimum(sizes, a) * (codes / a)) * (a / codes) - sizes) ** 2) for a in tried
    ]
    return float(tried[int(np.argmin(errors))])


def _code_offsets(
    group: ProgrammedGroup, currents: list[np.ndarray], ideal: list[np.ndarray], scale: np.ndarray, codes: int
) -> np.ndarray:
    """Mean of code - ideal current in codes, of each column (row tiles, outputs, slices)."""
    result = np.zeros_like(scale)
    for tile, (found, wanted) in enumerate(zip(currents, ideal)):
        if not len(found):
            continue
        steps = codes / scale[tile]
        y = found * steps
        if group.converters is not None:
            y = y * group.converters.gain[tile] + group.converters.offset[tile]
            share = np.clip(y / codes, -1.0, 1.0)
            y = y + 4.0 * group.converters.bow[tile] * share * (1.0 - np.abs(share))
        read = np.rint(np.clip(y, -codes, codes))
        result[tile] = (read - np.clip(wanted * steps, -codes, codes)).mean(axis=0)
    return result


def _outputs(crossbar: Crossbar, node: Weighted, rows: list[np.ndarray]) -> Calibration:
    """The node's calibration with the gain and offset of each output that fit the integer product best."""
    known = crossbar.calibrations[node.name]
    gains, offsets = [], []
    for group, some in enumerate(rows):
        read = crossbar.multiply(node, some, group).astype(np.float64)
        wanted = _product(node, some, group)
        centred, spread = read - read.mean(axis=0), read.var(axis=0)
        gain = np.where(
            spread > 0.0, (centred * wanted).mean(axis=0) / np.where(spread > 0.0, spread, 1.0), 1.0
        )
        # what is nearly all noise says nothing of a gain
        gain = np.where((gain > 0.25) & (gain < 4.0), gain, 1.0)
        gains.append(gain)
        offsets.append((wanted - gain * read).mean(axis=0))
    return Calibration(known.full_scale, known.code_offset, np.stack(gains), np.stack(offsets))
