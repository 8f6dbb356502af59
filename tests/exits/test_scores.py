"""A result's scores become the core's integers again."""

from __future__ import annotations

import math

import numpy as np

from snnrt.exits.scores import scored_exit, scores_q
from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES


def test_every_integer_comes_back() -> None:
    classes = 7
    integers = np.arange(0, 65536 * 2, 37)
    for rule in ("entropy", "confidence", "margin", "patience"):
        shown = RULES[rule].shown(integers, classes)
        np.testing.assert_array_equal(scores_q(rule, shown, classes), integers)
    unit = 65536 * math.log(classes)
    np.testing.assert_array_equal(scores_q("never", integers / unit, classes), integers)


def test_no_score_is_a_score_of_0() -> None:
    assert scores_q("never", np.array([math.nan]), 3).tolist() == [0]


def test_never_is_run_so_that_there_are_scores() -> None:
    assert scored_exit(Exit.never(), 3) == Exit.entropy(0.0)
    assert scored_exit(Exit.never(), 1) == Exit.never()
    assert scored_exit(Exit.margin(1), 3) == Exit.margin(1)
