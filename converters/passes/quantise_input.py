"""Scale and peak of an int8 graph's input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from snnrt.converters.passes.quantise_units import is_whole
from snnrt.errors import ModelError
from snnrt.ir.graph import Input
from snnrt.ir.spec import LARGEST_INT16

PEAK_UNSIGNED = 255
PEAK_SIGNED = 127
# fewer values may be multiples of a step by chance
_ENOUGH_VALUES = 256
_VALUES_AT_ONCE = 2**20


def quantised_input_node(node: Input, calibration: np.ndarray | None) -> Input:
    """``node`` with scale and peak for its range, from ``calibration`` (float32) or ``low`` and ``high``.

    Values that are whole multiples of one step, with few steps up to the largest, keep that step, so that
    nothing is rounded: pixels of 0 … 16 sixteenths get scale 1/16. Spikes and counts keep scale 1.
    """
    low, high = float(node.low), float(node.high)
    seen_low, seen_high = low, high
    if calibration is not None:
        seen_low, seen_high = float(calibration.min()), float(calibration.max())
    largest = max(abs(seen_low), abs(seen_high))
    if largest == 0.0:
        largest = max(abs(low), abs(high), 1.0)
    stated = max(abs(low), abs(high))
    if node.encoding == "spikes" and _whole(calibration, low, high):
        peak = int(np.ceil(max(largest, stated, 1.0)))
        if peak > LARGEST_INT16:
            raise ModelError(
                f"node {node.name!r} (input): expected counts up to {LARGEST_INT16}, found {peak}"
            )
        return replace(node, scale=1.0, peak=peak)
    most = PEAK_SIGNED if seen_low < 0.0 else PEAK_UNSIGNED
    trusted = calibration is not None and calibration.size >= _ENOUGH_VALUES
    values = _few_values(calibration, 2 * most + 1) if calibration is not None and trusted else None
    steps = None if values is None else _steps(values, largest, most)
    if steps is None:
        return replace(node, scale=float(np.float32(largest / most)), peak=most)
    scale = largest / steps
    # the stated range may reach further than what was seen
    peak = min(most, max(steps, int(np.ceil(stated / scale - 1e-6))))
    return replace(node, scale=float(np.float32(scale)), peak=peak)


def _whole(values: np.ndarray | None, low: float, high: float) -> bool:
    if values is None:
        return low == np.rint(low) and high == np.rint(high)
    return values.dtype.kind in "biu" or all((part == np.rint(part)).all() for part in _parts(values))


def _few_values(values: np.ndarray, most: int) -> np.ndarray | None:
    """The different values, sorted, or None where there are more than ``most``."""
    found = np.zeros(0, values.dtype)
    for part in _parts(values):
        found = np.union1d(found, part)
        if len(found) > most:
            return None
    return found


def _parts(values: np.ndarray) -> Iterator[np.ndarray]:
    """A million or so at a time: sorting or rounding all would need copies of them."""
    each = max(1, _VALUES_AT_ONCE // max(1, values[0].size))
    return (values[start : start + each] for start in range(0, len(values), each))


def _steps(values: np.ndarray, largest: float, most: int) -> int | None:
    """The fewest steps from 0 to ``largest`` whose multiples hold all ``values``, or None."""
    shares = values.astype(np.float64) / largest
    for steps in range(1, most + 1):
        if is_whole(shares * steps).all():
            return steps
    return None
