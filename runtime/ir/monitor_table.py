"""The drift monitor's table, as the file has it, and its replay in NumPy, bit for bit as csrc/monitor.c."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.exit_rules.base import ONE_Q16
from snnrt.ir.spec import (
    MONITOR_ALARM_MAX,
    MONITOR_COLUMNS,
    MONITOR_LOWEST_MAX,
    MONITOR_ROWS,
    MONITOR_SHIFT_MAX,
    MONITOR_WORDS,
)

ONE_BIT = 4096
"""Of levels and bets: units of a bit, that is of a doubled bet."""

_HEAD = struct.Struct("<iBBH")


@dataclass(frozen=True, eq=False)
class MonitorTable:
    """What the monitor adds to its level for an inference that ended after so many timesteps with that score.

    ``alarm``: the level, in 1/4096 bit, from which on it is an alarm. ``lowest``: the half octave of the
    first column. ``step_shift``: a row is 2^step_shift timesteps, the last all that follow. ``bets`` (8, 16)
    int16, 1/4096 bit.
    """

    alarm: int
    lowest: int
    step_shift: int
    bets: np.ndarray

    def __post_init__(self) -> None:
        for name, value, least, most in (
            ("alarm", self.alarm, 1, MONITOR_ALARM_MAX),
            ("lowest", self.lowest, 0, MONITOR_LOWEST_MAX),
            ("step_shift", self.step_shift, 0, MONITOR_SHIFT_MAX),
        ):
            if not least <= value <= most:
                raise ModelError(f"monitor: {name}: expected {least} to {most}, found {value}")
        shape = (MONITOR_ROWS, MONITOR_COLUMNS)
        if self.bets.shape != shape or self.bets.dtype != np.int16:
            raise ModelError(
                f"monitor: bets: expected int16 {shape}, found {self.bets.dtype} {self.bets.shape}"
            )

    @classmethod
    def of_words(cls, words: np.ndarray) -> MonitorTable:
        """Of the exit's array (66,) int32. Raises ModelError where it is no table."""
        if not isinstance(words, np.ndarray) or words.dtype != np.int32 or words.shape != (MONITOR_WORDS,):
            found = getattr(words, "shape", words)
            raise ModelError(f"monitor: expected an array ({MONITOR_WORDS},) of int32, found {found}")
        raw = words.astype("<i4").tobytes()
        alarm, lowest, step_shift, zero = _HEAD.unpack_from(raw)
        if zero != 0:
            raise ModelError(f"monitor: expected 0 behind step_shift, found {zero}")
        bets = np.frombuffer(raw, "<i2", offset=_HEAD.size).reshape(MONITOR_ROWS, MONITOR_COLUMNS)
        return cls(alarm, lowest, step_shift, bets.astype(np.int16))

    def to_words(self) -> np.ndarray:
        """(66,) int32, as the file has them."""
        head = _HEAD.pack(self.alarm, self.lowest, self.step_shift, 0)
        return np.frombuffer(head + self.bets.astype("<i2").tobytes(), "<i4").astype(np.int32)

    def cells(self, rule: str, timesteps: np.ndarray, scores_q: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns (…) int64 of inferences that ended after ``timesteps`` (…) with ``scores_q`` (…),
        the integers that the core reports; ``rule`` is the one whose scores they are."""
        return cells_of(rule, timesteps, scores_q, self.lowest, self.step_shift)

    def levels(
        self, rule: str, timesteps: np.ndarray, scores_q: np.ndarray, level: int | np.ndarray = 0
    ) -> np.ndarray:
        """(…, N) int64: the monitor's level after each of N inferences in turn, as :meth:`cells` takes them;
        ``level``: what it was before. Axes before the last are streams of their own."""
        steps = self.bets[self.cells(rule, timesteps, scores_q)].astype(np.int64)
        found = np.empty(steps.shape, np.int64)
        now = np.broadcast_to(np.asarray(level, np.int64), steps.shape[:-1])
        for place in range(steps.shape[-1]):
            # an alarm stays
            now = np.where(now >= self.alarm, now, np.maximum(now, 0) + steps[..., place])
            found[..., place] = now
        return found


def half_octaves(scores: np.ndarray) -> np.ndarray:
    """Of integers from 0: 0, 1, then 2e and 2e + 1 for the halves of 2^e … 2^(e+1)."""
    left, half = np.asarray(scores, np.int64).copy(), np.zeros(np.shape(scores), np.int64)
    while (left > 3).any():
        half += 2 * (left > 3)
        left = np.where(left > 3, left >> 1, left)
    return half + left


def cells_of(
    rule: str, timesteps: np.ndarray, scores_q: np.ndarray, lowest: int, step_shift: int
) -> tuple[np.ndarray, np.ndarray]:
    """See :meth:`MonitorTable.cells`."""
    rows = np.minimum((np.asarray(timesteps, np.int64) - 1) >> step_shift, MONITOR_ROWS - 1)
    # where probabilities are near 1, how far they are from it
    scores = ONE_Q16 - np.asarray(scores_q, np.int64) if rule == "confidence" else scores_q
    return rows, np.clip(half_octaves(scores) - lowest, 0, MONITOR_COLUMNS - 1)
