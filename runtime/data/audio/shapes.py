"""Frames of sound in the shape that a network reads."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snnrt.errors import DataError
from snnrt.ir.graph import Shape


@dataclass(frozen=True)
class FrameShape:
    """``count`` frames of ``bands`` values: one a timestep, (``count``, *shape), or one map ``shape``."""

    count: int
    bands: int
    shape: Shape
    over_time: bool
    time_first: bool = False

    def arranged(self, frames: np.ndarray) -> np.ndarray:
        """(count, bands) in that shape."""
        if self.over_time:
            return frames.reshape(self.count, *self.shape)
        return (frames if self.time_first else frames.T).reshape(self.shape)


def frame_shape(shape: Shape, timesteps: int | None, bands: int | None) -> FrameShape:
    """Of a network's values ``shape``: with ``timesteps`` a frame at each, all axes but one being 1; without,
    (bands, 1, frames), (1, bands, frames), with ``bands`` also (1, frames, bands) and a vector of the
    frames of each band. Raises DataError for another."""
    elements = math.prod(shape)
    found = None
    if timesteps is not None:
        if max(shape) == elements:
            found = FrameShape(timesteps, elements, shape, True)
    elif len(shape) == 3 and shape[0] == 1 and bands == shape[2] and bands != shape[1]:
        found = FrameShape(shape[1], shape[2], shape, False, True)
    elif len(shape) == 3 and 1 in shape[:2]:
        found = FrameShape(shape[2], shape[0] * shape[1], shape, False)
    elif len(shape) == 1 and bands is not None and elements % bands == 0:
        found = FrameShape(elements // bands, bands, shape, False)
    if found is None or bands not in (None, found.bands):
        expected = "one band a channel" if timesteps is not None else "bands and frames"
        raise DataError(
            f"preprocessing: sample_rate: frames of sound become {expected}, and the model reads "
            f"{'×'.join(map(str, shape))}{'' if bands is None else f' with {bands} bands'}; state bands, or "
            "convert with encoding spikes for a frame a timestep"
        )
    return found
