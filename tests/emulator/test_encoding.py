"""Raw values encoded on a core: the host's integers bit for bit, and how many instructions a value takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from device_programs import build_for_core, need_core, run_on_core
from small_networks import dense_lif

from snnrt.data.integer_encoding import IntegerEncoding, integer_encoding
from snnrt.ir.graph import Input

MOST = 4.0
"""Instructions a value on Cortex-M4 at -O2, where no value needs limiting: the goal."""


def source(scale: float, peak: int) -> Input:
    return Input("x", (), (1,), scale=scale, peak=peak)


def cases() -> list[tuple[IntegerEncoding, np.ndarray, bool]]:
    """Encoding, values (N, C), and whether the goal is for it."""
    rng = np.random.default_rng(5)
    byte, q15 = np.dtype(np.uint8), np.dtype(np.int16)
    grey = integer_encoding(byte, 1 / 255, [0.1307], [0.3081], source(0.0223, 127))
    colour = integer_encoding(
        byte, 1 / 255, [0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616], source(0.0168, 127)
    )
    limited = integer_encoding(byte, 1 / 255, [0.5], [0.25], source(0.01, 100))
    many = integer_encoding(
        byte, 1 / 255, rng.random(7).tolist(), (rng.random(7) + 0.1).tolist(), source(1, 255)
    )
    sensor = integer_encoding(q15, 1 / 32768, [0.0], [1.0], source(1 / 127, 127))
    sensors = integer_encoding(q15, 1 / 32768, [0.1, -0.2], [1.0, 0.5], source(0.001, 2000))
    found = []
    for encoding, goal in ((grey, True), (colour, True), (limited, False), (many, False), (sensor, True),
                           (sensors, False)):  # fmt: skip
        width = len(encoding.multiplier)
        ends = np.iinfo(encoding.dtype)
        values = rng.integers(ends.min, ends.max + 1, (4001 // width, width)).astype(encoding.dtype)
        values[0], values[1] = ends.min, ends.max
        found.append((encoding, values, goal))
    return found


@pytest.mark.parametrize("name", ["cortex-m0", "cortex-m4", "rv32"])
def test_encoding(name: str, tmp_path: Path) -> None:
    core = need_core(name)
    every = cases()
    for place, (encoding, values, _) in enumerate(every):
        peak = encoding.peak if encoding.needs_clipping else 0
        head = np.array([len(encoding.multiplier), peak, values.size, values.itemsize], "<u4")
        pairs = np.stack([encoding.multiplier, encoding.offset], 1)
        data = head.tobytes() + pairs.astype("<i4").tobytes() + values.tobytes()
        (tmp_path / f"case-{place}.in").write_bytes(data)
    image = build_for_core(core, tmp_path / "build", "encoding", dense_lif("int8")[0], {"encoding": 1})
    run_on_core(core, image, tmp_path)
    nothing, *ticks = np.fromfile(tmp_path / "ticks.bin", "<u4").tolist()
    assert len(ticks) == len(every)
    for place, (encoding, values, goal) in enumerate(every):
        found = np.fromfile(tmp_path / f"case-{place}.out", "<i2").reshape(values.shape)
        assert np.array_equal(found, encoding.apply(values)), place
        a_value = (core.instructions(ticks[place]) - core.instructions(nothing)) / values.size
        print(f"{name}: case {place}: {a_value:.2f} instructions a value")
        assert not (goal and name == "cortex-m4") or a_value <= MOST, (place, a_value)
