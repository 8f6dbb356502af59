"""Bodies of the calls that make spikes of raw sensor values at one timestep."""

from __future__ import annotations

import numpy as np

from snnrt.data.spike_encoding import (
    CERTAIN,
    COUNTER_STEP,
    chance_multiplier,
    chances,
    first_state,
    latency_bounds,
)


def rate_text(
    dtype: np.dtype, scale: float, one: int, seed: int, timesteps: int, count: str, elements: int
) -> str:
    """By rate: the counter of this timestep, and the chances of bytes as a table."""
    step = -(-elements // 2) * COUNTER_STEP % 2**32
    state = f"0x{first_state(seed):08x}u + timestep * 0x{step:08x}u"
    if dtype != np.uint8:
        return f"""    const uint32_t state = {state};
    snnrt_encode_rate_q15(values, input, {count}, {chance_multiplier(scale)}u, state, {one});
"""
    table = np.minimum(chances(np.arange(256, dtype=np.uint8), scale), CERTAIN).reshape(-1, 16).tolist()
    rows = "".join(f"        {', '.join(map(str, row))},\n" for row in table)
    return f"""    static const uint16_t chances[256] = {{
{rows}    }};
    const uint32_t state = {state};
    snnrt_encode_rate_u8(values, input, {count}, chances, state, {one});
"""


def latency_text(
    dtype: np.dtype, scale: float, one: int, seed: int, timesteps: int, count: str, elements: int
) -> str:
    """By latency: the first and the last value of each timestep; beyond the model's own there are none."""
    call = "u8" if dtype == np.uint8 else "q15"
    bounds = ", ".join(f"{{{low}, {high}}}" for low, high in latency_bounds(dtype, scale, timesteps).tolist())
    return f"""    static const int16_t bounds[{timesteps}][2] = {{{bounds}}};
    const int32_t low = timestep < {timesteps}u ? bounds[timestep][0] : 1;
    const int32_t high = timestep < {timesteps}u ? bounds[timestep][1] : 0;
    snnrt_encode_latency_{call}(values, input, {count}, low, high, {one});
"""


def changes_text(
    threshold: int, one: int, polarity: int, keeps: bool, channels: int, call: str, values: int
) -> str:
    """By change; at timestep 0 the values are their own last, so that nothing spikes."""
    fields = f"{{{min(threshold, 2**31 - 1)}, {one}, {polarity}, {int(keeps)}}}"
    return f"""    static const snnrt_change change = {fields};
    for (uint32_t k = 0; k < {values}u && timestep == 0; k++) last[k] = values[k];
    snnrt_encode_change_{call}(values, last, input, {values}u, {channels}u, &change);
"""
