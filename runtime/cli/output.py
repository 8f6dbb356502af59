"""What the commands print: tables, JSON, progress; and where they may write."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from snnrt.atomic_write import check_folder
from snnrt.cli.plain_text import fitted
from snnrt.errors import OutputError
from snnrt.texts import LONGEST_CELL, LONGEST_VALUE, json_text, printable, shortened

Progress = Callable[[int, int], None]
NARROWEST = 24


def text_width() -> int | None:
    """How many characters a line may have: COLUMNS, else the terminal's; None where nobody looks."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return max(int(columns), NARROWEST)
    return max(shutil.get_terminal_size().columns, NARROWEST) if sys.stdout.isatty() else None


def bar_width(most: int, beside: int) -> int:
    """The length of the longest bar: at most ``most``, with ``beside`` characters next to it."""
    width = text_width()
    return most if width is None else max(8, min(most, width - beside))


def wrapped(text: str, width: int) -> list[str]:
    """``text`` on lines of at most ``width``; a path is broken only where no line could hold it."""
    return textwrap.wrap(text, width, break_on_hyphens=False) or [""]


def print_table(
    header: Sequence[str], rows: Sequence[Sequence[object]], *, left: Sequence[int] = (0,)
) -> None:
    """Aligned columns, numbers to the right; columns named in ``left`` to the left.

    Where a line is too short, a last column of text is wrapped; else the columns come in several tables, one
    below the other, each with the first column.
    """
    lines = [[_cell(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    limit = text_width()
    if limit is None or _total(widths) <= limit:
        _print_columns(lines, range(len(header)), widths, left)
        return
    last = len(header) - 1
    room = limit - _total(widths[:last]) - 2
    if last in left and last > 0 and room >= 16:
        widths[last] = room
        _print_columns(lines, range(len(header)), widths, left)
        return
    widths[0] = min(widths[0], limit // 2)
    groups: list[list[int]] = [[]]
    for column in range(1, len(header)):
        widths[column] = min(widths[column], limit - widths[0] - 2)
        if groups[-1] and _total([widths[one] for one in (0, *groups[-1], column)]) > limit:
            groups.append([])
        groups[-1].append(column)
    for number, group in enumerate(groups):
        if number:
            print()
        _print_columns(lines, (0, *group), widths, left)


def _cell(cell: object) -> str:
    return fitted(printable(cell, LONGEST_CELL), sys.stdout)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + 2 * (len(widths) - 1)


def _print_columns(
    lines: Sequence[Sequence[str]], columns: Sequence[int], widths: Sequence[int], left: Sequence[int]
) -> None:
    rule = fitted("─", sys.stdout)
    for number, line in enumerate(lines):
        parts = [
            wrapped(line[column], widths[column])
            if column in left and column == columns[-1]
            else [_cell(shortened(line[column], widths[column]))]
            for column in columns
        ]
        for part in range(max(map(len, parts))):
            cells = [
                (cell[part] if part < len(cell) else "").ljust(widths[column])
                if column in left
                else (cell[part] if part < len(cell) else "").rjust(widths[column])
                for column, cell in zip(columns, parts, strict=True)
            ]
            print("  ".join(cells).rstrip())
        if number == 0:
            print("  ".join(rule * widths[column] for column in columns))


def print_facts(facts: Sequence[tuple[str, object]]) -> None:
    """One fact a line: a name, then what it is; what is too long goes on below."""
    names = [fitted(printable(name, LONGEST_CELL), sys.stdout) for name, _ in facts]
    width, limit = max(map(len, names)), text_width()
    for name, (_, value) in zip(names, facts, strict=True):
        text = fitted(printable(value, LONGEST_VALUE), sys.stdout)
        lines = [text] if limit is None else wrapped(text, max(limit - width - 2, 16))
        for number, line in enumerate(lines):
            print(f"{(name if number == 0 else '').ljust(width)}  {line}".rstrip())


def print_text(text: str) -> None:
    """Lines of prose; what is too long goes on below, indented as its line is."""
    limit = text_width()
    for line in text.splitlines():
        shown = fitted(printable(line.strip(), LONGEST_VALUE), sys.stdout)
        indent = " " * (len(line) - len(line.lstrip()))
        if limit is None or len(indent + shown) <= limit:
            print(f"{indent}{shown}".rstrip())
        else:
            print("\n".join(indent + part for part in wrapped(shown, max(limit - len(indent), 16))))


def print_json(value: object) -> None:
    """One JSON document; a number that JSON does not know (NaN, infinity) is null."""
    text = json_text(value)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        text = "".join(one if one.isascii() else json.dumps(one)[1:-1] for one in text)
    print(text)


def print_warning(text: str) -> None:
    """``snnrt: warning: …`` on standard error."""
    line = fitted(f"snnrt: warning: {printable(text, LONGEST_VALUE)}", sys.stderr)
    if colours(sys.stderr):
        line = line.replace("warning:", "\x1b[1;33mwarning:\x1b[0m", 1)
    print(line, file=sys.stderr)


def colours(stream: IO[str]) -> bool:
    """Whether a stream may be coloured: a terminal that can, and nobody who set NO_COLOR."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


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
    with Progress(
        *columns, console=Console(stderr=True, no_color=not colours(sys.stderr)), transient=True
    ) as bar:
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
