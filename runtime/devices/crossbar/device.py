"""A crossbar as an execution device: the synapse layers of an int8 network on tiles of devices.

``docs/crossbar.md`` has the model, its formulas and what it leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.core import ChipLayer, LayerEvents
from snnrt.devices.crossbar.layers import Calibration, LayerArrays
from snnrt.devices.crossbar.programming import MeasuredGroup, ProgrammedGroup, program_group
from snnrt.errors import DataError, TargetError
from snnrt.ir.graph import Conv2d, Dense, Weighted

__all__ = ["Crossbar", "CrossbarConfig", "CrossbarEvents", "CrossbarMapping"]

Synapse = Weighted

LARGEST_FAN_IN = 2**21
"""Inputs an output for which the error-free crossbar is proven to give the integer (docs/crossbar.md)."""


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


@dataclass(frozen=True, eq=False)
class ProgrammedNode:
    """A node on the chip: its ``mapping`` and ``groups``, and what the core reads of them."""

    mapping: CrossbarMapping
    groups: tuple[ProgrammedGroup, ...]
    arrays: LayerArrays

    def holds(self, node: Synapse) -> bool:
        """Whether these are the node's weights."""
        block = len(self.groups[0].weights)
        weights = chip_weights(node)
        return weights.shape == (block * len(self.groups), self.mapping.fan_in) and all(
            np.array_equal(group.weights, weights[index * block : (index + 1) * block])
            for index, group in enumerate(self.groups)
        )


