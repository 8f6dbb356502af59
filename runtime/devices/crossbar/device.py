"""A crossbar as an execution device: the synapse layers of an int8 network on tiles of devices.

``docs/crossbar.md`` has the model, its formulas and what it leaves out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from snnrt.devices.crossbar.cells import conductance, program, read
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.errors import DataError, TargetError
from snnrt.ir.graph import Conv2d, Dense, Weighted

__all__ = ["Crossbar", "CrossbarConfig", "CrossbarEvents", "CrossbarMapping"]

Synapse = Weighted

LARGEST_FAN_IN = 2**21
"""Inputs an output for which the error-free crossbar is proven to give the integer (docs/crossbar.md)."""

READINGS_AT_ONCE = 2**21
"""Column readings held in memory at a time: 16 MiB of float64 for each array in flight."""


@dataclass(frozen=True)
class CrossbarMapping:
    """Where a node's weights lie: every group has row_tiles × column_tiles tiles of its own.

    A tile is one array of rows × columns devices, two for a differential mapping.
    """

    groups: int
    fan_in: int
    outputs: int
    slices: int
    row_tiles: int
    column_tiles: int
    arrays_per_tile: int

    @property
    def tiles(self) -> int:
        """Tiles of the whole node."""
        return self.groups * self.row_tiles * self.column_tiles

    @property
    def arrays(self) -> int:
        """Arrays of the whole node."""
        return self.tiles * self.arrays_per_tile


@dataclass
class CrossbarEvents:
    """What a node did on the crossbar since the last :meth:`Crossbar.reset`.

    A window is one input vector of one group. An input of several bits is applied as one
    binary vector for each bit and sign (a pass); a binary window has one pass.

    - ``windows``; ``silent_windows``: those without a non-zero input, which cost nothing
    - ``passes``: binary vectors with at least one driven row
    - ``row_activations`` (groups, row_tiles) uint64: driven rows of the tiles in that row of tiles,
      counted once; each of the ``column_tiles`` tiles beside it drives them too
    - ``reads`` (groups, row_tiles) uint64: passes that drive a row of those tiles
    - ``skipped_reads`` (groups, row_tiles) uint64: passes that leave those tiles silent: not read
    - ``adc_conversions``: reads times columns read (outputs × slices), summed over row tiles
    """

    windows: int
    silent_windows: int
    passes: int
    row_activations: np.ndarray
    reads: np.ndarray
    skipped_reads: np.ndarray
    adc_conversions: int


@dataclass(frozen=True)
class _Programmed:
    """One group of a node after programming; columns are output-major, a weight's slices side by side."""

    weights: np.ndarray
    row_starts: np.ndarray
    effective: tuple[np.ndarray, ...]
    full_scale: tuple[np.ndarray | float, ...]
    folded: np.ndarray


