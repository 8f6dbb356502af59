"""CSV files: a row an input, perhaps a header, whose column ``label``, ``class``, ``target`` or ``y``
holds labels."""

from __future__ import annotations

import csv
import math
from array import array
from pathlib import Path

import numpy as np

from snnrt.errors import DataError

LABELS = ("label", "labels", "class", "target", "y")
_LONGEST_LINE = 1 << 22


def read_table(path: Path, name: str, most: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Inputs (N, columns) and labels (N,) of a CSV file with commas, semicolons or tabs.

    Whole numbers in 0 … 255, some above 1, are uint8, other whole ones int64, the rest float64. Raises
    DataError, which names the line, for what is no number, rows of unequal length, more than ``most`` bytes.
    """
    values: array[float] = array("d")
    labels: list[float] = []
    columns, place, count = 0, None, 0
    # newlines in quotes do not exist in numbers: a line is a row
    with path.open("r", encoding="utf-8-sig", errors="replace", newline=None) as file:
        number = 0
        while line := file.readline(_LONGEST_LINE):
            number += 1
            if len(line) >= _LONGEST_LINE:
                raise DataError(
                    f"{name}: line {number}: expected at most {_LONGEST_LINE} characters, found more"
                )
            if not line.strip():
                continue
            cells = _cells(line, name, number)
            if not columns:
                columns = len(cells)
                place = next((k for k, cell in enumerate(cells) if cell.strip().lower() in LABELS), None)
                if place is not None or not all(_is_number(cell) for cell in cells):
                    continue
            if len(cells) != columns:
                raise DataError(
                    f"{name}: line {number}: expected {columns} values, as in the first line, found "
                    f"{len(cells)}"
                )
            try:
                row = [float(cell) for cell in cells]
            except ValueError:
                wrong = next(cell for cell in cells if not _is_number(cell))
                raise DataError(f"{name}: line {number}: expected numbers, found {wrong[:40]!r}") from None
            if place is not None:
                labels.append(row.pop(place))
            values.extend(row)
            count += 1
            if 8 * len(values) > most:
                raise DataError(f"{name}: its values do not fit into memory; split the file")
    if not count or not values:
        raise DataError(f"{name}: expected rows of numbers, found none")
    x = np.array(values).reshape(count, -1)
    return _whole(x, name, "values"), None if place is None else _labels(labels, name)


def _cells(line: str, name: str, number: int) -> list[str]:
    delimiter = next((one for one in (",", ";", "\t") if one in line), ",")
    try:
        return next(csv.reader([line.replace("\0", "?")], delimiter=delimiter))
    except (csv.Error, StopIteration) as error:
        raise DataError(f"{name}: line {number}: {error}") from None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _whole(x: np.ndarray, name: str, what: str) -> np.ndarray:
    low, high = float(x.min()), float(x.max())
    if not (math.isfinite(low) and math.isfinite(high)) or max(-low, high) > 2**53 or (x != np.rint(x)).any():
        return x
    return x.astype(np.uint8 if low >= 0 and 1 < high <= 255 else np.int64)


def _labels(labels: list[float], name: str) -> np.ndarray:
    y = np.array(labels)
    if not np.isfinite(y).all() or (y != np.rint(y)).any() or (np.abs(y) > 2**53).any():
        raise DataError(f"{name}: label: expected whole class numbers, found others")
    return y.astype(np.int64)
