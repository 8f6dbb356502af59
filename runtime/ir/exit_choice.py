"""When a run ends, as a caller says it: ``Exit.entropy(0.2)``, or as text ``entropy:0.2``."""

from __future__ import annotations

import itertools
import math
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from snnrt.errors import ArgumentTypeError, DataError
from snnrt.ir.exit_rules import RULES
from snnrt.ir.spec import MAX_EXIT_TERMS, MAX_TIMESTEPS
from snnrt.texts import quoted

if TYPE_CHECKING:
    from snnrt.ir.nodes.exit import Exit as ExitNode

Rule = Literal["entropy", "confidence", "margin", "patience", "budget", "never", "combined"]
Threshold = float | Sequence[float]

EXIT_FORMS = "entropy:THRESHOLD, confidence:THRESHOLD, margin:LOGITS, patience:STEPS, budget:STEPS or never"
"""How text says an exit, in the command and in Python; rules are joined by `and` and `or`."""

_TERM = re.compile(r"([a-z]+)(?::([^@]*))?(?:@(\d{1,5})(-)?(\d{1,5})?)?\Z")


@dataclass(frozen=True)
class Term:
    """A rule with its threshold, in force in the timesteps ``first`` … ``last`` (65535: for ever);
    ``joined``: it must be met together with the next."""

    rule: str
    threshold: float
    first: int = 1
    last: int = MAX_TIMESTEPS
    joined: bool = False

    def __str__(self) -> str:
        text = f"{self.rule}:{repr(self.threshold).removesuffix('.0')}"
        if self.last == MAX_TIMESTEPS:
            return text if self.first == 1 else f"{text}@{self.first}-"
        return f"{text}@{self.first}" if self.first == self.last else f"{text}@{self.first}-{self.last}"


Groups = list[list[Term]]
"""Alternatives of terms that must be met together."""


