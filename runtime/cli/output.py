"""What the commands print: tables, JSON, progress; and where they may write."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from snnrt.atomic_write import check_folder
from snnrt.errors import OutputError
from snnrt.texts import LONGEST_CELL, LONGEST_VALUE, json_text, printable

Progress = Callable[[int, int], None]


def print_table(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, left: Sequence[int] = (0,)
) -> None:
    """Aligned columns, numbers to the right; columns named in ``left`` to the left."""
    lines = [[printable(cell, LONGEST_CELL) for cell in row] for row in (header, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    lines.insert(1, ["─" * width for width in widths])
    for line in lines:
        cells = [
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        print("  ".join(cells).rstrip())


def print_facts(facts: Sequence[tuple[str, object]]) -> None:
    """One fact a line: a name, then what it is."""
    names = [printable(name, LONGEST_CELL) for name, _ in facts]
    width = max(map(len, names))
    for name, (_, value) in zip(names, facts, strict=True):
        print(f"{name.ljust(width)}  {printable(value, LONGEST_VALUE)}")


def print_json(value: object) -> None:
    """One JSON document; a number that JSON does not know (NaN, infinity) is null."""
    print(json_text(value))


def byte_count(count: int) -> str:
    """A size in bytes, and in KiB or MiB where that reads better."""
    if count < 1 << 10:
        return f"{count} bytes"
    short = f"{count / (1 << 10):.1f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"
    return f"{count} bytes ({short})"


def shape_text(shape: Sequence[int]) -> str:
    """A shape as 1×8×8."""
    return "×".join(str(axis) for axis in shape)


@contextmanager
def progress_bar(title: str) -> Iterator[Progress | None]:
    """A callable(done, total) that draws a bar on standard error; None where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def check_outputs(outputs: Sequence[str | None], inputs: Sequence[str | None]) -> None:
    """Before long work: each output (None: not asked for) can be written and is no input.

    Raises OutputError.
    """
    seen: set[str] = set()
    for output in outputs:
        if output is None:
            continue
        real = os.path.realpath(output)
        if real in seen:
            raise OutputError(
                f"cannot write {output}: two results would go to the same file; give each its own"
            )
        seen.add(real)
        if any(given is not None and _is_same(given, output) for given in inputs):
            raise OutputError(f"cannot write {output}: it is what the command reads; choose another name")
        _check_writable(output)


def _is_same(given: str, output: str) -> bool:
    try:
        return os.path.samefile(given, output)
    except (OSError, ValueError):
        return False


def _check_writable(output: str) -> None:
    target = Path(os.path.realpath(output))
    if target.is_dir():
        raise OutputError(f"cannot write {output}: it is a folder; give a file name inside it")
    if target.exists() and not target.is_file():
        return
    if target.exists() and not os.access(target, os.W_OK):
        raise OutputError(f"cannot write {output}: the file is write-protected; choose another name")
    if not target.parent.is_dir():
        raise OutputError(
            f"cannot write {output}: the folder {target.parent} does not exist; create it first"
        )
    try:
        check_folder(target.parent)
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"cannot write {output}: {reason}; choose a folder that is writable and has room"
        ) from error
