"""Frames in the shape that a network reads."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.data.audio.shapes import frame_shape
from snnrt.errors import DataError

FRAMES = np.arange(12).reshape(3, 4)
"""Three of four bands."""


@pytest.mark.parametrize(
    ("shape", "timesteps", "bands", "expected"),
    [
        ((4,), 3, None, FRAMES),
        ((4, 1, 1), 3, 4, FRAMES.reshape(3, 4, 1, 1)),
        ((1, 1, 4), 3, None, FRAMES.reshape(3, 1, 1, 4)),
        ((4, 1, 3), None, None, FRAMES.T[:, None]),
        ((1, 4, 3), None, None, FRAMES.T[None]),
        ((1, 3, 4), None, 4, FRAMES[None]),
        ((12,), None, 4, FRAMES.T.ravel()),
    ],
)
def test_where_values_go(shape, timesteps, bands, expected):
    layout = frame_shape(shape, timesteps, bands)
    assert (layout.count, layout.bands) == (3, 4)
    assert np.array_equal(layout.arranged(FRAMES), expected)


@pytest.mark.parametrize(
    ("shape", "timesteps", "bands"),
    [((2, 3), 3, None), ((12,), None, None), ((12,), None, 5), ((2, 3, 4), None, None), ((4,), 3, 5)],
)
def test_shapes_that_say_too_little(shape, timesteps, bands):
    with pytest.raises(DataError, match="sample_rate: frames of sound become"):
        frame_shape(shape, timesteps, bands)
