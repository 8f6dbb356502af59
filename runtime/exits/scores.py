"""The integers behind the scores that a result shows: what records and monitors on devices count."""

from __future__ import annotations

import math

import numpy as np

from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES
from snnrt.ir.exit_rules.base import ONE_Q16


def scored_exit(exit: Exit, classes: int) -> Exit:
    """The exit to run instead, so that every inference has the score that a device records: of ``never`` the
    entropy of the last timestep. Nothing is below an entropy of 0."""
    return Exit.entropy(0.0) if exit.rule == "never" and classes > 1 else exit


def scores_q(rule: str, scores: np.ndarray, classes: int) -> np.ndarray:
    """(N,) int64 of a result's ``scores`` (N,), exactly; ``rule``: whose scores they are."""
    unit = 1.0
    if not RULES[rule].whole:
        unit = ONE_Q16 * (math.log(classes) if rule in ("entropy", "never") else 1)
    return np.rint(np.nan_to_num(scores) * unit).astype(np.int64)