class Crossbar:
    """Tiles of resistive devices that multiply; a device that networks run on.

    Fixed effects (levels, programming errors, faults, drift, wires) are drawn from (seed, node name, group,
    tile), so they do not depend on the order of execution; they fold into one matrix a tile when a node is
    first used. Noise is a function of the seed and of where it is drawn: in a network's run of (node, input,
    timestep, window), in :meth:`multiply` of (node, group, number of the window since :meth:`reset`).
    """

    def __init__(self, config: CrossbarConfig | None = None) -> None:
        self.config = CrossbarConfig() if config is None else config
        self.calibrations: dict[str, Calibration] = {}
        self.measured: dict[str, tuple[MeasuredGroup, ...]] = {}
        self._programmed: dict[str, ProgrammedNode] = {}
        # the node last seen under a name, and its weights then
        self._seen: dict[str, tuple[Synapse, bytes]] = {}
        self._events: dict[str, LayerEvents] = {}
        self._drawn: dict[tuple[str, int], int] = {}

    def reset(self) -> None:
        """Clear the events and rewind the read noise; the chip stays as programmed."""
        self._events.clear()
        self._drawn.clear()

    @property
    def events(self) -> dict[str, CrossbarEvents]:
        """What each node did since the last :meth:`reset`, by its name."""
        found = {}
        for name, events in self._events.items():
            mapping = self._programmed[name].mapping
            found[name] = CrossbarEvents(
                events.windows,
                events.silent_windows,
                int(events.passes.sum()),
                events.row_activations.copy(),
                events.reads.copy(),
                events.passes[:, np.newaxis] - events.reads,
                int(events.reads.sum()) * mapping.outputs * mapping.slices,
            )
        return found

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

        All that is fixed is in it (levels, errors, faults, drift, wires, calibrated gains); read noise and
        ADC act
        on each read instead.
        """
        programmed = self.programmed(node)
        _check_group(node, group, programmed.mapping)
        arrays, order = programmed.arrays, chip_order(node)
        matrix: np.ndarray = arrays.matrix[group] * 2.0**-arrays.exponent
        return matrix if order is None else matrix[:, order]

    def multiply(self, node: Synapse, rows: np.ndarray, group: int = 0) -> np.ndarray:
        """Product of ``rows`` (M, fan_in) integers with one group's weights: (M, outputs) int32, no bias.

        ``rows``: binary spikes, or integers of up to 16 bits, applied one bit at a time, positive and
        negative magnitudes apart. Without errors, noise and ADC this is the integer product, bit for
        bit; results beyond int32 saturate. Raises DataError for wrong ``rows``, TargetError for a
        node that does not fit (weights not int8 or wider than ``weight_bits``, no such group).
        """
        programmed = self.programmed(node)
        _check_group(node, group, programmed.mapping)
        _check_rows(node, rows, programmed.mapping.fan_in)
        layer = programmed.arrays.layer(16, order=chip_order(node))
        place = (node.name, group)
        first = self._drawn.get(place, 0)
        result, live = layer.multiply(group, rows, first, self.events_of(node.name, layer))
        self._drawn[place] = first + live
        return result

    def programmed(self, node: Synapse) -> ProgrammedNode:
        """The node on the chip, programmed now if it was not. Raises TargetError where it does not fit."""
        known = self._programmed.get(node.name)
        seen, weights_seen = self._seen.get(node.name, (None, b""))
        if known is not None and seen is node and weights_seen == node.weights.tobytes():
            return known
        mapping = self.mapping(node)
        if known is None or known.mapping != mapping or not known.holds(node):
            weights = chip_weights(node).reshape(mapping.groups, mapping.outputs, mapping.fan_in)
            measured = self._measured(node, mapping)
            groups = [
                program_group(self.config, node.name, index, part.copy(), measured[index])
                for index, part in enumerate(weights)
            ]
            known = self.hold(node.name, mapping, groups)
        self._seen[node.name] = (node, node.weights.tobytes())
        return known

    def hold(self, name: str, mapping: CrossbarMapping, groups: Sequence[ProgrammedGroup]) -> ProgrammedNode:
        """Take a node's programmed groups over, with the calibration of that name."""
        arrays = LayerArrays(self.config, name, groups, self.calibrations.get(name, Calibration()))
        self._programmed[name] = ProgrammedNode(mapping, tuple(groups), arrays)
        self._events.pop(name, None)
        self._seen.pop(name, None)
        return self._programmed[name]

    def calibrate(self, name: str, calibration: Calibration) -> None:
        """Let node ``name`` be read with ``calibration`` from now on; its devices stay as they are."""
        self.calibrations[name] = calibration
        known = self._programmed.get(name)
        if known is not None:
            self.hold(name, known.mapping, known.groups)

    def held(self) -> dict[str, ProgrammedNode]:
        """The nodes that are programmed, by name."""
        return dict(self._programmed)

    def events_of(self, name: str, layer: ChipLayer) -> LayerEvents:
        """Where the events of node ``name`` are added."""
        events = self._events.get(name)
        if events is None:
            events = self._events[name] = LayerEvents(layer)
        return events

    def _measured(self, node: Synapse, mapping: CrossbarMapping) -> Sequence[MeasuredGroup | None]:
        found = self.measured.get(node.name)
        if found is None:
            return (None,) * mapping.groups
        sides = mapping.outputs if self.config.mapping == "differential" else mapping.column_tiles
        shape = (mapping.outputs, mapping.slices, mapping.fan_in)
        for group in found:
            for side, wanted in ((group.positive, shape), (group.negative, (sides, *shape[1:]))):
                if side.shape != wanted:
                    raise TargetError(
                        f"node {node.name!r}: expected measured conductances of shape {wanted} "
                        f"(outputs, slices, inputs "
                        f"an output), found {side.shape}"
                    )
        if len(found) != mapping.groups:
            raise TargetError(
                f"node {node.name!r}: expected measured conductances of {mapping.groups} groups, found "
                f"{len(found)}"
            )
        order = chip_order(node)
        if order is None:
            return found
        rows = np.argsort(order)
        return [MeasuredGroup(group.positive[..., rows], group.negative[..., rows]) for group in found]


def chip_order(node: Synapse) -> np.ndarray | None:
    """The chip's row of each input of a window in the order of the weights (None: the same): a
    convolution's rows are in
    the order (kernel row, kernel column, input channel)."""
    if not isinstance(node, Conv2d) or node.weights[0].size == max(
        node.weights.shape[1], node.weights[0, 0].size
    ):
        return None
    _, depth, height, width = node.weights.shape
    order: np.ndarray = (
        np.arange(depth * height * width).reshape(height, width, depth).transpose(2, 0, 1).ravel()
    )
    return order


def chip_weights(node: Synapse) -> np.ndarray:
    """The weights (outputs, inputs of a window) with columns in the chip's order of rows."""
    weights = node.weights
    if isinstance(node, Conv2d):
        weights = weights.transpose(0, 2, 3, 1)
    return np.ascontiguousarray(weights.reshape(len(weights), -1))


def _check_group(node: Synapse, group: int, mapping: CrossbarMapping) -> None:
    if not 0 <= group < mapping.groups:
        raise TargetError(f"node {node.name!r}: no group {group}, expected 0 … {mapping.groups - 1}")


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
    if rows.size == 0 or np.can_cast(rows.dtype, np.int16):
        return
    low, high = int(rows.min()), int(rows.max())
    if low < -(2**15) or high > 2**15 - 1:
        raise DataError(
            f"node {node.name!r}: expected crossbar input in -32768 … 32767, found {low} … {high}"
        )
