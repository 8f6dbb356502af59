"""A threshold that follows the inputs, in the core's integers: its settings, and its replay, bit for bit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnrt.errors import DataError
from snnrt.ir.exit_choice import Exit
from snnrt.ir.exit_rules import RULES, Moment

FOLLOWED = ("entropy", "confidence", "margin")
"""Rules whose thresholds may move."""
LARGEST_COST = 65535
_MOST = 2**32 - 1


@dataclass(frozen=True, eq=False)
class Adaptation:
    """Settings as firmware takes them (csrc/snnrt.h, ``snnrt_adaptation``), made by :meth:`keeping`.

    After every ``window`` inferences the threshold of ``rule`` moves by ``step`` towards ``bold`` where
    their summed cost was above ``high``, towards ``careful`` where it was below ``low``. ``costs`` (T,)
    uint16: of inferences of 1 … T timesteps; None: the timesteps. ``start``: the threshold at first.
    """

    rule: str
    start: int
    window: int
    low: int
    high: int
    step: int
    careful: int
    bold: int
    costs: np.ndarray | None = None

    @classmethod
    def keeping(
        cls, exit: Exit | str, low: float, high: float, classes: int, *, floor: float,
        careful: float | None = None, window: int = 32, moves: int = 32,
        costs: Sequence[float] | np.ndarray | None = None,
    ) -> Adaptation:  # fmt: skip
        """Keep the mean cost of an inference from ``low`` to ``high``, beginning with ``exit``.

        ``floor``: the boldest threshold of that rule, ``careful`` the most careful (the rule's own);
        ``window``: inferences after which it may move, ``moves``: moves from one end to the other. Costs are
        timesteps, or ``costs`` (T,), of 1 … T timesteps, in any unit: EDP, energy or latency on a target.
        Raises DataError for what makes no sense.
        """
        chosen = Exit.of(exit)
        if chosen.rule not in FOLLOWED:
            raise DataError(f"adaptation: expected an exit by {', '.join(FOLLOWED)} alone, found {chosen}")
        known = RULES[chosen.rule]
        for name, value, most in (("window", window, 65535), ("moves", moves, 65535)):
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise DataError(f"adaptation: {name}: expected 1 to {most}, found {value!r}")
        numbers = all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in (low, high))
        if not numbers or not 0 < low <= high < math.inf:
            raise DataError(
                f"adaptation: expected a band above 0, low before high, found {low!r} to {high!r}"
            )
        ends = [Exit(chosen.rule, known.careful if careful is None else careful), Exit(chosen.rule, floor)]  # type: ignore[arg-type]
        least, boldest = (known.threshold_q(float(np.float32(end.threshold)), classes) for end in ends)
        bolder = boldest - least if chosen.rule == "entropy" else least - boldest
        if bolder < 0:
            raise DataError(
                f"adaptation: floor: expected one bolder than {ends[0]}, found {ends[1]}; "
                "large entropies, and small confidences and margins, are bold"
            )
        unit, table = 1.0, None
        if costs is not None:
            given = np.asarray(costs, np.float64)
            if given.ndim != 1 or not np.isfinite(given).all() or not (given >= 0).all() or not given.any():
                raise DataError("adaptation: costs: expected a number from 0 for each timestep, one above 0")
            unit = LARGEST_COST / given.max()
            table = np.rint(given * unit).astype(np.uint16)
        start = known.threshold_q(float(np.float32(chosen.threshold)), classes)
        sums = [round(min(end * unit * window, _MOST)) for end in (low, high)]
        return cls(
            chosen.rule, min(max(start, min(least, boldest)), max(least, boldest)), window, sums[0], sums[1],
            max(bolder // moves, 1), least, boldest, table,
        )  # fmt: skip

    def exit_steps(self, distances: np.ndarray, classes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Timesteps (N,) and the threshold in force (N,), int64, of N inputs in turn.

        ``distances`` (N, T, K), Q16 nats, and ``classes`` (N, T) after each timestep, as rules look at them
        (:class:`snnrt.calibration.outcomes.Outcomes`)."""
        inputs, most = classes.shape
        steps, thresholds = np.empty(inputs, np.int64), np.empty(inputs, np.int64)
        threshold, known = self.start, RULES[self.rule]
        for first in range(0, inputs, self.window):
            part = slice(first, first + self.window)
            alive = np.ones(len(classes[part]), bool)
            found = np.full(len(alive), most, np.int64)
            for step in range(1, most):
                at = Moment(distances[part, step - 1].astype(np.int64), classes[part, step - 1], step, alive)
                met = alive & known.met(known.score(at), threshold, at)
                found[met] = step
                alive &= ~met
            steps[part], thresholds[part] = found, threshold
            if len(found) == self.window:
                threshold = self._moved(threshold, int(self._costs(found).sum()))
        return steps, thresholds

    def _costs(self, steps: np.ndarray) -> np.ndarray:
        return steps if self.costs is None else self.costs[steps - 1].astype(np.int64)

    def _moved(self, threshold: int, cost: int) -> int:
        if self.low <= cost <= self.high:
            return threshold
        end = self.bold if cost > self.high else self.careful
        if threshold < end:
            return min(threshold + self.step, end)
        return max(threshold - self.step, end)

    def c_initialiser(self, name: str = "adaptation") -> str:
        """The structure in C, to be compiled into firmware; it changes, so it lies in RAM."""
        fields = (self.window, self.low, self.high, self.step, self.careful, self.bold)
        numbers = ", ".join(f"{value}u" for value in fields)
        table, costs = "", "0"
        if self.costs is not None:
            values = ", ".join(f"{value}u" for value in self.costs.tolist())
            table = f"static const uint16_t {name}_costs[{len(self.costs)}] = {{{values}}};\n"
            costs = f"{name}_costs"
        return f"{table}static snnrt_adaptation {name} = {{{numbers}, {costs}, 0u, 0u, 0u}};\n"