class Crossbar:
    """Tiles of resistive devices that multiply; give it to :class:`snnrt.reference.run.Reference`.

    Fixed effects (levels, programming errors) are drawn from (seed, node name, group, tile), so
    they do not depend on the order of execution; they fold into one matrix a tile when a node is
    first used. Read noise comes from a stream for each node and group, from (seed, name, group):
    the same calls after :meth:`reset` give the same noise.
    """

    def __init__(self, config: CrossbarConfig | None = None) -> None:
        self.config = CrossbarConfig() if config is None else config
        self.events: dict[str, CrossbarEvents] = {}
        self._programmed: dict[tuple[str, int], _Programmed] = {}
        self._noise: dict[tuple[str, int], np.random.Generator] = {}

    def reset(self) -> None:
        """Clear the events and rewind the read noise; the chip stays as programmed."""
        self.events.clear()
        self._noise.clear()

    def mapping(self, node: Synapse) -> CrossbarMapping:
        """How ``node`` is laid out on tiles; TargetError if it cannot be."""
        groups = _checked_groups(node)
        outputs = node.weights.shape[0] // groups
        fan_in = int(np.prod(node.weights.shape[1:]))
        if fan_in > LARGEST_FAN_IN:
            raise TargetError(
                f"node {node.name!r}: {fan_in} inputs an output, expected at most {LARGEST_FAN_IN} "
                "on a crossbar: split the layer"
            )
        config = self.config
        return CrossbarMapping(
            groups=groups,
            fan_in=fan_in,
            outputs=outputs,
            slices=config.slices,
            row_tiles=-(-fan_in // config.rows),
            column_tiles=-(-outputs // config.outputs_per_tile),
            arrays_per_tile=2 if config.mapping == "differential" else 1,
        )

    def effective_matrix(self, node: Synapse, group: int = 0) -> np.ndarray:
        """The programmed chip as (outputs, fan_in) float64 in units of the integer weights.

        Levels and programming errors are in it; read noise and ADC act on each read instead.
        """
        return self._program(node, group, self.mapping(node)).folded.copy()

    def multiply(self, node: Synapse, rows: np.ndarray, group: int = 0) -> np.ndarray:
        """Product of ``rows`` (M, fan_in) integers with one group's weights: (M, outputs) int32, no bias.

        ``rows``: binary spikes, or integers of up to 16 bits, applied one bit at a time, positive and
        negative magnitudes apart. Without errors, noise and ADC this is the integer product, bit for
        bit; results beyond int32 saturate. Raises DataError for wrong ``rows``, TargetError for a
        node that does not fit (weights not int8 or wider than ``weight_bits``, no such group).
        """
        mapping = self.mapping(node)
        programmed = self._program(node, group, mapping)
        _check_rows(node, rows, mapping.fan_in)
        config = self.config
        linear = config.adc_bits == 0 and config.read_noise == 0.0
        events = self._events(node.name, mapping)
        total = np.empty((rows.shape[0], mapping.outputs), np.int32)
        at_once = max(1, READINGS_AT_ONCE // max(mapping.outputs * mapping.slices, mapping.fan_in))
        for start in range(0, rows.shape[0], at_once):
            window = rows[start : start + at_once]
            sums = np.zeros((window.shape[0], mapping.outputs))
            spoken = np.zeros(window.shape[0], bool)
            for worth, bits in _passes(window):
                driven = np.add.reduceat(bits, programmed.row_starts, axis=1, dtype=np.int64)
                spoken |= _count(events, group, driven, mapping)
                if not linear:
                    self._read(node.name, group, programmed, bits, driven > 0, worth, sums)
            events.windows += window.shape[0]
            events.silent_windows += int(np.count_nonzero(~spoken))
            if linear:
                np.matmul(window.astype(np.float64), programmed.folded.T, out=sums)
            total[start : start + at_once] = np.clip(np.rint(sums), -(2**31), 2**31 - 1)
        return total

    def _read(
        self,
        name: str,
        group: int,
        programmed: _Programmed,
        bits: np.ndarray,
        driven: np.ndarray,
        worth: int,
        sums: np.ndarray,
    ) -> None:
        """Add one pass over all row tiles to ``sums``: read each driven tile, shift and add its slices."""
        config = self.config
        scale = worth * config.levels / (1.0 - config.g_min) * _slice_worth(config)
        ends = np.append(programmed.row_starts[1:], bits.shape[1])
        for tile, (start, end) in enumerate(zip(programmed.row_starts, ends, strict=True)):
            active = np.flatnonzero(driven[:, tile])
            if active.size == 0:
                continue
            currents = read(
                bits[active, start:end],
                programmed.effective[tile],
                config.adc_bits,
                programmed.full_scale[tile],
                config.read_noise,
                self._noise_stream(name, group) if config.read_noise > 0.0 else None,
            )
            sums[active] += currents.reshape(active.size, -1, config.slices) @ scale

    def _program(self, node: Synapse, group: int, mapping: CrossbarMapping) -> _Programmed:
        if not 0 <= group < mapping.groups:
            raise TargetError(f"node {node.name!r}: no group {group}, expected 0 … {mapping.groups - 1}")
        key = (node.name, group)
        block = node.weights[group * mapping.outputs : (group + 1) * mapping.outputs]
        weights = block.reshape(mapping.outputs, mapping.fan_in)
        known = self._programmed.get(key)
        if known is None or not np.array_equal(known.weights, weights):
            known = self._program_group(node.name, group, weights.copy())
            self._programmed[key] = known
        return known

    def _program_group(self, name: str, group: int, weights: np.ndarray) -> _Programmed:
        config = self.config
        outputs, fan_in = weights.shape
        highest = 2 ** (config.weight_bits - 1) - 1
        lowest = -highest - (1 if config.mapping == "offset" else 0)
        if weights.min(initial=0) < lowest or weights.max(initial=0) > highest:
            raise TargetError(
                f"node {name!r}: weights of {weights.min()} … {weights.max()}, expected "
                f"{lowest} … {highest} for a crossbar with weight_bits {config.weight_bits}: "
                "raise weight_bits or quantise the network to fewer bits"
            )
        row_starts = np.arange(0, fan_in, config.rows)
        effective, full_scale = [], []
        for row_tile, first_row in enumerate(row_starts):
            block = weights[:, first_row : first_row + config.rows]
            tiles = [
                self._tile(
                    block[first : first + config.outputs_per_tile],
                    _generator(config.seed, name, group, 0, row_tile, column_tile),
                )
                for column_tile, first in enumerate(range(0, outputs, config.outputs_per_tile))
            ]
            effective.append(np.concatenate(tiles))
            full_scale.append(np.concatenate([np.full(len(tile), self._full_scale(tile)) for tile in tiles]))
        shifted = [
            matrix.reshape(outputs, config.slices, -1) * _slice_worth(config)[:, np.newaxis]
            for matrix in effective
        ]
        folded = np.concatenate([matrix.sum(axis=1) for matrix in shifted], axis=1)
        folded *= config.levels / (1.0 - config.g_min)
        return _Programmed(weights, row_starts, tuple(effective), tuple(full_scale), folded)

    def _tile(self, weights: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """The effective matrix (outputs · slices, rows) of one tile with integer weights (outputs, rows)."""
        config = self.config
        values = weights.astype(np.int64)
        if config.mapping == "differential":
            plus, minus = np.maximum(values, 0), np.maximum(-values, 0)
        else:
            offset = 2 ** (config.weight_bits - 1)
            plus, minus = values + offset, np.full((1, values.shape[1]), offset)
        held = []
        for magnitudes in (plus, minus):
            levels = _slice(magnitudes, config.cell_bits, config.slices)
            g = conductance(levels / config.levels, config.cell_bits, config.on_off_ratio)
            held.append(program(g, config.programming_error, config.programming_error_model, random))
        return (held[0] - held[1]).reshape(-1, values.shape[1])

    def _full_scale(self, effective: np.ndarray) -> float:
        """Full scale of one tile's ADC; the columns of a tile share an ADC, so one figure for all."""
        config = self.config
        if config.adc_range == "full":
            largest = max(
                np.maximum(effective, 0.0).sum(axis=1).max(), np.maximum(-effective, 0.0).sum(axis=1).max()
            )
            return float(largest) or 1.0
        if config.adc_range == "level":
            return (2 ** (config.adc_bits - 1) - 1) * (1.0 - config.g_min) / config.levels
        return float(config.adc_range)

    def _noise_stream(self, name: str, group: int) -> np.random.Generator:
        key = (name, group)
        if key not in self._noise:
            self._noise[key] = _generator(self.config.seed, name, group, 1)
        return self._noise[key]

    def _events(self, name: str, mapping: CrossbarMapping) -> CrossbarEvents:
        shape = (mapping.groups, mapping.row_tiles)
        events = self.events.get(name)
        if events is None or events.reads.shape != shape:
            activations, reads, skipped = (np.zeros(shape, np.uint64) for _ in range(3))
            events = CrossbarEvents(0, 0, 0, activations, reads, skipped, 0)
            self.events[name] = events
        return events


def _slice_worth(config: CrossbarConfig) -> np.ndarray:
    """What one level of each slice is worth in units of the integer weight: 2^(slice · cell_bits)."""
    return 2.0 ** (config.cell_bits * np.arange(config.slices))


def _slice(magnitudes: np.ndarray, cell_bits: int, slices: int) -> np.ndarray:
    """Levels (outputs, slices, rows) of magnitudes (outputs, rows), lowest bits first."""
    shifts = (cell_bits * np.arange(slices))[:, np.newaxis]
    return (magnitudes[:, np.newaxis, :] >> shifts) & (2**cell_bits - 1)


def _generator(seed: int, name: str, *index: int) -> np.random.Generator:
    """A stream for this chip, node and tile; the name enters by a digest, so nodes are independent."""
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
    words = [int.from_bytes(digest[i : i + 4], "little") for i in range(0, 16, 4)]
    return np.random.default_rng(np.random.SeedSequence([seed, *words, *index]))


def _passes(rows: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Binary row drives (M, fan_in) uint8 and what each is worth: ±2^bit, silent ones left out."""
    values = rows.astype(np.int32)
    for sign in (1, -1):
        magnitudes = np.maximum(sign * values, 0)
        for bit in range(int(magnitudes.max(initial=0)).bit_length()):
            yield sign << bit, (magnitudes >> bit & 1).astype(np.uint8)


def _count(events: CrossbarEvents, group: int, driven: np.ndarray, mapping: CrossbarMapping) -> np.ndarray:
    """Add one pass with ``driven`` (M, row_tiles) rows a tile; returns which windows drove any."""
    live: np.ndarray = np.any(driven, axis=1)
    passes = int(np.count_nonzero(live))
    reads = np.count_nonzero(driven, axis=0).astype(np.uint64)
    events.passes += passes
    events.row_activations[group] += driven.sum(axis=0).astype(np.uint64)
    events.reads[group] += reads
    events.skipped_reads[group] += np.uint64(passes) - reads
    events.adc_conversions += int(reads.sum()) * mapping.outputs * mapping.slices
    return live


def _checked_groups(node: Synapse) -> int:
    if not isinstance(node, (Dense, Conv2d)):
        kind = getattr(node, "kind", type(node).__name__)
        name = getattr(node, "name", "?")
        raise TargetError(f"node {name!r}: expected dense or conv2d on a crossbar, found {kind}")
    if node.weights.dtype != np.int8:
        raise TargetError(
            f"node {node.name!r}: expected int8 weights on a crossbar, found {node.weights.dtype}: "
            "convert the network with int8 numbers"
        )
    groups = node.groups if isinstance(node, Conv2d) else 1
    if node.weights.size == 0 or groups < 1 or node.weights.shape[0] % groups:
        raise TargetError(
            f"node {node.name!r}: expected weights that {groups} groups share evenly, "
            f"found shape {node.weights.shape}"
        )
    return groups


def _check_rows(node: Synapse, rows: np.ndarray, fan_in: int) -> None:
    shape = getattr(rows, "shape", None)
    if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != fan_in:
        raise DataError(f"node {node.name!r}: expected crossbar input of shape (M, {fan_in}), found {shape}")
    if rows.dtype.kind not in "biu":
        raise DataError(f"node {node.name!r}: expected integer crossbar input, found {rows.dtype}")
    if rows.size and (rows.min() < -(2**15) or rows.max() > 2**15 - 1):
        raise DataError(
            f"node {node.name!r}: expected crossbar input in -32768 … 32767, "
            f"found {rows.min()} … {rows.max()}"
        )
