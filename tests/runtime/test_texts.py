"""Text from outside, fit for a terminal, a message and JSON."""

from __future__ import annotations

import json
import pickle
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnrt.errors import DataError, SnnrtError
from snnrt.texts import (
    DEEPEST_JSON,
    LONGEST_MESSAGE,
    json_bytes,
    json_text,
    parse_json,
    printable,
    quoted,
    shortened,
    valid_unicode,
)

ANY_TEXT = st.text(st.characters(), max_size=60)


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("µ θ ×", "µ θ ×"),
        ("a\x1b[2Jb\nc\x07", "a\\x1b[2Jb c\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("user\u202egpj", "user\\u202egpj"),
        ("\ud800x", "\\ud800x"),
        ("a\u2028b\u00a0c", "a b c"),
        ("  漢字\t", "漢字"),
        (3.5, "3.5"),
        (None, "None"),
        (nested(100_000), "a list too large to show"),
    ],
)
def test_printable(text, shown):
    assert printable(text) == shown


@given(ANY_TEXT, st.one_of(st.none(), st.integers(4, 50)))
def test_printable_is_printable_and_short(text, longest):
    line = printable(text, longest)
    assert (line.isprintable() and line == line.strip()) or len(line) == longest
    assert longest is None or len(line) <= longest
    line.encode("utf-8")


def test_a_number_of_more_digits_than_python_writes():
    assert printable(10**5000) == "a int too large to show" and quoted(10**5000) == "a int"


def test_a_shortened_text_keeps_both_ends():
    assert shortened("0123456789", 10) == "0123456789"
    assert shortened("node: " + "x" * 100 + " rename it", 20) == "node: xxxxxxxx…me it"
    assert printable("\x00" * 10**6, 100).isprintable() and len(printable("\x00" * 10**6, 100)) == 100


def test_quoted():
    assert quoted("a\nb") == "'a\\nb'" and quoted(b"\x00") == "b'\\x00'" and quoted([1]) == "[1]"
    assert len(quoted("x" * 10**6)) == 80 and quoted("x" * 10**6).endswith("…")
    assert quoted(nested(100_000)) == "a list"


def test_valid_unicode():
    assert valid_unicode("a\udcffb\U0001f600") == "a�b\U0001f600"


@given(
    st.recursive(
        st.none() | st.integers() | ANY_TEXT, lambda inner: st.dictionaries(ANY_TEXT, inner), max_leaves=6
    )
)
def test_json_text_is_what_any_reader_takes(value):
    text = json_text(value)
    assert all(character.isprintable() or character == "\n" for character in text)
    read = json.loads(text.encode("utf-8"))
    if isinstance(value, str):
        assert read == valid_unicode(value)


def test_json_text_of_other_values():
    values = {"a": np.arange(2), "nan": float("nan"), 3: (np.float32(0.5), True), "o": Ellipsis}
    assert json.loads(json_text(values)) == {"a": [0, 1], "nan": None, "3": [0.5, True], "o": "Ellipsis"}
    inner = json.loads(json_text(nested(100_000)))
    for _ in range(DEEPEST_JSON):
        (inner,) = inner
    assert inner == "…"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"\xff", "utf-8"),
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b'{"a": "\\ud800"}', "half of a surrogate pair"),
        (b'{"\\udfff": 1}', "half of a surrogate pair"),
        (b"[NaN]", "the number nan"),
        (b"[1e999]", "the number inf"),
        (b"[" * 900 + b"1" + b"]" * 900, "nested deeper than 64"),
        (b"[" * 10**6, "nested deeper than 64"),
        (b"1" * 10_000, "Exceeds the limit"),
    ],
)
def test_documents_that_are_refused(raw, reason):
    with pytest.raises(ValueError, match=reason):
        parse_json(raw)


def test_what_is_written_is_read_again():
    value = {"b": [1, 2.5, None, True], "a": {"漢": "\U0001f600"}, "deep": nested(DEEPEST_JSON - 1)}
    assert parse_json(json_bytes(value)) == value
    assert json_bytes({"b": 1, "a": 2}) == b'{"a":2,"b":1}'
    for refused in (nested(DEEPEST_JSON + 1), nested(100_000), "\ud800", float("inf"), {"\udfff": 1}):
        with pytest.raises(ValueError):
            json_bytes(refused)
    assert json_bytes(MappingProxyType({"a": MappingProxyType({})})) == b'{"a":{}}'
    with pytest.raises(TypeError):
        json_bytes({"a": object()})


def test_an_error_is_one_printable_line():
    error = DataError("dump\n\x1b[2J.bin: expected 3")
    assert str(error) == "dump \\x1b[2J.bin: expected 3" and isinstance(error, SnnrtError)
    assert len(str(SnnrtError("x" * 10**6))) == LONGEST_MESSAGE
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
