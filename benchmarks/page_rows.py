"""Lines of a page's table that a benchmark writes: those of what was measured, the others as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from snnrt.atomic_write import write_atomically
from snnrt.errors import SnnrtError

DOCS = Path(__file__).resolve().parents[1] / "docs"


def with_rows(page: str, benchmark: str, rows: Mapping[str, Sequence[str]]) -> str:
    """``page`` with ``rows`` (by their first cell) in the table between the marks of ``benchmark``: in place
    of the lines that begin so, else behind the last. Raises SnnrtError where the marks are not there once."""
    marks = rf"(?s)(<!-- written by benchmarks/{re.escape(benchmark)} -->\n)(.*?)(<!-- end -->)"
    match = re.search(marks, page)
    if match is None or len(re.findall(marks, page)) != 1:
        raise SnnrtError(f"expected the marks of benchmarks/{benchmark} once")
    lines = match[2].splitlines()
    for first, cells in rows.items():
        line = "| " + " | ".join((first, *cells)) + " |"
        places = [place for place, there in enumerate(lines) if there.startswith(f"| {first} |")]
        if places:
            lines[places[0]] = line
        else:
            lines.append(line)
    return page[: match.start(2)] + "\n".join(lines) + "\n" + page[match.end(2) :]


def write_rows(name: str, benchmark: str, rows: Mapping[str, Sequence[str]]) -> None:
    """Into docs/``name``."""
    path = DOCS / name
    write_atomically(path, with_rows(path.read_text("utf-8"), benchmark, rows).encode())
