"""What every exit would have done, from one run of all timesteps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnrt.exits import fixed_point
from snnrt.exits.decisions import Decider
from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES, Moment
from snnrt.ir.graph import Graph

_AT_ONCE = 2**22
"""Numbers of an array that is worked on at once."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """Of N inputs and T timesteps. ``classes`` (N, T) int64: the answer after each; ``distances`` (N, T, K)
    int32, Q16 nats, of the logits from the best: what rules look at."""

    classes: np.ndarray
    distances: np.ndarray

    @classmethod
    def of(cls, graph: Graph, accumulators: np.ndarray) -> Outcomes:
        """Of a readout's accumulators (N, T, K), recorded in a run of all timesteps: the core's own
        integers."""
        inputs, steps, _ = accumulators.shape
        classes = np.zeros((inputs, steps), np.int64)
        distances = np.zeros(accumulators.shape, np.int32)
        mode = graph.readout.mode
        multipliers, shift = graph.readout.in_fixed_point() if graph.integer else (None, 0)
        for step in range(steps):
            now = accumulators[:, step]
            if multipliers is None:
                classes[:, step] = fixed_point.best_class(now)
                distances[:, step] = fixed_point.distances_from_floats(
                    now, mode, step + 1, graph.readout.exit_scale
                )
            else:
                scaled = fixed_point.scaled_logits(now, multipliers, shift)
                classes[:, step] = fixed_point.best_class(scaled)
                distances[:, step] = fixed_point.distances_from_integers(scaled, mode, step + 1)
        return cls(classes, distances)

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def timesteps(self) -> int:
        """T."""
        return self.classes.shape[1]

    def exit_steps(self, exit: Exit, graph: Graph) -> np.ndarray:
        """(N,) int64, the timesteps that each input takes with ``exit``, as on the device."""
        decider = Decider(graph.exit.choosing(exit).terms_q, graph.readout.shape[0])
        found = np.full(len(self), self.timesteps, np.int64)
        alive = np.ones(len(self), bool)
        for step in range(1, self.timesteps):
            decision = decider.step(
                self.distances[:, step - 1].astype(np.int64), self.classes[:, step - 1], step
            )
            found[alive & decision.stop] = step
            alive &= ~decision.stop
        return found

    def steps_of_rule(self, rule: str, thresholds: Sequence[float], classes: int) -> np.ndarray:
        """(J, N) int64, as :meth:`exit_steps` of one rule with each of ``thresholds``: scores are computed
        once."""
        known = RULES[rule]
        found = np.full((len(thresholds), len(self)), self.timesteps, np.int64)
        integers = [known.threshold_q(float(np.float32(one)), classes) for one in thresholds]
        for step in range(self.timesteps - 1, 0, -1):
            steady = self._steady(step)
            at = Moment(self.distances[:, step - 1].astype(np.int64), self.classes[:, step - 1], step, steady)
            score = known.score(at)
            for place, integer in enumerate(integers):
                found[place, known.met(score, integer, at)] = step
        return found

    def _steady(self, step: int) -> np.ndarray:
        """Timesteps that the class after ``step`` has been the same."""
        run = np.ones(len(self), np.int64)
        same = np.ones(len(self), bool)
        for before in range(step - 2, -1, -1):
            same &= self.classes[:, before] == self.classes[:, step - 1]
            run += same
        return run

    def answers(self, steps: np.ndarray) -> np.ndarray:
        """The classes (…, N) after so many timesteps (…, N)."""
        return np.take_along_axis(self.classes.T, np.atleast_2d(steps) - 1, axis=0).reshape(steps.shape)

    def lost(self, steps: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """(…, N) bool: the answer is not that of all timesteps; with ``labels``: it is wrong, that one
        right."""
        final = self.classes[:, -1]
        answers = self.answers(steps)
        changed = answers != final
        return changed if labels is None else changed & (final == labels)
