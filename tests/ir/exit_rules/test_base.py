"""What all rules have in common."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from snnrt.ir.exit_rules import RULES, Moment
from snnrt.ir.spec import EXIT_RULES

AT = Moment(np.array([[0, 70000, 90000], [10, 0, 20]]), np.array([0, 1]), 2, np.array([2, 1]))


def test_every_word_of_the_specification_is_a_rule_or_several() -> None:
    assert (*RULES, "combined") == EXIT_RULES.values


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_thresholds_and_scores(rule) -> None:
    for threshold in {rule.least, (rule.least + rule.largest) // 2, rule.largest}:
        integer = rule.threshold_q(threshold, 3)
        assert rule.threshold(integer, 3) == pytest.approx(
            0.0 if rule.name == "never" else threshold, abs=1e-4
        )
    score = rule.score(AT)
    assert (
        score.shape == (2,) and rule.met(score, rule.threshold_q(rule.careful, 3), AT).tolist() == [False] * 2
    )
    shown = rule.shown(score, 3)
    assert np.isnan(shown).all() if rule.name == "never" else (shown >= 0).all()
    assert (score <= rule.limit_q(3)).all()


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES.values() if rule.name != "never"], ids=lambda r: r.name
)
def test_the_grid_goes_from_careful_to_bold(rule) -> None:
    grid = rule.grid()
    assert all(rule.least <= one <= rule.largest for one in grid) and len(set(grid)) == len(grid)
    met = [rule.met(rule.score(AT), rule.threshold_q(float(one), 3), AT) for one in grid]
    for before, after in pairwise(met):
        assert not (before & ~after).any()
    # of steps from 32 on, a run of two has not begun
    assert not met[0].any()
