"""A programmed node as the C core reads it: integers in steps of a power of two, and its converters' figures.

Sums of integers are the same in any order, so every kernel set and every host gives the same bits. The step
is
the smallest power of two with which the largest sum still fits 31 bits, and no less than it need be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnrt.devices.core import aligned
from snnrt.devices.crossbar.cells import REFERENCE_TEMPERATURE
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.core import CONVERTED, EXACT, LANES, LINEAR, ChipLayer, stream_key
from snnrt.devices.crossbar.programming import ProgrammedGroup

_LARGEST_SUM = 2**31 - 1
_FINEST_CURRENT = 24
"""Currents are multiples of 2^-24 G_max·V_read, or of more in large tiles."""
_FINEST_WEIGHT = 12
"""Folded weights are multiples of 2^-12 of the integer weights' unit, or of more in large layers."""
TYPICAL_DENSITY, TYPICAL_SIGMAS = 0.25, 4.0


@dataclass(frozen=True, eq=False)
class Calibration:
    """What calibration stores for a node; each part may be absent.

    ``full_scale`` (groups, row tiles, outputs, slices), currents; ``code_offset`` of the same shape, what is
    subtracted from each code; ``output_gain`` and ``output_offset`` (groups, outputs), applied to the
    digital result of a window with a driven row.
    """

    full_scale: np.ndarray | None = None
    code_offset: np.ndarray | None = None
    output_gain: np.ndarray | None = None
    output_offset: np.ndarray | None = None


def slice_scales(config: CrossbarConfig) -> np.ndarray:
    """What a current of 1 is worth in units of the integer weight, for each slice."""
    worth = 2.0 ** (config.cell_bits * np.arange(config.slices))
    return worth * np.array(config.levels) / (1.0 - config.g_min)


def full_scales(config: CrossbarConfig, effective: np.ndarray) -> np.ndarray:
    """Full scale (row tiles, outputs, slices) of a group's ADCs before calibration, ``effective`` as
    :class:`ProgrammedGroup`'s."""
    outputs, slices, fan_in = effective.shape
    starts = np.arange(0, fan_in, config.rows)
    if config.adc_range == "level":
        top = (2 ** (config.adc_bits - 1) - 1) * (1.0 - config.g_min) / np.array(config.levels)
        return np.broadcast_to(top, (len(starts), outputs, slices)).copy()
    if not isinstance(config.adc_range, str):
        return np.full((len(starts), outputs, slices), config.adc_range)
    most = np.maximum(
        np.add.reduceat(np.maximum(effective, 0.0), starts, axis=2),
        np.add.reduceat(np.maximum(-effective, 0.0), starts, axis=2),
    )
    result = np.empty((len(starts), outputs, slices))
    typical = np.abs(np.add.reduceat(effective, starts, axis=2)) * TYPICAL_DENSITY + TYPICAL_SIGMAS * np.sqrt(
        TYPICAL_DENSITY * (1.0 - TYPICAL_DENSITY) * np.add.reduceat(effective**2, starts, axis=2)
    )
    for first in range(0, outputs, config.outputs_per_tile):
        tile = slice(first, first + config.outputs_per_tile)
        if config.adc_range == "full":
            result[:, tile] = most[tile].max(axis=(0, 1))[:, np.newaxis, np.newaxis]
        else:
            largest = np.minimum(typical[tile].max(axis=0), most[tile].max(axis=0))
            result[:, tile] = largest.T[:, np.newaxis]
    return np.where(result > 0.0, result, 1.0)


def step_exponent(largest: float, finest: int) -> int:
    """k of the step 2^-k in which sums up to ``largest`` stay below 2^31."""
    if largest <= 0.0:
        return finest
    return min(finest, math.floor(math.log2(_LARGEST_SUM / largest)))


def folded(
    config: CrossbarConfig, groups: Sequence[ProgrammedGroup], gain: np.ndarray | None
) -> tuple[np.ndarray, int]:
    """Slices in one: (groups, outputs, fan_in) int32 in steps of 2^-k units of the integer weights, and k."""
    scales = slice_scales(config)[:, np.newaxis]
    whole = np.stack([(group.effective * scales).sum(axis=1) for group in groups])
    if gain is not None:
        whole = whole * gain[:, :, np.newaxis]
    largest = np.abs(whole).sum(axis=2).max(initial=0.0)
    k = step_exponent(largest + whole.shape[2] * 2.0**-_FINEST_WEIGHT, _FINEST_WEIGHT)
    return np.rint(whole * 2.0**k).astype(np.int32), k


