"""What a board printed: the lines of an exported ``validate.c``, kept from a UART or semihosting."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

import numpy as np

from snnrt.errors import DataError
from snnrt.results.result import Result
from snnrt.texts import LONGEST_CELL, printable

SUFFIXES = (".log", ".txt")
_MOST_BYTES = 1 << 28
_LINE = re.compile(
    r"snnrt input (\d{1,9}): class (\d{1,9}), timesteps (\d{1,9}), score (\d{1,10}), cycles (\d{1,10}), "
    r"accumulators((?: [-+.0-9a-z]{1,24})+)"
)


@dataclass(frozen=True, eq=False)
class BoardLog:
    """``classes``, ``timesteps``, ``cycles`` (N,) int64 of inputs 0 … N − 1, cycles 0 where the board counts
    none; ``accumulators`` (N, K) float64, which holds an int32 and a float32 exactly."""

    classes: np.ndarray
    timesteps: np.ndarray
    cycles: np.ndarray
    accumulators: np.ndarray

    def __len__(self) -> int:
        return len(self.classes)

    def first_difference(self, found: Result) -> tuple[int, str, str, str] | None:
        """(input, what differs, the board's, the host's); ``found``: a run of the same inputs with its
        accumulators recorded. None where all are equal."""
        assert found.accumulators is not None
        ours = found.accumulators[np.arange(len(self)), found.timesteps - 1]
        pairs = (
            ("class", self.classes, found.predictions),
            ("timesteps", self.timesteps, found.timesteps),
            ("accumulators", self.accumulators.astype(ours.dtype), ours),
        )
        for index in range(len(self)):
            for name, board, host in pairs:
                if not np.array_equal(board[index], host[index]):
                    return index, name, str(board[index].tolist()), str(host[index].tolist())
        return None


def read_board_log(path: str | os.PathLike[str], classes: int) -> BoardLog:
    """The last whole count of inputs from 0 on in a file; other lines are passed over.

    Raises DataError where there is none, or not of ``classes`` classes.
    """
    shown = printable(os.fspath(path), LONGEST_CELL)
    try:
        with open(path, "rb") as file:
            text = file.read(_MOST_BYTES).decode("ascii", "replace")
    except OSError as error:
        raise DataError(f"{shown}: cannot be read: {error.strerror}") from error
    rows: list[tuple[list[int], list[float]]] = []
    for match in _LINE.finditer(text):
        number, *values = (int(match.group(place)) for place in range(1, 6))
        if number == 0:
            rows = []  # the board began anew
        if number != len(rows):
            raise DataError(f"{shown}: expected input {len(rows)}, found input {number}; are lines lost?")
        try:
            sums = [float(value) for value in match.group(6).split()]
        except ValueError:
            raise DataError(f"{shown}: input {number}: accumulators are no numbers") from None
        if len(sums) != classes:
            raise DataError(f"{shown}: input {number}: expected {classes} accumulators, found {len(sums)}")
        rows.append((values, sums))
    if not rows:
        raise DataError(f"{shown}: expected lines 'snnrt input 0: …' of an exported validate.c, found none")
    whole = np.array([values for values, _ in rows], np.int64)
    return BoardLog(whole[:, 0], whole[:, 1], whole[:, 3], np.array([sums for _, sums in rows]))
