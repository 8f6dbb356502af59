"""Raw values encoded on a core: the host's integers bit for bit, and how many instructions a value takes."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from device_programs import build_for_core, need_core, run_on_core
from small_networks import dense_lif

from snnrt.data.integer_encoding import IntegerEncoding, integer_encoding
from snnrt.data.spike_encoding import (
    COUNTER_STEP,
    by_change,
    by_latency,
    by_rate,
    chance_multiplier,
    chances,
    first_state,
    latency_bounds,
)
from snnrt.ir.graph import Input

MOST = 4.0
"""Instructions a value on Cortex-M4 at -O2: the goal."""
BYTE, Q15 = np.dtype(np.uint8), np.dtype(np.int16)
ONE = 5
"""What encoding.c writes as a spike."""


@dataclass
class Case:
    """A call with its parameters, ``values`` and ``last``, and the int16 that it gives; ``most``:
    instructions a value on Cortex-M4."""

    name: str
    call: int
    channels: int
    numbers: tuple[int, int]
    parameters: bytes
    values: np.ndarray
    expected: np.ndarray
    most: float
    last: np.ndarray | None = None
    kept: np.ndarray | None = None

    def write(self, path: Path) -> None:
        last = np.zeros_like(self.values) if self.last is None else self.last
        numbers = [number & 0xFFFFFFFF for number in self.numbers]
        head = struct.pack(
            "<7I", self.call, self.channels, self.values.size, *numbers, len(self.parameters), last.nbytes
        )
        path.write_bytes(head + self.parameters + last.tobytes() + self.values.tobytes())

    def check(self, path: Path) -> None:
        found = path.read_bytes()
        assert np.array_equal(np.frombuffer(found, "<i2", self.expected.size), self.expected.ravel()), (
            self.name
        )
        if self.kept is not None:
            assert found[self.values.size * 4 :] == self.kept.tobytes(), self.name


def source(scale: float, peak: int) -> Input:
    return Input("x", (), (1,), scale=scale, peak=peak)


def rows(dtype: np.dtype, width: int, rng: np.random.Generator, count: int = 4001) -> np.ndarray:
    ends = np.iinfo(dtype)
    values = rng.integers(ends.min, ends.max + 1, (count // width, width)).astype(dtype)
    values[0], values[1] = ends.min, ends.max
    return values


def constant(name: str, encoding: IntegerEncoding, most: float, rng, table: bool = False) -> Case:
    width = len(encoding.multiplier)
    values = rows(encoding.dtype, width, rng)
    fields = np.zeros(width, [("m", "<i4"), ("b", "<i4"), ("low", "<i2"), ("high", "<i2")])
    fields["m"], fields["b"] = encoding.multiplier, encoding.offset
    call, number = 2, int(encoding.needs_clipping)
    if encoding.dtype == BYTE:
        call, number = int(table), encoding.peak * number
    else:
        fields["low"], fields["high"] = encoding.low, encoding.high
    parameters = encoding.tables().astype("<i2").tobytes() if table else fields.tobytes()
    return Case(name, call, width, (number, 0), parameters, values, encoding.apply(values), most)


def constants(rng: np.random.Generator) -> list[Case]:
    grey = integer_encoding(BYTE, 1 / 255, [0.1307], [0.3081], source(0.0223, 127))
    three = [0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616]
    colour = integer_encoding(BYTE, 1 / 255, *three, source(0.0168, 127))
    limited = integer_encoding(BYTE, 1 / 255, [0.5], [0.25], source(0.01, 100))
    limited_colour = integer_encoding(BYTE, 1 / 255, *three, source(0.0168, 100))
    cases = [
        constant("grey bytes", grey, MOST, rng),
        constant("colour bytes", colour, MOST, rng),
        constant("limited grey bytes by table", limited, MOST, rng, table=True),
        constant("limited colour bytes by table", limited_colour, MOST, rng, table=True),
        constant("limited grey bytes", limited, 24, rng),
    ]
    for width in (2, 3, 4, 6, 7):
        several = rng.random(width).tolist(), (rng.random(width) + 0.1).tolist()
        many = integer_encoding(BYTE, 1 / 255, *several, source(0.1, 255))
        cases.append(constant(f"bytes of {width} channels by table", many, MOST, rng, table=True))
        free = integer_encoding(Q15, 1 / 32768, *several, source(0.001, 20000))
        assert not free.needs_clipping
        cases.append(constant(f"Q15 of {width} channels", free, MOST, rng))
    for width in (9, 64):
        several = rng.random(width).tolist(), (rng.random(width) + 0.1).tolist()
        many = integer_encoding(BYTE, 1 / 255, *several, source(0.1, 255))
        cases.append(constant(f"bytes of {width} channels", many, 5, rng))
    for name, low_scale, peak, mean in (("Q15", 1 / 127, 127, 0.0), ("limited Q15", 1 / 127, 100, 0.0),
                                        ("Q15 limited below", 1 / 127, 127, 0.5)):  # fmt: skip
        one = integer_encoding(Q15, 1 / 32768, [mean], [1.0], source(low_scale, peak))
        cases.append(constant(name, one, MOST, rng))
    sensors = integer_encoding(Q15, 1 / 32768, [0.1, -0.2], [1.0, 0.5], source(0.001, 1500))
    assert sensors.needs_clipping
    return [*cases, constant("limited Q15 of 2 channels", sensors, 5.5, rng)]


def spikes(rng: np.random.Generator) -> list[Case]:
    cases = []
    for dtype, scale, words in ((BYTE, 1 / 255, "bytes"), (Q15, 1 / 32768, "Q15"), (Q15, 0.01, "small Q15")):
        values = rows(dtype, 1, rng)[:, 0]
        is_byte = dtype == BYTE
        step, seed, pairs = 3, 77, -(-values.size // 2)
        state = first_state(seed) + step * pairs * COUNTER_STEP
        table = chances(np.arange(256, dtype=np.uint8), scale).astype("<u2").tobytes() if is_byte else b""
        expected = ONE * by_rate(values[None], scale, step + 1, seed)[0, step].astype(np.int16)
        numbers = state & 0xFFFFFFFF, 0 if is_byte else chance_multiplier(scale)
        cases.append(
            Case(
                f"rate of {words}",
                3 if is_byte else 4,
                1,
                numbers,
                table,
                values,
                expected,
                9.5 if is_byte else 11.5,
            )
        )
        bounds = latency_bounds(dtype, scale, 6)
        for step in (0, 4):
            expected = ONE * by_latency((values * scale)[None], 6)[0, step].astype(np.int16)
            numbers = tuple(bounds[step].tolist())
            most = MOST
            cases.append(
                Case(
                    f"latency of {words} at {step}",
                    5 if is_byte else 6,
                    1,
                    numbers,
                    b"",
                    values,
                    expected,
                    most,
                )
            )
    never = Case(
        "no latency", 5, 1, (1, 0), b"", values.astype(np.uint8), np.zeros(values.size, np.int16), 12
    )
    return [*cases, never]


def changes(rng: np.random.Generator) -> list[Case]:
    cases = []
    for dtype, least in ((BYTE, 40), (Q15, 9000)):
        for polarity, word in enumerate(("rising", "signed", "both")):
            for keeps in (0, 1):
                width = 3
                last, values = rows(dtype, width, rng, 3000), rows(dtype, width, rng, 3000)
                # (1, T, C, pixels), channels as a device's, the last
                both = np.stack([last.T, values.T])[None]
                found = by_change(both, least, not keeps, word)[0, 1]
                expected = (ONE * found.T).astype(np.int16)
                moved = np.abs(values.astype(int) - last) >= least
                kept = np.where(moved | (not keeps), values, last)
                parameters = struct.pack("<ihBB", least, ONE, polarity, keeps)
                most = 40.0 if word == "both" else 7.5 if dtype == BYTE else 9.5
                cases.append(
                    Case(f"{word} changes of {dtype.name}, keeps {keeps}", 7 if dtype == BYTE else 8, width,
                         (0, 0), parameters, values, expected, most, last, kept)
                )  # fmt: skip
    return cases


@pytest.mark.parametrize("name", ["cortex-m0", "cortex-m4", "rv32"])
def test_encoding(name: str, tmp_path: Path) -> None:
    core = need_core(name)
    rng = np.random.default_rng(5)
    every = [*constants(rng), *spikes(rng), *changes(rng)]
    stems = [f"case-{chr(65 + place // 26)}{chr(65 + place % 26)}" for place in range(len(every))]
    for case, stem in zip(every, stems):
        case.write(tmp_path / f"{stem}.in")
    image = build_for_core(core, tmp_path / "build", "encoding", dense_lif("int8")[0], {"encoding": 1})
    run_on_core(core, image, tmp_path)
    nothing, *ticks = np.fromfile(tmp_path / "ticks.bin", "<u4").tolist()
    assert len(ticks) == len(every)
    costs = []
    for case, stem, count in zip(every, stems, ticks):
        case.check(tmp_path / f"{stem}.out")
        costs.append((core.instructions(count) - core.instructions(nothing)) / case.values.size)
        print(f"{name}: {case.name}: {costs[-1]:.2f} instructions a value")
    if name == "cortex-m4":
        assert not [case.name for case, cost in zip(every, costs) if cost > case.most]
