"""When a run may stop."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.array_checks import complaint
from snnrt.ir.exit_choice import Exit as ExitChoice
from snnrt.ir.exit_choice import Term
from snnrt.ir.exit_rules import RULES
from snnrt.ir.monitor_table import MonitorTable
from snnrt.ir.node import Node, Shape
from snnrt.ir.spec import EXIT_RULES, MAX_CLASSES, MAX_EXIT_TERMS, Array, Kind, Parameter, ValueType

_TERM = struct.Struct("<BBHIHHf")
"""Rule, joined, 0, threshold_q, first, last, threshold: csrc/snnrt_file.h, ``snnrt_exit_term``."""


def check_rule(rule: str, threshold: float, classes: int) -> None:
    """Raise ModelError unless ``rule`` is known, ``threshold`` in its range, and K ``classes`` allow it."""
    if rule not in RULES:
        raise ModelError(f"exit rule: expected one of {', '.join(EXIT_RULES.values)}, found {rule!r}")
    known = RULES[rule]
    least, largest = (0.0, 1.0) if rule == "never" else (known.least, known.largest)
    if isinstance(threshold, bool) or not (
        isinstance(threshold, (int, float, np.integer, np.floating)) and least <= float(threshold) <= largest
    ):
        raise ModelError(
            f"exit threshold: expected a number from {least:g} to {largest:g}, found {threshold!r}"
        )
    if classes < known.classes:
        raise ModelError(f"exit rule {rule}: expected at least 2 classes, found {classes}; use 'never'")


def threshold_q(rule: str, threshold: float, classes: int) -> int:
    """The integer the core compares with (Q16; timesteps for rules that count them; 0 for ``never``).

    ``threshold`` is first rounded to float32, as the file stores it, so that a file read
    and written again keeps its integer. Raises ModelError as :func:`check_rule`.
    """
    check_rule(rule, threshold, classes)
    return RULES[rule].threshold_q(float(np.float32(threshold)), classes)


def packed_terms(terms: tuple[Term, ...], classes: int) -> np.ndarray:
    """(n, 4) int32 as the file has them. Raises ModelError as :func:`check_rule`."""
    raw = b"".join(
        _TERM.pack(
            EXIT_RULES.code(term.rule), term.joined, 0, threshold_q(term.rule, term.threshold, classes),
            term.first, term.last, term.threshold,
        )
        for term in terms
    )  # fmt: skip
    return np.frombuffer(raw, np.int32).reshape(-1, 4)


@dataclass(frozen=True, eq=False)
class Exit(Node):
    """Stops at the first timestep that is sure enough (docs/exit_rules.md).

    ``rule``: of :data:`snnrt.ir.exit_rules.RULES`, with its ``threshold``; ``threshold_q`` is what is
    compared with, in Q16; None: what ``threshold`` gives. Or ``combined``, with ``terms`` (n, 4) int32.
    ``monitor`` (66,) int32: a drift monitor of this exit (:class:`snnrt.ir.monitor_table.MonitorTable`).
    """

    KIND = Kind(
        name="exit",
        number=10,
        meaning="the exit rule; it has no output",
        reads={"int32": ("int32",), "float32": ("float32",)},
        parameters=(
            Parameter("rule", "u32", ", ".join(f"{EXIT_RULES.code(x)} {x}" for x in EXIT_RULES.values)),
            Parameter("threshold_q", "u32", "what the core compares with, Q16; combined: how many terms"),
            Parameter("threshold", "f32", "as asked for; the core does not read it"),
        ),
        arrays=(
            Array("terms", "terms", "int32", "int32", "of combined: four words a term"),
            Array("monitor", "monitor", "int32", "int32", "the drift monitor's table, 66 words"),
        ),
        same_shape=True,
        place="last",
    )
    rule: Literal["entropy", "confidence", "margin", "patience", "budget", "never", "combined"] = "never"
    threshold: float = 0.0
    threshold_q: int | None = None
    terms: np.ndarray | None = None
    monitor: np.ndarray | None = None

    @property
    def integer_threshold(self) -> int:
        """What the core compares with: its own, else what the threshold gives; of combined the terms'
        count."""
        if self.rule == "combined":
            return 0 if self.terms is None else len(self.terms)
        if self.threshold_q is not None:
            return self.threshold_q
        return threshold_q(self.rule, self.threshold, self.shape[0])

    @property
    def exit_terms(self) -> tuple[Term, ...]:
        """The terms of ``combined``, or the rule as one; none for ``never``."""
        return tuple(term for term, _ in self.terms_q)

    @property
    def terms_q(self) -> tuple[tuple[Term, int], ...]:
        """:attr:`exit_terms`, each with the integer that it compares with."""
        if self.rule == "never":
            return ()
        if self.terms is None:
            return ((Term(self.rule, self.threshold), self.integer_threshold),)
        found = []
        for rule, joined, _, integer, first, last, threshold in _TERM.iter_unpack(self.terms.tobytes()):
            name = EXIT_RULES.value(rule)
            # of timesteps the integer is the number itself
            shown = float(integer) if RULES[name].whole else threshold
            found.append((Term(name, shown, first, last, bool(joined)), integer))
        return tuple(found)

    @cached_property
    def choice(self) -> ExitChoice:
        """As a caller says it. Raises DataError for thresholds that nobody can ask for."""
        return ExitChoice.of(self)

    def choosing(self, choice: ExitChoice) -> Exit:
        """With another exit, and without a monitor. Raises ModelError for one that so many classes do not
        allow."""
        terms = packed_terms(choice.terms, self.shape[0]) if choice.rule == "combined" else None
        return replace(
            self, rule=choice.rule, threshold=choice.threshold, threshold_q=None, terms=terms, monitor=None
        )  # fmt: skip

    @property
    def monitor_table(self) -> MonitorTable | None:
        """The drift monitor's table; None: it has none."""
        return None if self.monitor is None else MonitorTable.of_words(self.monitor)

    @property
    def score_rule(self) -> str:
        """The rule whose scores a result has: of several terms the first's."""
        return self.exit_terms[0].rule if self.rule == "combined" else self.rule

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
        if self.monitor is not None:
            MonitorTable.of_words(self.monitor)
        if self.rule == "combined":
            self._check_terms()
            return
        if self.terms is not None:
            raise complaint(self, "terms", f"none with the rule {self.rule}", "some")
        check_rule(self.rule, self.threshold, classes)
        if self.threshold_q is not None:
            limits = {"confidence": (0, 65536), "patience": (1, 65535), "budget": (1, 65535)}
            lowest, highest = limits.get(self.rule, (0, 2**32 - 1))
            whole = isinstance(self.threshold_q, (int, np.integer))
            if not whole or not lowest <= self.threshold_q <= highest:
                raise complaint(self, "threshold_q", f"{lowest} to {highest}", self.threshold_q)

    def _check_terms(self) -> None:
        terms = self.terms
        if not isinstance(terms, np.ndarray) or terms.dtype != np.int32 or terms.shape[1:] != (4,):
            raise complaint(self, "terms", "an array (n, 4) of int32", getattr(terms, "shape", terms))
        if not 1 <= len(terms) <= MAX_EXIT_TERMS:
            raise complaint(self, "terms", f"1 to {MAX_EXIT_TERMS}", len(terms))
        for term in self.exit_terms:
            check_rule(term.rule, term.threshold, self.shape[0])

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
