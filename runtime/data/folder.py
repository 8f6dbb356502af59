"""Files in a folder: of one kind, in the order of their names; folders in it are classes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from snnrt.errors import DataError, DataFileError

Read = Callable[[Path], np.ndarray]
MOST_FILES = 1 << 20


def read_folder(
    path: Path, name: str, suffixes: tuple[str, ...], read: Read, most: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """Inputs (N, …) and labels (N,): what ``read`` gives of each file that ends in one of ``suffixes``.

    Where there are folders in it, each is a class, numbered by its name where all are whole numbers, else in
    the order of the names; otherwise there are no labels. Raises DataFileError for a folder without such
    files, DataError for files of unequal shape, more than ``most`` bytes.
    """
    classes = sorted(one for one in path.iterdir() if one.is_dir() and not one.name.startswith("."))
    numbered = bool(classes) and all(one.name.isascii() and one.name.isdigit() for one in classes)
    groups = classes or [path]
    values: list[np.ndarray] = []
    labels: list[int] = []
    total = 0
    for number, group in enumerate(groups):
        label = int(group.name[:9]) if numbered else number
        for file in sorted(
            one for one in group.iterdir() if one.suffix.lower() in suffixes and one.is_file()
        ):
            values.append(read(file))
            labels.append(label)
            if values[-1].shape != values[0].shape:
                raise DataError(
                    f"{file}: expected the shape of the others in the folder, {values[0].shape}, found "
                    f"{values[-1].shape}; bring all to one size"
                )
            total += values[-1].nbytes
            # once more where they are put together
            if 2 * total > most or len(values) > MOST_FILES:
                raise DataError(f"{name}: its files do not fit into memory; give fewer")
    if not values:
        raise DataFileError(f"{name}: expected files {', '.join(suffixes)} in the folder, found none")
    return np.stack(values), np.array(labels) if classes else None
