"""A programmed chip in a file, and measured conductances: NumPy's .npz, read as what a stranger wrote."""

from __future__ import annotations

import io
import json
import os
from dataclasses import fields

import numpy as np

from snnrt.atomic_write import write_atomically
from snnrt.data.load import load_arrays
from snnrt.devices.crossbar.config import CrossbarConfig
from snnrt.devices.crossbar.device import LARGEST_FAN_IN, Crossbar, CrossbarMapping, ProgrammedNode
from snnrt.devices.crossbar.layers import Calibration
from snnrt.devices.crossbar.programming import Converters, MeasuredGroup, ProgrammedGroup
from snnrt.errors import TargetError

FORMAT = 1
_LARGEST_DESCRIPTION = 1 << 20
_LARGEST_CURRENT = 2.0**20
"""Of a device or a converter's figures: far above any that a chip can have."""


def save_chip(crossbar: Crossbar, path: str | os.PathLike[str]) -> None:
    """Write the chip as programmed: parameters, weights, effective matrices, converters, calibrations.

    Nodes are programmed when they are first used: run the network once, or :meth:`Crossbar.programmed`.
    Raises
    OutputError where ``path`` can't be written.
    """
    arrays: dict[str, np.ndarray] = {}
    held = crossbar.held()
    description = {"format": FORMAT, "config": crossbar.config.to_dict(), "nodes": list(held)}
    arrays["chip"] = np.frombuffer(json.dumps(description).encode(), np.uint8)
    for index, (name, node) in enumerate(held.items()):
        parts: dict[str, list[np.ndarray] | np.ndarray | None] = {
            "weights": [group.weights for group in node.groups],
            "effective": [group.effective for group in node.groups],
        }
        if node.groups[0].variance is not None:
            parts["variance"] = [group.variance for group in node.groups if group.variance is not None]
        for field in fields(Converters):
            if node.groups[0].converters is not None:
                parts[f"converter_{field.name}"] = [
                    getattr(group.converters, field.name) for group in node.groups
                ]
        calibration = crossbar.calibrations.get(name, Calibration())
        for field in fields(Calibration):
            parts[f"calibration_{field.name}"] = getattr(calibration, field.name)
        arrays |= {
            f"{index}.{part}": np.stack(list(values)) for part, values in parts.items() if values is not None
        }
    room = io.BytesIO()
    np.savez_compressed(room, allow_pickle=False, **arrays)
    write_atomically(path, room.getvalue())


