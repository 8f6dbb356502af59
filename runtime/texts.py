"""Text from outside (a file's names, keys and values; paths) made fit for where it goes.

Whatever a model, a NIR file, data, a profile or a dump says passes one of these functions before it
reaches a terminal, a message, JSON, a page or a plot. What C needs on top is in
:mod:`snnrt.targets.export.c_text`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

LONGEST_MESSAGE = 1500
LONGEST_CELL = 120
LONGEST_VALUE = 2000
DEEPEST_JSON = 64
"""How deep the lists and tables of a document may nest."""

_HALF_PAIR = re.compile("[\ud800-\udfff]")
# a value nested so deep that repr gives up is shown by its type
_UNSHOWABLE = (ValueError, RecursionError)


def printable(text: object, longest: int | None = None) -> str:
    """``text`` on one line that moves no cursor and turns no direction of writing, ends stripped.

    White space becomes a space; what cannot be printed, and half of a surrogate pair, an escape as
    Python writes it (``\\x1b``). More than ``longest`` characters lose their middle.
    """
    try:
        raw = text if isinstance(text, str) else str(text)
    except _UNSHOWABLE:
        raw = f"a {type(text).__name__} too large to show"
    if longest is not None:
        # an escape may take ten characters for one: cut before and after
        raw = shortened(raw, longest)
    if not raw.isprintable():
        raw = "".join(c if c.isprintable() else " " if c.isspace() else repr(c)[1:-1] for c in raw)
    line = raw.strip()
    return line if longest is None else shortened(line, longest)


def shortened(text: str, longest: int) -> str:
    """``text``, or its begin and end around … where it has more than ``longest`` characters."""
    if len(text) <= longest:
        return text
    end = longest // 4
    return text[: longest - 1 - end] + "…" + text[len(text) - end :]


def quoted(value: object, longest: int = 80) -> str:
    """A value as Python would write it, on one short line."""
    if isinstance(value, (str, bytes)):
        # repr of a long text is longer
        value = value[: longest + 1]
    try:
        text = repr(value)
    except _UNSHOWABLE:
        text = f"a {type(value).__name__}"
    return text if len(text) <= longest else text[: longest - 1] + "…"


def valid_unicode(text: str) -> str:
    """``text`` as UTF-8 can hold it: half of a surrogate pair becomes the replacement character."""
    return _HALF_PAIR.sub("�", text)


def json_text(value: object, indent: int | None = 2) -> str:
    """One JSON document that any reader takes and that a terminal shows as it is.

    A number that JSON does not know (NaN, infinity) becomes null, half of a surrogate pair the
    replacement character, an array (nested) lists, what is nested deeper than DEEPEST_JSON "…", anything
    else its text. What cannot be printed is written as an escape.
    """
    text = json.dumps(_plain(value, 0), indent=indent, ensure_ascii=False, allow_nan=False)
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
        for character in text
    )


def _plain(value: object, depth: int) -> object:
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, str):
        return valid_unicode(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int)):
        return value
    if depth >= DEEPEST_JSON:
        return "…"
    if isinstance(value, Mapping):
        return {valid_unicode(str(key)): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, depth + 1) for item in value]
    return printable(value, LONGEST_VALUE)


def parse_json(raw: bytes) -> object:
    """The value of a JSON document from outside.

    Raises ValueError with the reason: no UTF-8, no JSON, NaN or a number too large, half of a
    surrogate pair, nested deeper than DEEPEST_JSON.
    """
    try:
        value = json.loads(raw.decode("utf-8"))
    except RecursionError:
        raise ValueError(f"nested deeper than {DEEPEST_JSON}") from None
    _check_json(value)
    return value


def json_bytes(value: object) -> bytes:
    """``value`` as a compact JSON document in ASCII with sorted keys, such that :func:`parse_json` reads it.

    Raises ValueError as :func:`parse_json`, TypeError for a value that is no JSON.
    """
    _check_json(value)
    return json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"), default=_table).encode(
        "ascii"
    )


def _table(value: object) -> dict[object, object]:
    """A mapping other than a dict, which is all that ``json`` takes."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} is no JSON")


def _check_json(value: object) -> None:
    pending = [(value, 1)]
    while pending:
        item, depth = pending.pop()
        if isinstance(item, str):
            if _HALF_PAIR.search(item):
                raise ValueError(f"half of a surrogate pair in {quoted(item)}")
        elif isinstance(item, float):
            if not math.isfinite(item):
                raise ValueError(f"the number {item}, which JSON does not know")
        elif isinstance(item, (Mapping, list, tuple)):
            if depth > DEEPEST_JSON:
                raise ValueError(f"nested deeper than {DEEPEST_JSON}")
            inner = [*item.keys(), *item.values()] if isinstance(item, Mapping) else item
            pending.extend((part, depth + 1) for part in inner)
