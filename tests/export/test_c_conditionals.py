"""Conditions of C in three values, and the lines that they leave."""

from __future__ import annotations

import pytest

from snnrt.targets.export.c_conditionals import evaluate, kept_lines, logical_lines, without_comments


@pytest.mark.parametrize(
    ("expression", "value"),
    [("A", True), ("!A", False), ("A && B", False), ("A || U", True), ("B && U", False), ("A && U", None),
     ("B || U", None), ("!(A && B)", True), ("(A || B) && !B", True), ("1", True), ("0u", False),
     ("defined(A)", None), ("U == 3 || A", True), ("A == 1 && B", False), ("defined(U) && B", False)],
)  # fmt: skip
def test_conditions(expression, value):
    assert evaluate(expression, {"A": 1, "B": 0}) is value


def test_conditionals():
    text = "#if A\n1\n#elif U\n2\n#else\n3\n#endif\n"
    text += "#if B /* no */\n4\n#elif U\n5\n#else\n6\n#endif\n#ifdef A\n7\n#endif\n"
    assert kept_lines(text, {"A": 1, "B": 0}) == ["1", "5", "6", "7"]


def test_comments_are_a_space_and_lines_stay_where_they_are():
    assert without_comments("a/* b */c") == "a c"
    assert without_comments("a /* b\n c */ d\ne").splitlines() == ["a ", " d", "e"]
    assert logical_lines("#define A \\\n 1\nb") == ["#define A   1", "b"]


def test_an_unknown_condition_keeps_both_branches():
    text = "#if U\n1\n#else\n2\n#endif\n#if U && B\n3\n#endif\n#ifndef U\n4\n#if B\n5\n#endif\n6\n#endif\n"
    assert kept_lines(text, {"B": 0}) == ["1", "2", "4", "6"]
