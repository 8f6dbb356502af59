"""Every threshold of a rule at once: accuracy and timesteps, from one run of all timesteps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnrt.calibration.outcomes import Outcomes
from snnrt.errors import DataError
from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES
from snnrt.ir.graph import Graph


@dataclass(frozen=True, eq=False)
class SweptRule:
    """A rule's J exits that differ in what they do with N inputs, most careful first.

    ``steps`` (J, N) int64: timesteps of each input. ``mean_timesteps``, ``agreement`` (the share of inputs
    that are answered as after all timesteps) and ``accuracy`` (None without labels) are (J,).
    """

    rule: str
    thresholds: tuple[float, ...]
    steps: np.ndarray
    mean_timesteps: np.ndarray
    agreement: np.ndarray
    accuracy: np.ndarray | None

    def exit(self, place: int) -> Exit:
        """The exit at a ``place`` of J."""
        return Exit(self.rule, self.thresholds[place])  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Sweep:
    """What each exit of ``rules`` does, and a static network: ``agreement`` and ``accuracy`` (T,) after 1 … T
    timesteps, ``accuracy`` None without labels."""

    rules: tuple[SweptRule, ...]
    agreement: np.ndarray
    accuracy: np.ndarray | None

    @property
    def timesteps(self) -> int:
        """T."""
        return len(self.agreement)


def swept_rules(exit: Exit, classes: int) -> tuple[str, ...]:
    """The rules to go through where none is named: those of ``exit``; entropy for one that never ends, of a
    single class the budget."""
    terms = exit.terms if exit.rule == "combined" else (exit,)
    found = tuple(dict.fromkeys(term.rule for term in terms if term.rule in RULES and term.rule != "never"))
    return found or ("entropy" if classes >= RULES["entropy"].classes else "budget",)


def sweep(
    outcomes: Outcomes, graph: Graph, labels: np.ndarray | None, rules: Sequence[str] = ("entropy",)
) -> Sweep:
    """Of ``rules`` each threshold of its grid; of those that end every input alike the most careful.

    ``labels`` (N,) int64 or None. Raises DataError for a rule that there is not, or one that needs more
    classes than the network has.
    """
    wanted = tuple(dict.fromkeys(rules))
    known = [name for name in RULES if name != "never"]
    unknown = [rule for rule in wanted if rule not in known]
    if unknown or not wanted:
        raise DataError(f"rule: expected some of {', '.join(known)}, found {', '.join(unknown) or 'none'}")
    classes = graph.readout.shape[0]
    for rule in wanted:
        if classes < RULES[rule].classes:
            raise DataError(f"rule {rule}: expected at least {RULES[rule].classes} classes, found {classes}")
    all_steps = np.arange(1, outcomes.timesteps + 1)[:, None].repeat(len(outcomes), axis=1)
    agreement, accuracy = _shares(outcomes, all_steps, labels)
    return Sweep(tuple(_swept(outcomes, rule, classes, labels) for rule in wanted), agreement, accuracy)


def _swept(outcomes: Outcomes, rule: str, classes: int, labels: np.ndarray | None) -> SweptRule:
    grid = RULES[rule].grid()
    steps = outcomes.steps_of_rule(rule, grid, classes)
    differs = np.ones(len(grid), bool)
    differs[1:] = (steps[1:] != steps[:-1]).any(axis=1)
    steps = steps[differs]
    agreement, accuracy = _shares(outcomes, steps, labels)
    thresholds = tuple(one for one, kept in zip(grid, differs) if kept)
    return SweptRule(rule, thresholds, steps, steps.mean(axis=1), agreement, accuracy)


def _shares(
    outcomes: Outcomes, steps: np.ndarray, labels: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Of timesteps (J, N): the shares of answers that are the last timestep's, and that are right."""
    answers = outcomes.answers(steps)
    right = None if labels is None else (answers == labels).mean(axis=1)
    return (answers == outcomes.classes[:, -1]).mean(axis=1), right
