"""When a run may stop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.array_checks import complaint
from snnrt.ir.node import Node, Shape
from snnrt.ir.spec import EXIT_RULES, MAX_CLASSES, Kind, Parameter, ValueType

ONE_Q16 = 65536


def check_rule(rule: str, threshold: float, classes: int) -> None:
    """Raise ModelError unless ``rule`` is known, 0 ≤ ``threshold`` ≤ 1, and K ``classes`` allow the rule."""
    if rule not in EXIT_RULES:
        raise ModelError(f"exit rule: expected one of {', '.join(EXIT_RULES.values)}, found {rule!r}")
    if isinstance(threshold, bool) or not (
        isinstance(threshold, (int, float, np.integer, np.floating)) and 0.0 <= float(threshold) <= 1.0
    ):
        raise ModelError(f"exit threshold: expected a number from 0 to 1, found {threshold!r}")
    if rule != "never" and classes < 2:
        raise ModelError(f"exit rule {rule}: expected at least 2 classes, found {classes}; use 'never'")


def threshold_q(rule: str, threshold: float, classes: int) -> int:
    """The integer the core compares with (Q16; 0 for ``never``).

    ``threshold`` is first rounded to float32, as the file stores it, so that a file read
    and written again keeps its integer. Raises ModelError as :func:`check_rule`.
    """
    check_rule(rule, threshold, classes)
    stored = float(np.float32(threshold))
    if rule == "entropy":
        return round(stored * math.log(classes) * ONE_Q16)
    return round(stored * ONE_Q16) if rule == "confidence" else 0


@dataclass(frozen=True, eq=False)
class Exit(Node):
    """Stops at the first timestep that is sure enough (docs/exit_rules.md).

    ``entropy``: normalised entropy < ``threshold``; ``confidence``: largest probability >
    ``threshold``; ``never``: runs all timesteps. ``threshold_q`` is what is compared with, in Q16; None: what
    ``threshold`` gives.
    """

    KIND = Kind(
        name="exit",
        number=10,
        meaning="the exit rule; it has no output",
        reads={"int32": ("int32",), "float32": ("float32",)},
        parameters=(
            Parameter("rule", "u32", "0 never, 1 entropy, 2 confidence"),
            Parameter("threshold_q", "u32", "what the core compares with, Q16"),
            Parameter("threshold", "f32", "as asked for; the core does not read it"),
        ),
        same_shape=True,
        place="last",
    )
    rule: Literal["entropy", "confidence", "never"] = "never"
    threshold: float = 0.0
    threshold_q: int | None = None

    @property
    def integer_threshold(self) -> int:
        """What the core compares with: its own, else what the threshold gives."""
        if self.threshold_q is not None:
            return self.threshold_q
        return threshold_q(self.rule, self.threshold, self.shape[0])

    def output_shape(self, sources: list[Shape]) -> Shape:
        """(classes,)."""
        if len(sources[0]) != 1:
            raise complaint(self, "input", "a vector of logits (put a flatten before it)", sources[0])
        return sources[0]

    def output_type(self, integer: bool, source: ValueType | None) -> ValueType:
        """The accumulator's."""
        return "int32" if integer else "float32"

    @property
    def bounded_by_inputs(self) -> bool:
        """It has no output."""
        return False

    def check(self, integer: bool) -> None:
        """Classes, rule and threshold."""
        classes = self.shape[0]
        if classes > MAX_CLASSES:
            raise complaint(self, "classes", f"1 to {MAX_CLASSES}", classes)
        check_rule(self.rule, self.threshold, classes)
        if self.threshold_q is not None:
            highest = ONE_Q16 if self.rule == "confidence" else 2**32 - 1
            if not isinstance(self.threshold_q, (int, np.integer)) or not 0 <= self.threshold_q <= highest:
                raise complaint(self, "threshold_q", f"0 to {highest}", self.threshold_q)

    def prepared(self) -> Node:
        """With the threshold that the file can hold, in both forms."""
        return self.with_(threshold=float(np.float32(self.threshold)), threshold_q=self.integer_threshold)

    def fields(self) -> dict[str, object]:
        """The rule's code and its threshold in both forms."""
        return {
            "rule": EXIT_RULES.code(self.rule), "threshold_q": self.integer_threshold,
            "threshold": self.threshold,
        }  # fmt: skip

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """The inverse of :meth:`fields`."""
        return {**fields, "rule": EXIT_RULES.value(int(fields["rule"]))}

    def step_events(self) -> dict[str, int]:
        """The rule, and what it does for each class."""
        return {} if self.rule == "never" else {"exit_step": 1, "exit_class": self.elements}
