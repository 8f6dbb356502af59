"""Values in 0 … 1 as spikes: ``rate``, ``latency``, and ``delta`` and ``send_on_delta``, which tell changes.

All are defined so that a device does the same in integers (csrc/spike_encoding.c). Sources: snnTorch's
``spikegen`` for ``rate``, ``latency`` and ``delta``; M. Miskowicz, "Send-on-delta concept" (2006): a value is
told where it is ``threshold`` away from the last that was told. The draws are ``fmix32`` of A. Appleby's
MurmurHash3, of a counter.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np

from snnrt.data import encodings
from snnrt.errors import DataError

Encoding = Literal["none", "rate", "latency", "delta", "send_on_delta"]
Polarity = Literal["rising", "signed", "both"]
"""Which changes spike: those upwards; both, those downwards as −1 in the same channel; both, those downwards
in channels of their own behind those upwards."""
CHANGES: tuple[str, ...] = ("delta", "send_on_delta")
POLARITIES: tuple[str, ...] = get_args(Polarity)

CERTAIN = 1 << 15
"""Probability 1, in the units of a draw."""
COUNTER_STEP = 0x9E3779B9
"""From one draw's counter to the next."""


def mixed(values: np.ndarray) -> np.ndarray:
    """uint32 → uint32, each bit of which hangs on every one: MurmurHash3's finaliser."""
    z = values.astype(np.uint32)
    z ^= z >> np.uint32(16)
    z *= np.uint32(0x85EBCA6B)
    z ^= z >> np.uint32(13)
    z *= np.uint32(0xC2B2AE35)
    return z ^ (z >> np.uint32(16))


def first_state(seed: int) -> int:
    """What the counter of a seed begins with."""
    return int(mixed(np.array([seed], np.uint32))[0])


def draws(seed: int, timesteps: int, elements: int) -> np.ndarray:
    """int32 (``timesteps``, ``elements``) in 0 … 2¹⁵ − 1; the same for every input. Two of a 32-bit number:
    of number t · ⌈elements / 2⌉ + k, from its lower half for element 2k and its upper half for 2k + 1."""
    pairs = -(-elements // 2)
    count = np.arange(timesteps * pairs, dtype=np.uint32)
    words = mixed(count * np.uint32(COUNTER_STEP) + np.uint32(first_state(seed)))
    both = np.stack([words & np.uint32(0x7FFF), words >> np.uint32(16) & np.uint32(0x7FFF)], 1)
    return both.reshape(timesteps, 2 * pairs)[:, :elements].astype(np.int32)


def chance_multiplier(scale: float) -> int:
    """Of integers worth ``scale``: ⌊(m·v + 2¹⁵) / 2¹⁶⌋ of 2¹⁵ is the probability of a spike. Raises DataError
    where 1 is more than the largest value."""
    multiplier = round(scale * 2.0**31)
    if not 1 <= multiplier <= 2**31:
        raise DataError(
            f"preprocessing: scale: expected integers worth at most 1 each for spikes by rate, "
            f"found {scale:g}"
        )
    return multiplier


def chances(values: np.ndarray, scale: float | None) -> np.ndarray:
    """int32 of 2¹⁵ of integers worth ``scale``, or of values in 0 … 1 (None)."""
    if scale is None:
        return np.rint(np.clip(values, 0, 1) * CERTAIN).astype(np.int32)
    found = (np.clip(values, 0, 2**31).astype(np.int64) * chance_multiplier(scale) + (1 << 15)) >> 16
    return np.minimum(found, CERTAIN).astype(np.int32)


def by_rate(values: np.ndarray, scale: float | None, timesteps: int, seed: int) -> np.ndarray:
    """Spikes (N, T, …), float32, of values (N, C, …): 1 where a draw is below the value's probability.

    ``scale``: as for :func:`chances`. Draws are ordered as a device's values are, the channel last.
    """
    shape = values.shape[1:]
    drawn = draws(seed, timesteps, math.prod(shape)).reshape(timesteps, *shape[1:], shape[0])
    drawn = np.moveaxis(drawn, -1, 1)
    return (drawn < chances(values, scale)[:, None]).astype(np.float32)


def by_latency(values: np.ndarray, timesteps: int) -> np.ndarray:
    """Spikes (N, T, …), float32, of values (N, …) in 0 … 1: one each, the larger the earlier, of 0 none."""
    return encodings.spikes_at(encodings.latency(np.clip(values, 0, 1), timesteps, 1.0), timesteps)


def latency_bounds(dtype: np.dtype, scale: float, timesteps: int) -> np.ndarray:
    """int32 (T, 2): the lowest and the highest integer that spikes at each timestep (1, 0: none)."""
    ends = np.iinfo(dtype)
    raw = np.arange(ends.min, ends.max + 1)
    spikes = encodings.latency(np.clip(raw * scale, 0, 1)[None], timesteps, 1.0)[0]
    bounds = np.tile(np.array([1, 0], np.int32), (timesteps, 1))
    for step in range(timesteps):
        # the larger the earlier: those of one step lie side by side
        found = np.flatnonzero(spikes == step)
        if len(found):
            bounds[step] = raw[found[0]], raw[found[-1]]
    return bounds


def change_threshold(threshold: float, scale: float | None) -> float:
    """The least change that counts, in whole integers worth ``scale``, or as it is (None)."""
    if scale is None:
        return threshold
    # a quotient that is whole but for its last bits is whole
    return float(max(1, math.ceil(threshold / scale * (1 - 2.0**-40))))


def by_change(values: np.ndarray, least: float, moves_always: bool, polarity: Polarity) -> np.ndarray:
    """Spikes (N, T, …), float32, of values (N, T, C, …): where one is ``least`` or more away from the last.

    The last is that of the timestep before (``moves_always``), or the one that spiked last, at first that of
    timestep 0. ``polarity`` ``both`` gives (N, T, 2·C, …).
    """
    values = values.astype(np.int64) if values.dtype.kind in "iub" else values.astype(np.float64)
    last = values[:, 0].copy()
    rises, falls = np.zeros(values.shape, bool), np.zeros(values.shape, bool)
    for step in range(1, values.shape[1]):
        now = values[:, step]
        up, down = now - last >= least, last - now >= least
        rises[:, step], falls[:, step] = up, down
        last = now if moves_always else np.where(up | down, now, last)
    if polarity == "rising":
        return rises.astype(np.float32)
    if polarity == "signed":
        return rises.astype(np.float32) - falls.astype(np.float32)
    return np.concatenate([rises, falls], 2).astype(np.float32)
