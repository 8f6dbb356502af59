"""When a run ends, as a caller says it: ``Exit.entropy(0.2)``, or as text ``entropy:0.2``."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from snnrt.errors import ArgumentTypeError, DataError
from snnrt.ir.spec import EXIT_RULES
from snnrt.texts import quoted

if TYPE_CHECKING:
    from snnrt.ir.nodes.exit import Exit as ExitNode

Rule = Literal["entropy", "confidence", "never"]

EXIT_FORMS = "entropy:THRESHOLD, confidence:THRESHOLD or never"
"""How text says an exit, in the command and in Python."""


@dataclass(frozen=True)
class Exit:
    """When a run ends: at the first timestep that is sure enough (docs/exit_rules.md), or never early.

        snnrt.Exit.entropy(0.2)       # the normalised entropy of the classes is below 0.2
        snnrt.Exit.confidence(0.9)    # the largest probability is above 0.9
        snnrt.Exit.never()            # all timesteps

    Wherever an ``exit`` is taken, the text does as well, and it is what the command takes and JSON holds:
    ``"entropy:0.2"``, ``"confidence:0.9"``, ``"never"``. Raises DataError for another rule, a threshold that
    is missing, or one outside 0 … 1; ArgumentTypeError where it is no number.
    """

    rule: Rule
    threshold: float = 0.0

    def __post_init__(self) -> None:
        if self.rule not in EXIT_RULES:
            raise DataError(f"exit: expected {EXIT_FORMS}, found the rule {quoted(self.rule)}")
        object.__setattr__(self, "threshold", _fraction(self.rule, self.threshold))
        if self.rule == "never":
            object.__setattr__(self, "threshold", 0.0)

    @classmethod
    def entropy(cls, threshold: float) -> Exit:
        """Where the normalised entropy (0: sure, 1: all classes alike) is below ``threshold``, 0 … 1."""
        return cls("entropy", threshold)

    @classmethod
    def confidence(cls, threshold: float) -> Exit:
        """Where the largest class probability is above ``threshold``, 0 … 1."""
        return cls("confidence", threshold)

    @classmethod
    def never(cls) -> Exit:
        """At the last timestep."""
        return cls("never")

    @classmethod
    def of(cls, choice: Exit | str | ExitNode) -> Exit:
        """``choice`` itself, the Exit that a text says, or that of a graph's exit node."""
        if isinstance(choice, cls):
            return choice
        if isinstance(choice, str):
            return cls._parsed(choice)
        if hasattr(choice, "rule") and hasattr(choice, "threshold"):
            return cls(choice.rule, _shortest(choice.threshold))
        raise ArgumentTypeError(
            f"exit: expected an Exit such as snnrt.Exit.entropy(0.2), or text ({EXIT_FORMS}), "
            f"found {quoted(choice)}"
        )

    @classmethod
    def _parsed(cls, text: str) -> Exit:
        rule, colon, number = text.strip().partition(":")
        if rule not in EXIT_RULES:
            raise DataError(f"exit: expected {EXIT_FORMS}, as entropy:0.2; found {quoted(text)}")
        if rule == "never":
            if colon:
                raise DataError(f"exit: expected never without a threshold, found {quoted(text)}")
            return cls.never()
        if not number.strip():
            raise DataError(
                f"exit: expected a threshold from 0 to 1 behind the rule, as {rule}:0.2; found {quoted(text)}"
            )
        try:
            threshold = float(number)
        except ValueError:
            threshold = math.nan
        return cls(rule, threshold if 0.0 <= threshold <= 1.0 else _refuse(rule, number))  # type: ignore[arg-type]

    def __str__(self) -> str:
        return "never" if self.rule == "never" else f"{self.rule}:{repr(self.threshold).removesuffix('.0')}"

    def __repr__(self) -> str:
        return f"Exit.{self.rule}({'' if self.rule == 'never' else repr(self.threshold)})"


def _fraction(rule: str, value: object) -> float:
    number = value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise ArgumentTypeError(
            f"exit {rule}: expected a threshold from 0 to 1, found {quoted(value)}, which is no number"
        )
    return float(number) if 0.0 <= number <= 1.0 else _refuse(rule, value)


def _refuse(rule: str, value: object) -> float:
    raise DataError(f"exit {rule}: expected a threshold from 0 to 1, found {quoted(value)}")


def _shortest(threshold: float) -> float:
    """The shortest decimal that the file's float32 stands for: 0.2, not 0.20000000298."""
    stored = struct.pack("<f", threshold)
    for digits in range(1, 9):
        shorter = float(f"{threshold:.{digits}g}")
        if struct.pack("<f", shorter) == stored:
            return shorter
    return float(threshold)