@dataclass(frozen=True)
class Exit:
    """When a run ends: at the first timestep that is sure enough (docs/exit_rules.md), or never early.

        snnrt.Exit.entropy(0.2)            # the normalised entropy of the classes is below 0.2
        snnrt.Exit.confidence(0.9)         # the largest probability is above 0.9
        snnrt.Exit.margin(2.5)             # the best logit is above the second by more than 2.5
        snnrt.Exit.patience(3)             # the class is the same for 3 timesteps
        snnrt.Exit.budget(6)               # 6 timesteps are done
        snnrt.Exit.entropy([0.05, 0.2])    # a threshold a timestep, the last one from there on
        snnrt.Exit.any_of(a, b)            # either
        snnrt.Exit.all_of(a, b)            # both, at the same timestep
        snnrt.Exit.never()                 # all timesteps

    Wherever an ``exit`` is taken, the text does as well, and it is what the command takes and JSON holds:
    ``"entropy:0.2"``, ``"entropy:0.05,0.2"``, ``"margin:1 and patience:2 or budget:6"``, ``"never"``;
    ``@2-4`` behind a rule says in which timesteps it is in force. What is more than one rule and threshold
    has the rule ``"combined"`` and ``terms``. Raises DataError for another rule, a threshold that is
    missing, or one out of its range; ArgumentTypeError where it is no number.
    """

    rule: Rule
    threshold: float = 0.0
    terms: tuple[Term, ...] = ()

    def __post_init__(self) -> None:
        if self.rule == "combined":
            _check_terms(self.terms)
            object.__setattr__(self, "threshold", 0.0)
            return
        if self.rule not in RULES:
            raise DataError(f"exit: expected {EXIT_FORMS}, found the rule {quoted(self.rule)}")
        threshold = 0.0 if self.rule == "never" else _number(self.rule, self.threshold)
        object.__setattr__(self, "threshold", threshold)

    @classmethod
    def entropy(cls, threshold: Threshold) -> Exit:
        """Where the normalised entropy (0: sure, 1: all classes alike) is below ``threshold``, 0 … 1."""
        return _scheduled("entropy", threshold)

    @classmethod
    def confidence(cls, threshold: Threshold) -> Exit:
        """Where the largest class probability is above ``threshold``, 0 … 1."""
        return _scheduled("confidence", threshold)

    @classmethod
    def margin(cls, threshold: Threshold) -> Exit:
        """Where the best logit is above the second by more than ``threshold``, 0 … 16."""
        return _scheduled("margin", threshold)

    @classmethod
    def patience(cls, timesteps: int) -> Exit:
        """Where the class is the same for so many timesteps."""
        return cls("patience", timesteps)

    @classmethod
    def budget(cls, timesteps: int) -> Exit:
        """After so many timesteps, sure or not."""
        return cls("budget", timesteps)

    @classmethod
    def never(cls) -> Exit:
        """At the last timestep."""
        return cls("never")

    @classmethod
    def any_of(cls, *exits: Exit | str) -> Exit:
        """Where at least one of ``exits`` ends the run."""
        return _of_groups([group for one in exits for group in cls.of(one).groups()])

    @classmethod
    def all_of(cls, *exits: Exit | str) -> Exit:
        """Where all of ``exits`` would end the run at the same timestep."""
        return _of_groups(_product([cls.of(one).groups() for one in exits]))

    @classmethod
    def of(cls, choice: Exit | str | ExitNode) -> Exit:
        """``choice`` itself, the Exit that a text says, or that of a graph's exit node."""
        if isinstance(choice, cls):
            return choice
        if isinstance(choice, str):
            return _parsed(choice)
        if hasattr(choice, "rule") and hasattr(choice, "threshold"):
            if choice.rule == "combined":
                shown = cls("combined", terms=tuple(_shown(term) for term in choice.exit_terms))  # type: ignore[union-attr]
                # thresholds that float32 cannot tell apart are one, as in the text
                return _parsed(str(shown))
            return cls(choice.rule, _shortest(choice.threshold))
        raise ArgumentTypeError(
            f"exit: expected an Exit such as snnrt.Exit.entropy(0.2), or text ({EXIT_FORMS}), "
            f"found {quoted(choice)}"
        )

    def groups(self) -> Groups:
        """The alternatives; none for ``never``."""
        if self.rule != "combined":
            return [] if self.rule == "never" else [[Term(self.rule, self.threshold)]]
        groups: Groups = [[]]
        for term in self.terms:
            groups[-1].append(replace(term, joined=False))
            if not term.joined:
                groups.append([])
        return groups[:-1]

    def __str__(self) -> str:
        if self.rule == "never":
            return "never"
        return " or ".join(" and ".join(map(str, group)) for group in self.groups())

    def __repr__(self) -> str:
        if self.rule == "combined":
            return f"Exit.of({str(self)!r})"
        return f"Exit.{self.rule}({'' if self.rule == 'never' else repr(self.threshold)})"


def _of_groups(groups: Groups) -> Exit:
    if not groups:
        return Exit.never()
    if len(groups) == 1 and len(groups[0]) == 1:
        only = groups[0][0]
        if (only.first, only.last) == (1, MAX_TIMESTEPS):
            return Exit(only.rule, only.threshold)  # type: ignore[arg-type]
    terms = [
        replace(term, joined=place + 1 < len(group)) for group in groups for place, term in enumerate(group)
    ]
    return Exit("combined", terms=tuple(terms))


def _product(several: Sequence[Groups]) -> Groups:
    """What all of ``several`` ask for together: one alternative of each; of many, those that share a
    timestep."""
    ways = math.prod(len(groups) for groups in several)
    if ways > MAX_EXIT_TERMS:
        raise DataError(
            f"exit: expected at most {MAX_EXIT_TERMS} alternatives, found {ways}; use fewer rules"
        )
    found = []
    for choice in itertools.product(*several):
        together = [term for group in choice for term in group]
        if ways == 1 or max(term.first for term in together) <= min(term.last for term in together):
            found.append(together)
    return found


def _schedule(rule: str, thresholds: Sequence[object]) -> Groups:
    """A threshold a timestep, the last one for ever; equal ones that follow each other are one term."""
    if not 0 < len(thresholds) <= MAX_EXIT_TERMS:
        raise DataError(f"exit {rule}: expected 1 to {MAX_EXIT_TERMS} thresholds, found {len(thresholds)}")
    terms: list[Term] = []
    for step, threshold in enumerate((_number(rule, one) for one in thresholds), 1):
        if terms and terms[-1].threshold == threshold:
            terms[-1] = replace(terms[-1], last=step)
        else:
            terms.append(Term(rule, threshold, step, step))
    terms[-1] = replace(terms[-1], last=MAX_TIMESTEPS)
    return [[term] for term in terms]


