"""What the devices of a chip hold once it is programmed, and what of it a read sees.

All that is fixed by then is linear in the row drives: it folds into one effective matrix a tile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.devices.crossbar.cells import REFERENCE_TEMPERATURE, conductance, drift, program, stick, time_at
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.core import normals, stream_key, uniforms
from snnrt.devices.crossbar.wires import wired
from snnrt.errors import TargetError


@dataclass(frozen=True, eq=False)
class Converters:
    """Errors of the ADCs behind a group's columns, (row tiles, outputs, slices): ``offset`` and ``bow`` in
    codes, ``gain``
    relative."""

    offset: np.ndarray
    gain: np.ndarray
    bow: np.ndarray


@dataclass(frozen=True, eq=False)
class ProgrammedGroup:
    """One group of a node on its tiles, row tiles one after the other along ``fan_in``.

    ``weights`` (outputs, fan_in) int8; ``effective`` (outputs, slices, fan_in) float64, the current that a
    driven
    row adds to a column (G_max · V_read); ``variance`` of that current from read to read, of the same shape,
    None where it is the same for all devices; ``converters``, None where they are ideal.
    """

    weights: np.ndarray
    effective: np.ndarray
    variance: np.ndarray | None
    converters: Converters | None


@dataclass(frozen=True, eq=False)
class MeasuredGroup:
    """What a group's devices hold by measurement, units of G_max: ``positive`` and ``negative``
    (outputs, slices, fan_in), or for an offset mapping (column tiles, slices, fan_in) of the reference
    columns."""

    positive: np.ndarray
    negative: np.ndarray


def program_group(
    config: CrossbarConfig, name: str, group: int, weights: np.ndarray, measured: MeasuredGroup | None = None
) -> ProgrammedGroup:
    """Integer ``weights`` (outputs, fan_in) of node ``name`` on tiles. Raises TargetError for weights that
    ``weight_bits`` do not hold."""
    outputs, fan_in = weights.shape
    _check_range(config, name, weights)
    effective = np.empty((outputs, config.slices, fan_in))
    noise = config.device_read_noise > 0.0 and config.device_read_noise_model == "proportional"
    variance = np.empty_like(effective) if noise else None
    converters = _converters(config, name, group, outputs, fan_in)
    for row_tile, first_row in enumerate(range(0, fan_in, config.rows)):
        rows = slice(first_row, first_row + config.rows)
        for column_tile, first in enumerate(range(0, outputs, config.outputs_per_tile)):
            columns = slice(first, first + config.outputs_per_tile)
            place = (name, group, row_tile, column_tile)
            if measured is None:
                plus, minus = _written(config, weights[columns, rows], place)
            else:
                reference = (
                    columns if config.mapping == "differential" else slice(column_tile, column_tile + 1)
                )
                plus, minus = measured.positive[columns, :, rows], measured.negative[reference, :, rows]
            plus, minus = (_aged(config, g, (*place, sign)) for sign, g in enumerate((plus, minus)))
            effective[columns, :, rows] = _pass(config, plus, minus)
            if variance is not None:
                variance[columns, :, rows] = config.device_read_noise**2 * (plus**2 + minus**2)
    return ProgrammedGroup(weights, effective, variance, converters)


def _check_range(config: CrossbarConfig, name: str, weights: np.ndarray) -> None:
    highest = 2 ** (config.weight_bits - 1) - 1
    lowest = -highest - (1 if config.mapping == "offset" else 0)
    if weights.min(initial=0) < lowest or weights.max(initial=0) > highest:
        raise TargetError(
            f"node {name!r}: weights of {weights.min()} … {weights.max()}, expected "
            f"{lowest} … {highest} for a crossbar with weight_bits {config.weight_bits}: "
            "raise weight_bits or quantise the network to fewer bits"
        )


def _written(
    config: CrossbarConfig, weights: np.ndarray, place: tuple[str, int, int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Conductances (outputs or 1, slices, rows) of a tile's two sides after programming."""
    values = weights.astype(np.int64)
    if config.mapping == "differential":
        sides = np.maximum(values, 0), np.maximum(-values, 0)
    else:
        offset = 2 ** (config.weight_bits - 1)
        sides = values + offset, np.full((1, values.shape[1]), offset)
    held = []
    for sign, magnitudes in enumerate(sides):
        g = np.empty((magnitudes.shape[0], config.slices, magnitudes.shape[1]))
        for index, (bits, levels) in enumerate(zip(config.slice_bits, config.levels)):
            stored = magnitudes >> (index * config.cell_bits) & levels
            g[:, index] = conductance(stored / levels, bits, config.on_off_ratio)
        draws = normals(_key(config, place, sign, "programming"), g.shape) if config.programming_error else g
        held.append(
            program(
                g, config.programming_error, config.programming_error_model, draws,
                config.programming_error_polynomial,
            )
        )  # fmt: skip
    return held[0], held[1]


