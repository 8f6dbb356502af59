"""Text that goes into C, whatever a model holds."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snnrt.errors import OutputError
from snnrt.targets.export.c_text import c_comment, c_string, checked_name, name_from

ANY_TEXT = st.text(st.characters(), max_size=200)


@given(ANY_TEXT)
def test_a_string_is_one_literal_of_printable_text(text):
    literal = c_string(text)
    assert literal.isascii() and literal.isprintable() and "?" not in literal.replace("\\077", "")
    # Python reads octal escapes as C does
    value = ast.literal_eval("b" + literal).decode("utf-8")
    assert value.isprintable() and len(value) <= 100


def test_strings():
    assert c_string("yin/yang") == '"yin/yang"'
    assert c_string('a"b\\c??') == '"a\\042b\\134c\\077\\077"'
    assert c_string("µ") == '"\\302\\265"'
    assert c_string("\x1b[2J\n\ud800") == '"\\134x1b[2J \\134ud800"'


@given(ANY_TEXT)
def test_a_comment_stays_one(text):
    comment = c_comment(text)
    assert comment.isascii() and comment.isprintable() and len(comment) <= 100
    assert "*" not in comment and "/" not in comment and "\\" not in comment


@given(ANY_TEXT)
def test_names(text):
    name = name_from(text)
    assert checked_name(name) == name
    with pytest.raises(OutputError) as caught:
        checked_name(text + "\n")
    assert str(caught.value).isprintable()