def load_chip(path: str | os.PathLike[str]) -> Crossbar:
    """The chip that :func:`save_chip` wrote. Raises DataError for a file that is no .npz, TargetError that
    names the
    file and the array for one that is no chip."""
    name, arrays = os.fspath(path), load_arrays(path)
    text = arrays.get("chip")
    if text is None or text.dtype != np.uint8 or text.ndim != 1 or len(text) > _LARGEST_DESCRIPTION:
        raise TargetError(
            f"{name}: expected a chip that snnrt saved, found no array 'chip' of its parameters"
        )
    try:
        description = json.loads(text.tobytes())
        form, config, nodes = description["format"], description["config"], description["nodes"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TargetError(f"{name}: chip: malformed description") from error
    if form != FORMAT or not isinstance(nodes, list) or not all(isinstance(node, str) for node in nodes):
        raise TargetError(f"{name}: chip: expected format {FORMAT} and names of nodes, found format {form!r}")
    if len(set(nodes)) != len(nodes):
        raise TargetError(f"{name}: chip: expected each node once, found {nodes}")
    try:
        crossbar = Crossbar(CrossbarConfig.from_dict(config))
    except TargetError as error:
        raise TargetError(f"{name}: chip: {error}") from None
    for index, node in enumerate(nodes):
        _read_node(crossbar, _Arrays(f"{name}: node {node!r}", arrays, index), node)
    return crossbar


def load_conductances(path: str | os.PathLike[str]) -> dict[str, tuple[MeasuredGroup, ...]]:
    """Measured conductances for ``Crossbar.measured``, by node: arrays ``NODE.positive`` and
    ``NODE.negative`` (groups,
    outputs, slices, inputs an output), units of G_max, inputs in the order of the weights.

    An offset mapping has as many reference columns as column tiles in place of ``negative``'s outputs. Raises
    DataError for a file that is no .npz, TargetError for arrays that are no conductances.
    """
    name, arrays = os.fspath(path), load_arrays(path)
    found = {}
    for key in arrays:
        node, dot, side = key.rpartition(".")
        if side not in ("positive", "negative") or not dot:
            raise TargetError(f"{name}: expected arrays NODE.positive and NODE.negative, found {key!r}")
        if side == "negative" and f"{node}.positive" not in arrays:
            raise TargetError(f"{name}: {key!r} has no {node + '.positive'!r}")
    for key in [key for key in arrays if key.endswith(".positive")]:
        node = key.removesuffix(".positive")
        sides = []
        for side in (key, f"{node}.negative"):
            values = arrays.get(side)
            if values is None:
                raise TargetError(f"{name}: {key!r} has no {side!r}")
            if (
                values.ndim != 4
                or values.dtype.kind not in "fiu"
                or not _bounded(values)
                or values.min(initial=0) < 0
            ):
                raise TargetError(
                    f"{name}: {side!r}: expected conductances of at least 0 in units of G_max, "
                    f"shape (groups, outputs, slices, inputs), found {values.dtype} {values.shape}"
                )
            sides.append(values.astype(np.float64))
        if len(sides[0]) != len(sides[1]):
            raise TargetError(f"{name}: {key!r}: expected as many groups as the negative side has")
        found[node] = tuple(MeasuredGroup(*pair) for pair in zip(*sides))
    return found


class _Arrays:
    """The arrays of one node of a file, checked as they are taken."""

    def __init__(self, place: str, arrays: dict[str, np.ndarray], index: int) -> None:
        self._place, self._arrays, self._index = place, arrays, index

    def take(self, part: str, dtype: type, shape: tuple[int, ...] | None = None) -> np.ndarray:
        """An array that must be there. Raises TargetError."""
        values = self._arrays.get(f"{self._index}.{part}")
        wanted = f"{np.dtype(dtype).name} {'' if shape is None else shape}".strip()
        if values is None or values.dtype != dtype or (shape is not None and values.shape != shape):
            found = "none" if values is None else f"{values.dtype} {values.shape}"
            raise TargetError(f"{self._place}: {part}: expected {wanted}, found {found}")
        if not _bounded(values):
            raise TargetError(
                f"{self._place}: {part}: expected numbers up to {_LARGEST_CURRENT:g}, found others"
            )
        return np.ascontiguousarray(values)

    def maybe(self, part: str, shape: tuple[int, ...]) -> np.ndarray | None:
        """One that may be absent."""
        return self.take(part, np.float64, shape) if f"{self._index}.{part}" in self._arrays else None

    def refuse(self, words: str) -> TargetError:
        """An error at this node."""
        return TargetError(f"{self._place}: {words}")


def _bounded(values: np.ndarray) -> bool:
    return bool(values.size == 0 or np.abs(values.astype(np.float64)).max() <= _LARGEST_CURRENT)


def _read_node(crossbar: Crossbar, arrays: _Arrays, name: str) -> ProgrammedNode:
    config = crossbar.config
    weights = arrays.take("weights", np.int8)
    if weights.ndim != 3 or 0 in weights.shape or weights.shape[2] > LARGEST_FAN_IN:
        raise arrays.refuse(f"weights: expected (groups, outputs, inputs), found {weights.shape}")
    groups, outputs, fan_in = weights.shape
    tiles, columns = -(-fan_in // config.rows), (outputs, config.slices)
    effective = arrays.take("effective", np.float64, (groups, *columns, fan_in))
    noisy = config.device_read_noise > 0.0 and config.device_read_noise_model == "proportional"
    variance = arrays.take("variance", np.float64, effective.shape) if noisy else None
    if variance is not None and variance.min() < 0.0:
        raise arrays.refuse("variance: expected numbers of at least 0, found less")
    of_tiles = (groups, tiles, *columns)
    errors = [arrays.maybe(f"converter_{field.name}", of_tiles) for field in fields(Converters)]
    calibration = Calibration(
        arrays.maybe("calibration_full_scale", of_tiles),
        arrays.maybe("calibration_code_offset", of_tiles),
        arrays.maybe("calibration_output_gain", (groups, outputs)),
        arrays.maybe("calibration_output_offset", (groups, outputs)),
    )
    if calibration.full_scale is not None and calibration.full_scale.min() < 2.0**-30:
        raise arrays.refuse("calibration_full_scale: expected currents above 0, found less")
    programmed = [
        ProgrammedGroup(
            weights[group], effective[group], None if variance is None else variance[group],
            None if errors[0] is None or errors[1] is None or errors[2] is None
            else Converters(errors[0][group], errors[1][group], errors[2][group]),
        )
        for group in range(groups)
    ]  # fmt: skip
    mapping = CrossbarMapping(
        groups, fan_in, outputs, config.slices, tiles, -(-outputs // config.outputs_per_tile),
        2 if config.mapping == "differential" else 1,
    )  # fmt: skip
    crossbar.calibrations[name] = calibration
    return crossbar.hold(name, mapping, programmed)
