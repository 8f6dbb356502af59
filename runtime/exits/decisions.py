"""Whether inputs stop at a timestep: an exit's terms, and what they remember."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.ir.exit_choice import Exit, Term
from snnrt.ir.exit_rules import RULES, Moment
from snnrt.ir.nodes.exit import Exit as ExitNode
from snnrt.ir.spec import MAX_TIMESTEPS


@dataclass(frozen=True)
class Decision:
    """For N inputs: ``stop`` (N,) bool; ``scores`` (N,) float64 as :attr:`snnrt.Result.scores` has them,
    made of integers as the core reports them."""

    stop: np.ndarray
    scores: np.ndarray


class Decider:
    """An exit at work on N inputs that run side by side, timestep by timestep."""

    def __init__(self, terms: tuple[tuple[Term, int], ...], classes: int) -> None:
        self.terms = terms
        self.classes = classes
        self._best = np.zeros(0, np.int64)
        self._steady = np.zeros(0, np.int64)

    @classmethod
    def of(cls, exit: Exit, integer: int, node: ExitNode) -> Decider:
        """Of a run's exit and its ``integer`` threshold; a combined one is the model's own."""
        if exit.rule == "combined":
            own = Exit.of(node) == exit
            return cls(node.terms_q if own else node.choosing(exit).terms_q, node.shape[0])
        return cls(
            () if exit.rule == "never" else ((Term(exit.rule, exit.threshold), integer),), node.shape[0]
        )

    def step(self, distances: np.ndarray, best: np.ndarray, steps: int) -> Decision:
        """After ``steps`` timesteps, in ascending order, of distances (N, K) and classes (N,)."""
        if steps == 1:
            self._steady = np.ones(len(best), np.int64)
        else:
            self._steady = np.where(best == self._best, self._steady + 1, 1)
        self._best = best
        at = Moment(distances, best, steps, self._steady)
        stop = np.zeros(len(best), bool)
        if not self.terms:
            return Decision(stop, np.full(len(best), np.nan))
        first = RULES[self.terms[0][0].rule]
        scores = first.shown(first.score(at), self.classes)
        together = np.ones(len(best), bool)
        for term, integer in self.terms:
            in_force = term.first <= steps and (steps <= term.last or term.last == MAX_TIMESTEPS)
            together = together & (met(term.rule, integer, at) if in_force else False)
            if not term.joined:
                stop = stop | together
                together = np.ones(len(best), bool)
        return Decision(stop, scores)

    def keep(self, chosen: np.ndarray) -> None:
        """Go on with some of the inputs: (N,) bool."""
        self._best, self._steady = self._best[chosen], self._steady[chosen]


def met(rule: str, integer: int, at: Moment) -> np.ndarray:
    """(N,) bool, whether a rule alone is met."""
    return RULES[rule].met(RULES[rule].score(at), integer, at)


def decide(rule: str, integer: int, distances: np.ndarray) -> Decision:
    """Whether each of N inputs stops, by a rule that remembers nothing, given ``distances`` (N, K)."""
    terms = () if rule == "never" else ((Term(rule, RULES[rule].least), integer),)
    return Decider(terms, distances.shape[1]).step(distances, distances.argmin(axis=1), 1)