class LayerArrays:
    """A programmed node's arrays for the core, from which :meth:`layer` makes its layers."""

    def __init__(
        self, config: CrossbarConfig, name: str, groups: Sequence[ProgrammedGroup], calibration: Calibration
    ) -> None:
        self.config, self.groups = config, groups
        outputs, fan_in = groups[0].weights.shape
        self.numbers: dict[str, int | float] = {
            "groups": len(groups),
            "fan_in": fan_in,
            "outputs": outputs,
            "lanes": -(-outputs // LANES) * LANES,
            "tile_rows": config.rows,
            "row_tiles": -(-fan_in // config.rows),
            "slices": 1,
            "noisy": config.noisy,
        }
        self.arrays = {
            "keys": np.array(
                [stream_key(config.seed, name, "noise", g) for g in range(len(groups))], np.uint64
            ),
        }
        self._made: dict[tuple[int, int | None, bytes | None, bytes | None], ChipLayer] = {}
        self.matrix, self.exponent = folded(config, groups, calibration.output_gain)
        self._noise = config.read_noise**2 * config.temperature / REFERENCE_TEMPERATURE
        self._of_rows = (
            2.0 * config.device_read_noise**2 if config.device_read_noise_model == "absolute" else 0.0
        )
        if calibration.output_offset is not None:
            self.arrays["output_offset"] = self._lanes(calibration.output_offset)
        if config.adc_bits:
            self._convert(calibration)
        else:
            self._fold(calibration)

    def layer(
        self,
        bits: int,
        node: int | None = None,
        order: np.ndarray | None = None,
        output_order: np.ndarray | None = None,
    ) -> ChipLayer:
        """For inputs of so many ``bits``, by itself or as node ``node`` of a model; ``order`` and
        ``output_order``: the chip's row
        and output of each of the caller's, None: the same."""
        orders = [None if one is None else one.tobytes() for one in (order, output_order)]
        key = (bits, node, orders[0], orders[1])
        if key not in self._made:
            numbers: dict[str, int | float] = {**self.numbers, "bits": bits, "node": node or 0}
            if numbers["mode"] == EXACT and node is None:
                # nobody else has the sums
                numbers["mode"] = LINEAR
            arrays = dict(self.arrays)
            if order is not None:
                arrays["order"] = order.astype(np.uint32)
            if output_order is not None:
                arrays["output_order"] = output_order.astype(np.uint32)
            self._made[key] = ChipLayer(arrays, numbers)
        return self._made[key]

    def _fold(self, calibration: Calibration) -> None:
        config = self.config
        weights = np.stack([group.weights for group in self.groups]).astype(np.float64)
        plain = not config.noisy and calibration.output_offset is None
        exact = plain and bool((self.matrix == weights * 2.0**self.exponent).all())
        scales = slice_scales(config) ** 2
        gains = 1.0 if calibration.output_gain is None else float(np.mean(calibration.output_gain**2))
        self.numbers |= {
            "mode": EXACT if exact else LINEAR,
            "scale": 2.0**-self.exponent,
            "read_variance": self._noise * scales.sum() * gains,
            "row_variance": self._of_rows * scales.sum() * gains,
        }
        self.arrays["matrix"] = self._lanes(self.matrix.transpose(0, 2, 1))
        if self.groups[0].variance is not None:
            variance = gains * np.stack(
                [
                    (group.variance * scales[:, np.newaxis]).sum(axis=1)
                    for group in self.groups
                    if group.variance is not None
                ]
            )
            k = step_exponent(float(variance.sum(axis=2).max(initial=0.0)) + variance.shape[2] * 2.0**-30, 30)
            self.arrays["variance"] = self._lanes(
                np.rint(variance * 2.0**k).astype(np.int32).transpose(0, 2, 1)
            )
            self.numbers["variance_step"] = 2.0**-k

    def _convert(self, calibration: Calibration) -> None:
        config = self.config
        effective = np.stack([group.effective for group in self.groups])
        codes = 2 ** (config.adc_bits - 1) - 1
        full_scale = calibration.full_scale
        if full_scale is None:
            full_scale = np.stack([full_scales(config, group.effective) for group in self.groups])
        starts = np.arange(0, effective.shape[3], config.rows)
        largest = np.add.reduceat(np.abs(effective), starts, axis=3).max(initial=0.0)
        k = step_exponent(float(largest) + config.rows * 2.0**-_FINEST_CURRENT, _FINEST_CURRENT)
        self.numbers |= {
            "mode": CONVERTED, "codes": codes, "slices": config.slices,
            "read_variance": self._noise * 4.0**k, "row_variance": self._of_rows * 4.0**k,
        }  # fmt: skip
        self.arrays["matrix"] = self._lanes(
            np.rint(effective * 2.0**k).astype(np.int32).transpose(0, 3, 2, 1)
        )
        if self.groups[0].variance is not None:
            variance = np.stack([group.variance for group in self.groups if group.variance is not None])
            summed = np.add.reduceat(variance, starts, axis=3).max(initial=0.0)
            kv = step_exponent(float(summed) + config.rows * 2.0**-30, 30)
            self.arrays["variance"] = self._lanes(
                np.rint(variance * 2.0**kv).astype(np.int32).transpose(0, 3, 2, 1)
            )
            self.numbers["variance_step"] = 4.0**k * 2.0**-kv
        gain = codes / full_scale * 2.0**-k
        worth = full_scale / codes * slice_scales(config)
        if calibration.output_gain is not None:
            worth = worth * calibration.output_gain[:, np.newaxis, :, np.newaxis]
        converters = [group.converters for group in self.groups]
        if converters[0] is not None:
            gain = gain * np.stack([one.gain for one in converters if one is not None])
        if converters[0] is not None or calibration.code_offset is not None:
            zeros = np.zeros_like(gain)
            offset, bow = (
                zeros if converters[0] is None else np.stack([getattr(one, field) for one in converters])
                for field in ("offset", "bow")
            )
            correction = zeros if calibration.code_offset is None else calibration.code_offset
            # the core's bow is 4 t (1 - |t|) of the figure
            self._columns_of({"offset": offset, "bow": 4.0 * bow, "correction": correction})
        self._columns_of({"gain": gain, "worth": worth})

    def _columns_of(self, parts: dict[str, np.ndarray]) -> None:
        for name, values in parts.items():
            self.arrays[name] = self._lanes(np.asarray(values, np.float64).swapaxes(-1, -2))

    def _lanes(self, values: np.ndarray) -> np.ndarray:
        """(…, outputs), padded to whole lanes."""
        shape = (*values.shape[:-1], int(self.numbers["lanes"]))
        # vectors that cross a line of the cache take twice the time
        padded = aligned(math.prod(shape) * values.dtype.itemsize).view(values.dtype).reshape(shape)
        padded[..., : values.shape[-1]] = values
        return padded