def _scheduled(rule: str, threshold: Threshold) -> Exit:
    if isinstance(threshold, (list, tuple)) or getattr(threshold, "ndim", 0) == 1:
        return _of_groups(_schedule(rule, list(threshold)))  # type: ignore[arg-type]
    return Exit(rule, threshold)  # type: ignore[arg-type]


def _parsed(text: str) -> Exit:
    if text.strip() == "never":
        return Exit.never()
    groups: Groups = []
    for alternative in re.split(r"\s+or\s+|\|", text.strip()):
        parts = [_parsed_term(part.strip(), text) for part in re.split(r"\s+and\s+|&", alternative)]
        groups += _product(parts)
    if not groups:
        raise DataError(f"exit: expected rules that share a timestep, found {quoted(text)}")
    return _of_groups(groups)


def _parsed_term(part: str, text: str) -> Groups:
    match = _TERM.match(part)
    rule = match[1] if match else part.partition(":")[0]
    if rule not in RULES:
        raise DataError(f"exit: expected {EXIT_FORMS}, as entropy:0.2; found {quoted(text)}")
    if rule == "never":
        how = "without a threshold" if part == text.strip() else "alone"
        raise DataError(f"exit: expected never {how}, found {quoted(text)}")
    example = "3" if RULES[rule].whole else "0.2"
    if match is None or not (match[2] or "").strip():
        raise DataError(
            f"exit: expected a threshold {_range(rule)} behind the rule, as {rule}:{example}; "
            f"found {quoted(text)}"
        )
    thresholds = [_parsed_number(rule, word) for word in match[2].split(",")]
    groups = _schedule(rule, thresholds)
    if match[3] is None:
        return groups
    first, last = int(match[3]), int(match[5] or (MAX_TIMESTEPS if match[4] else match[3]))
    if len(groups) > 1 or not 1 <= first <= last <= MAX_TIMESTEPS:
        raise DataError(
            f"exit {rule}: expected one threshold, and timesteps from 1 on behind @, as @2-4; "
            f"found {quoted(text)}"
        )
    return [[replace(groups[0][0], first=first, last=last)]]


def _parsed_number(rule: str, word: str) -> float:
    try:
        number = float(word)
    except ValueError:
        number = math.nan
    return number if RULES[rule].least <= number <= RULES[rule].largest else _refuse(rule, word)


def _check_terms(terms: tuple[Term, ...]) -> None:
    if not 1 <= len(terms) <= MAX_EXIT_TERMS or terms[-1].joined:
        raise DataError(f"exit combined: expected 1 to {MAX_EXIT_TERMS} terms, found {len(terms)}")
    for term in terms:
        if term.rule not in RULES or term.rule == "never":
            raise DataError(f"exit: expected {EXIT_FORMS}, found the rule {quoted(term.rule)}")
        _number(term.rule, term.threshold)
        if not 1 <= term.first <= term.last <= MAX_TIMESTEPS:
            raise DataError(
                f"exit {term.rule}: expected timesteps from 1 to {MAX_TIMESTEPS}, found "
                f"{term.first} to {term.last}"
            )


def _number(rule: str, value: object) -> float:
    number = value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise ArgumentTypeError(
            f"exit {rule}: expected a threshold {_range(rule)}, found {quoted(value)}, which is no number"
        )
    known = RULES[rule]
    fits = known.least <= number <= known.largest and (not known.whole or number == int(number))
    return float(number) if fits else _refuse(rule, value)


def _range(rule: str) -> str:
    known = RULES[rule]
    return f"from {known.least:g} to {known.largest:g}" + (", a whole number" if known.whole else "")


def _refuse(rule: str, value: object) -> float:
    raise DataError(f"exit {rule}: expected a threshold {_range(rule)}, found {quoted(value)}")


def _shown(term: Term) -> Term:
    return replace(term, threshold=_shortest(term.threshold))


@lru_cache(maxsize=256)
def _shortest(threshold: float) -> float:
    """The shortest decimal that the file's float32 stands for: 0.2, not 0.20000000298."""
    stored = struct.pack("<f", threshold)
    for digits in range(1, 9):
        shorter = float(f"{threshold:.{digits}g}")
        if struct.pack("<f", shorter) == stored:
            return shorter
    return float(threshold)
