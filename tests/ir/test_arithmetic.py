"""The integer operations of docs/ir.md against Python's integers, and the windows of a map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnrt.ir import arithmetic

INT32 = st.integers(-(2**31), 2**31 - 1)


@given(st.lists(st.integers(-(2**40), 2**40), min_size=1))
def test_saturate(values: list[int]) -> None:
    found = arithmetic.saturate(np.array(values, np.int64))
    assert found.tolist() == [min(max(value, -(2**31)), 2**31 - 1) for value in values]


@given(INT32, st.integers(0, 32768))
def test_decay_is_exact(state: int, factor: int) -> None:
    found = arithmetic.decay(np.array([state], np.int64), np.array(factor, np.int32))
    assert found.tolist() == [(state * factor + 2**14) // 2**15]


def test_decay_at_ties_and_ends() -> None:
    states = np.array([1, -1, 3, -3, 2**31 - 1, -(2**31)], np.int64)
    # half a unit goes up: 0.5 to 1, -0.5 to 0
    assert arithmetic.decay(states, np.array(16384)).tolist() == [1, 0, 2, -1, 2**30, -(2**30)]
    assert arithmetic.decay(states, np.array(32768)).tolist() == states.tolist()
    assert arithmetic.decay(states, np.array(0)).tolist() == [0] * 6


@pytest.mark.parametrize("dilation", [(1, 1), (2, 1), (2, 3)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 1), (3, 2)])
@pytest.mark.parametrize("padding", [(0, 0, 0, 0), (1, 2, 0, 1)])
def test_windows(stride: tuple, padding: tuple, dilation: tuple) -> None:
    x = np.arange(2 * 3 * 8 * 9, dtype=np.float64).reshape(2, 3, 8, 9)
    kernel, fill = (2, 3), -7.0
    found = arithmetic.windows(x, kernel, stride, padding, dilation, fill)
    top, bottom, left, right = padding
    height = (8 + top + bottom - dilation[0] - 1) // stride[0] + 1
    width = (9 + left + right - 2 * dilation[1] - 1) // stride[1] + 1
    assert found.shape == (2, 3, height, width, 2, 3)
    for place in np.ndindex(height, width, 2, 3):
        y = place[0] * stride[0] + place[2] * dilation[0] - top
        column = place[1] * stride[1] + place[3] * dilation[1] - left
        inside = 0 <= y < 8 and 0 <= column < 9
        expected = x[:, :, y, column] if inside else np.full((2, 3), fill)
        np.testing.assert_array_equal(found[(slice(None), slice(None), *place)], expected)


def test_broadcast_of_each_granularity() -> None:
    shape = (2, 3, 4)
    whole = np.arange(24).reshape(shape)
    assert arithmetic.broadcast(np.array(5), shape).tolist() == np.full(shape, 5).tolist()
    assert arithmetic.broadcast(whole, shape).tolist() == whole.tolist()
    channels = arithmetic.broadcast(np.array([7, 8]), shape)
    assert channels.shape == shape and (channels[0] == 7).all() and (channels[1] == 8).all()
