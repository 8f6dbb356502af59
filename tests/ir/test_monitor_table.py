"""The monitor's table in words and back, and its replay written one inference at a time."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.errors import ModelError
from snnrt.ir.monitor_table import MonitorTable, half_octaves


def drawn(seed: int = 0, **options: int) -> MonitorTable:
    rng = np.random.default_rng(seed)
    fields = {"alarm": 20_000, "lowest": 9, "step_shift": 1} | options
    return MonitorTable(bets=rng.integers(-5000, 3000, (8, 16)).astype(np.int16), **fields)


def scalar_levels(table: MonitorTable, rule: str, steps: list[int], scores: list[int]) -> list[int]:
    """Word for word as docs/ir.md."""
    level, found = 0, []
    for t, score in zip(steps, scores, strict=True):
        u = 65536 - score if rule == "confidence" else score
        e = u.bit_length() - 1
        h = u if u < 2 else 2 * e + (u >> (e - 1) & 1)
        row = min((t - 1) >> table.step_shift, 7)
        column = min(max(h - table.lowest, 0), 15)
        if level < table.alarm:
            level = max(level, 0) + int(table.bets[row, column])
        found.append(level)
    return found


def test_words_come_back() -> None:
    table = drawn(lowest=40, step_shift=15)
    again = MonitorTable.of_words(table.to_words())
    assert (again.alarm, again.lowest, again.step_shift) == (20_000, 40, 15)
    np.testing.assert_array_equal(again.bets, table.bets)


def test_half_octaves_by_hand() -> None:
    assert half_octaves(np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 65536])).tolist() == [
        0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 32,
    ]  # fmt: skip


@pytest.mark.parametrize("rule", ["entropy", "confidence", "margin"])
def test_the_replay_is_the_rule_one_at_a_time(rule: str) -> None:
    rng = np.random.default_rng(1)
    table = drawn(2)
    steps, scores = rng.integers(1, 20, (3, 400)), rng.integers(0, 65537, (3, 400))
    levels = table.levels(rule, steps, scores)
    for stream in range(3):
        expected = scalar_levels(table, rule, steps[stream].tolist(), scores[stream].tolist())
        assert levels[stream].tolist() == expected
    # it goes on from where it was
    first = table.levels(rule, steps[:, :150], scores[:, :150])
    again = table.levels(rule, steps[:, 150:], scores[:, 150:], first[:, -1])
    np.testing.assert_array_equal(again, levels[:, 150:])


def test_an_alarm_stays() -> None:
    table = MonitorTable(1000, 0, 0, np.full((8, 16), 400, np.int16))
    assert (
        table.levels("entropy", np.ones(6, int), np.zeros(6, int)).tolist() == [400, 800, 1200] + [1200] * 3
    )


@pytest.mark.parametrize(
    ("name", "value"), [("alarm", 0), ("alarm", 2**20 + 1), ("lowest", 41), ("step_shift", 16)]
)
def test_what_is_out_of_range_is_named(name: str, value: int) -> None:
    with pytest.raises(ModelError, match=name):
        drawn(**{name: value})


def test_what_is_no_table() -> None:
    words = drawn().to_words()
    for wrong in (words[:-1], words.astype(np.int64), words.reshape(2, 33)):
        with pytest.raises(ModelError, match="66"):
            MonitorTable.of_words(wrong)
    words[1] |= 1 << 16
    with pytest.raises(ModelError, match="behind step_shift"):
        MonitorTable.of_words(words)
    with pytest.raises(ModelError, match="bets"):
        MonitorTable(1, 0, 0, np.zeros((8, 16), np.int32))