def _aged(config: CrossbarConfig, g: np.ndarray, place: tuple[str, int, int, int, int]) -> np.ndarray:
    """Faults, time and temperature."""
    where, sign = place[:4], place[4]
    seconds = time_at(config.temperature, config.drift_time, config.drift_activation_energy)
    if seconds > config.drift_start and (config.drift_exponent or config.drift_exponent_spread):
        draws = normals(_key(config, where, sign, "drift"), g.shape) if config.drift_exponent_spread else 0.0
        g = drift(
            g,
            seconds / config.drift_start,
            config.drift_exponent,
            config.drift_exponent_spread,
            np.asarray(draws),
        )
    if config.stuck_on or config.stuck_off:
        draws = uniforms(_key(config, where, sign, "faults"), g.shape)
        g = stick(g, config.stuck_on, config.stuck_off, config.g_min, draws)
    warmer = config.temperature - REFERENCE_TEMPERATURE
    if config.conductance_temperature_coefficient and warmer:
        g = g * (1.0 + config.conductance_temperature_coefficient * warmer)
    return g


def _pass(config: CrossbarConfig, plus: np.ndarray, minus: np.ndarray) -> np.ndarray:
    """The effective matrix (outputs, slices, rows) of a tile's two sides."""
    if not config.wired:
        return plus - minus
    row, column = (
        resistance / config.on_resistance
        for resistance in (config.row_wire_resistance, config.column_wire_resistance)
    )
    rows = plus.shape[-1]
    if config.mapping == "differential":
        sides = [wired(g.reshape(-1, rows), row, column).reshape(g.shape) for g in (plus, minus)]
        return sides[0] - sides[1]
    # one array: the reference columns stand behind the weights'
    whole = wired(np.concatenate([plus, minus]).reshape(-1, rows), row, column).reshape(-1, *plus.shape[1:])
    return whole[:-1] - whole[-1:]


def _converters(
    config: CrossbarConfig, name: str, group: int, outputs: int, fan_in: int
) -> Converters | None:
    spreads = (config.adc_offset, config.adc_gain_error, config.adc_nonlinearity)
    if config.adc_bits == 0 or not any(spreads):
        return None
    of_tile = config.outputs_per_tile * config.slices
    shared = np.arange(of_tile) // config.columns_per_adc
    tiles, column_tiles = -(-fan_in // config.rows), -(-outputs // config.outputs_per_tile)
    parts = []
    for sigma, effect in zip(spreads, ("adc offset", "adc gain", "adc bow")):
        errors = np.empty((tiles, column_tiles, of_tile))
        for place in np.ndindex(tiles, column_tiles):
            draws = normals(_key(config, (name, group, *place), 0, effect), (int(shared[-1]) + 1,))
            errors[place] = sigma * draws[shared]
        parts.append(errors.reshape(tiles, -1, config.slices)[:, :outputs])
    return Converters(parts[0], 1.0 + parts[1], parts[2])


def _key(config: CrossbarConfig, place: tuple[str, int, int, int], sign: int, effect: str) -> int:
    return stream_key(config.seed, place[0], effect, *place[1:], sign)
