"""The record of exit timesteps and scores that a device keeps, read on the host (docs/health.md)."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from snnrt.errors import DataError
from snnrt.exits import fixed_point
from snnrt.health.histograms import Difference, compare_histograms
from snnrt.ir.exit_choice import Exit, Rule
from snnrt.ir.exit_rules import RULES as KNOWN
from snnrt.ir.spec import EXIT_RULES
from snnrt.results.request import Inputs

if TYPE_CHECKING:
    from snnrt.network import Network


MAGIC = b"SNNH"
VERSION = 1
BINS = 16
BYTES = 176
COUNT_MAX = 2**32 - 1
RULES: tuple[Rule, ...] = EXIT_RULES.values  # type: ignore[assignment]
MAX_TIMESTEPS = 65535
ONE_Q16 = 65536

_WORDS = struct.Struct("<4sHH42I")
_CRC_OFFSET = 16
_HEAD = struct.pack("<4sHH", MAGIC, VERSION, BYTES)
_RECORD_WORDS = BYTES // 4
_WINDOW = 1 << 18


@dataclass(frozen=True, eq=False)
class HealthRecord:
    """What a device has counted since its record was started (csrc/snnrt.h, ``snnrt_health``).

    ``model_crc``: CRC-32 of the model. ``rule``, ``threshold_q`` (Q16) and ``maximum_timesteps``: of the exit
    in force. ``score_limit``: upper end of the last score bin, Q16. ``inferences``: all, ``exits``:
    those that the rule ended before the last timestep. ``checks``: of the model's checksum, ``faults``:
    those that failed. ``timesteps`` and ``scores``: (16,) uint32, inferences by timesteps taken and by the
    score of the last step (entropy, or with ``confidence`` the largest probability). Counts stop at 2³² −
    1."""

    model_crc: int
    rule: Rule
    threshold_q: int
    maximum_timesteps: int
    score_limit: int
    inferences: int
    exits: int
    checks: int
    faults: int
    timesteps: np.ndarray
    scores: np.ndarray

    @classmethod
    def from_bytes(cls, raw: bytes) -> HealthRecord:
        """The record of exactly 176 bytes. Raises DataError for whatever no core can have written."""
        if len(raw) != BYTES:
            raise DataError(f"health record: expected {BYTES} bytes, found {len(raw)}; copy the whole record")
        magic, version, size, *words = _WORDS.unpack(raw)
        if magic != MAGIC:
            raise DataError(f"health record: expected it to start with {MAGIC!r}, found {magic!r}")
        _need("version", VERSION, version)
        _need("bytes", BYTES, size)
        crc, rule, threshold_q, timesteps, steps_per_bin, score_limit = words[:6]
        if rule >= len(RULES):
            raise DataError(f"health record: rule: expected 0 to {len(RULES) - 1}, found {rule}")
        record = cls(
            model_crc=crc,
            rule=RULES[rule],
            threshold_q=threshold_q,
            maximum_timesteps=timesteps,
            score_limit=score_limit,
            inferences=words[6],
            exits=words[7],
            checks=words[8],
            faults=words[9],
            timesteps=np.array(words[10 : 10 + BINS], np.uint32),
            scores=np.array(words[10 + BINS :], np.uint32),
        )
        record._check(steps_per_bin)
        return record

    @classmethod
    def of(
        cls,
        network: Network,
        x: Inputs,
        *,
        exit: Exit | str | None = None,
        timesteps: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> HealthRecord:
        """The record that a device has after these inputs, byte for byte: the baseline of what is normal.

        ``x``, ``exit``, ``timesteps`` and ``progress`` as in :meth:`snnrt.Network.run`, which runs them on
        the host. Raises DataError and ModelError as it does.
        """
        classes = network.graph.readout.shape[0]
        maximum = network.timesteps if timesteps is None else timesteps
        chosen = network.exit if exit is None else Exit.of(exit)
        own = network.graph.exit
        stored = own.integer_threshold if chosen == network.exit else None
        # nothing is below an entropy of 0: every timestep, and the last one's entropy
        ran = Exit.entropy(0.0) if chosen.rule == "never" and classes > 1 else chosen
        result = network.run(x, exit=ran, timesteps=timesteps, progress=progress)
        rule: Rule = chosen.rule
        scored = score_rule(chosen)
        threshold_q = fixed_point.threshold_q(rule, chosen.threshold, classes) if stored is None else stored
        record = cls.empty(model_crc(network), rule, threshold_q, int(maximum), classes, scored)
        unit = (
            1
            if KNOWN[scored].whole
            else ONE_Q16 * (math.log(classes) if scored in ("entropy", "never") else 1)
        )
        return record.with_counts(result.timesteps, np.rint(np.nan_to_num(result.scores) * unit))

    @classmethod
    def empty(
        cls, model_crc: int, rule: Rule, threshold_q: int, maximum_timesteps: int, classes: int,
        scored: str | None = None,
    ) -> HealthRecord:  # fmt: skip
        """A record that was just started, of a model with so many classes; ``scored``: the rule whose scores
        it counts, where ``rule`` is ``combined`` (:func:`score_rule`)."""
        limit = KNOWN[scored or ("entropy" if rule == "combined" else rule)].limit_q(classes)
        zeros = np.zeros(BINS, np.uint32)
        return cls(model_crc, rule, threshold_q, maximum_timesteps, limit, 0, 0, 0, 0, zeros, zeros.copy())

    def with_counts(self, timesteps: np.ndarray, scores_q16: np.ndarray) -> HealthRecord:
        """The record after more inferences, each with its timesteps (N,) and Q16 score (N,), integers."""
        steps = np.asarray(timesteps, np.int64)
        scores = np.asarray(scores_q16, np.int64)
        # below 2^36: exact in int64
        step_bins = np.minimum((steps - 1) // self.steps_per_bin, BINS - 1)
        score_bins = np.full(scores.shape, BINS - 1)
        inside = scores < self.score_limit
        score_bins[inside] = scores[inside] * BINS // max(self.score_limit, 1)
        return replace(
            self,
            inferences=min(self.inferences + len(steps), COUNT_MAX),
            exits=min(self.exits + int((steps < self.maximum_timesteps).sum()), COUNT_MAX),
            timesteps=_added(self.timesteps, step_bins),
            scores=_added(self.scores, score_bins),
        )

    def to_bytes(self) -> bytes:
        """The 176 bytes, as the device has them in memory."""
        return _WORDS.pack(
            MAGIC, VERSION, BYTES, self.model_crc, RULES.index(self.rule), self.threshold_q,
            self.maximum_timesteps, self.steps_per_bin, self.score_limit, self.inferences, self.exits,
            self.checks, self.faults, *self.timesteps.tolist(), *self.scores.tolist(),
        )  # fmt: skip

    @property
    def exit(self) -> Exit:
        """The exit in force, its threshold as :class:`snnrt.Exit` takes it, to four digits or better.

        Raises DataError for one of several terms, which the model has and not its record."""
        if self.rule == "combined":
            raise DataError("health record: the exit is the model's own, of several terms; look at the model")
        if KNOWN[self.rule].whole:
            return Exit(self.rule, float(self.threshold_q))
        if self.rule == "margin":
            return Exit(self.rule, float(f"{min(self.threshold_q / ONE_Q16, 16.0):.6g}"))
        # the record has ln K of an entropy as the end of its last bin
        share = min(self.threshold_q / max(self.score_limit, 1), 1.0)
        return Exit(self.rule, 0.0 if self.rule == "never" else float(f"{share:.4g}"))

    @property
    def steps_per_bin(self) -> int:
        """Timesteps that share a bin: ceil(T / 16)."""
        return -(-self.maximum_timesteps // BINS)

    @property
    def timestep_edges(self) -> np.ndarray:
        """First and last timestep of each bin, (16, 2) int64; bins past T have none: (T + 1, T)."""
        first = np.arange(BINS) * self.steps_per_bin + 1
        last = np.minimum(first + self.steps_per_bin - 1, self.maximum_timesteps)
        return np.stack([np.minimum(first, self.maximum_timesteps + 1), last], 1)

    @property
    def score_edges(self) -> np.ndarray:
        """Ends of the score bins, (17,) float64: normalised entropy, or probability, 0 to 1."""
        return np.linspace(0.0, 1.0, BINS + 1)

    @property
    def exit_share(self) -> float:
        """Share of inferences that the rule ended early; NaN without inferences."""
        return self.exits / self.inferences if self.inferences else math.nan

    @property
    def mean_timesteps(self) -> float:
        """Mean timesteps of an inference: exact for T ≤ 16, else by the middles of the bins."""
        if not self.inferences:
            return math.nan
        at_end = self.inferences - self.exits
        early = self._early_exits()
        edges = np.minimum(self.timestep_edges, max(self.maximum_timesteps - 1, 1))
        return float((early * edges.mean(1)).sum() + at_end * self.maximum_timesteps) / self.inferences

    def timestep_quantile(self, share: float) -> int:
        """The timestep by whose bin's end at least ``share`` (0 … 1) of the inferences were over.

        Raises DataError where there is none to ask, or ``share`` is no share."""
        place = self._quantile_bin(self.timesteps, share)
        return int(self.timestep_edges[place, 1])

    def score_quantile(self, share: float) -> float:
        """The score below which ``share`` (0 … 1) of the inferences ended, on a line within its bin.

        Raises DataError as :meth:`timestep_quantile`."""
        place = self._quantile_bin(self.scores, share)
        counts = self.scores.astype(np.float64)
        before, here = counts[:place].sum(), counts[place]
        inside = (share * counts.sum() - before) / here
        return float(self.score_edges[place] + np.clip(inside, 0.0, 1.0) / BINS)

    def is_of(self, network: Network) -> bool:
        """Whether the record was made with this model."""
        return self.model_crc == model_crc(network)

    def difference(self, baseline: HealthRecord) -> Difference:
        """How far the device's inferences are from the baseline's, and whether that is more than chance.

        Raises DataError where the two cannot be compared: another model, rule, threshold or T, or no
        inference."""
        for field in ("model_crc", "rule", "threshold_q", "maximum_timesteps", "score_limit"):
            found, expected = (_shown(record, field) for record in (self, baseline))
            if found != expected:
                raise DataError(
                    f"health record: {field}: expected {expected} as in the baseline, found {found}; "
                    "make a baseline with the same model and rule"
                )
        for name, record in (("record", self), ("baseline", baseline)):
            if not record.inferences:
                raise DataError(f"health record: the {name} has no inference yet: expected at least one")
        return compare_histograms(
            {"timesteps": (self.timesteps, baseline.timesteps), "scores": (self.scores, baseline.scores)}
        )

    def _early_exits(self) -> np.ndarray:
        """Inferences by bin that ended before T, (16,) int64."""
        counts = self.timesteps.astype(np.int64)
        last = (self.maximum_timesteps - 1) // self.steps_per_bin
        late = counts[last:].sum() - (self.inferences - self.exits)
        counts[last:] = 0
        counts[last] = max(int(late), 0)
        return counts

    def _quantile_bin(self, counts: np.ndarray, share: float) -> int:
        if not 0.0 <= share <= 1.0:
            raise DataError(f"quantile: expected a share from 0 to 1, found {share}")
        total = np.cumsum(counts.astype(np.int64))
        if total[-1] == 0:
            raise DataError("quantile: the health record has no inference yet")
        # at least one inference: the quantile 0 lies in the first bin that has any
        return int(np.searchsorted(total, max(share * total[-1], 1.0), side="left"))

    def _check(self, steps_per_bin: int) -> None:
        if not 1 <= self.maximum_timesteps <= MAX_TIMESTEPS:
            raise DataError(
                f"health record: maximum_timesteps: expected 1 to {MAX_TIMESTEPS}, "
                f"found {self.maximum_timesteps}"
            )
        _need("steps_per_bin", self.steps_per_bin, steps_per_bin)
        largest = natural_logarithm_q16(fixed_point.MAX_CLASSES)
        if self.rule == "combined":
            largest = KNOWN["margin"].limit_q(2)
        elif self.rule not in ("entropy", "never"):
            _need("score_limit", KNOWN[self.rule].limit_q(2), self.score_limit)
            largest = self.score_limit
        if self.score_limit > largest:
            raise DataError(
                f"health record: score_limit: expected at most {largest}, found {self.score_limit}"
            )
        _need_at_most("exits", self.exits, "inferences", self.inferences)
        _need_at_most("faults", self.faults, "checks", self.checks)
        if self.rule == "never" and self.exits:
            raise DataError(f"health record: exits: expected 0 with the rule never, found {self.exits}")
        for name, counts in (("timesteps", self.timesteps), ("scores", self.scores)):
            total = sum(counts.tolist())
            # once a counter stands still, the others go on
            if total != self.inferences and self.inferences != COUNT_MAX:
                raise DataError(
                    f"health record: {name}: expected {self.inferences} inferences in all bins, "
                    f"found {total}; copy it while the network is not in a step"
                )
        last = (self.maximum_timesteps - 1) // self.steps_per_bin
        beyond = sum(self.timesteps[last + 1 : BINS - 1].tolist())
        if beyond:
            raise DataError(
                f"health record: timesteps: expected no inference past {self.maximum_timesteps}, "
                f"found {beyond}"
            )


def score_rule(exit: Exit) -> str:
    """The rule whose scores a record counts: of several terms the first's."""
    return exit.terms[0].rule if exit.rule == "combined" else exit.rule


def model_crc(network: Network) -> int:
    """The CRC-32 in the header of the network's file."""
    return int.from_bytes(network.to_bytes()[_CRC_OFFSET : _CRC_OFFSET + 4], "little")


@cache
def natural_logarithm_q16(classes: int) -> int:
    """ln(``classes``) in Q16, rounded as the core's tables round it: the entropy of equal logits."""
    return int(fixed_point.entropy_q(np.zeros((1, classes), np.int64))[0])


def find_records(dump: bytes) -> list[tuple[int, HealthRecord]]:
    """Every valid record in a copy of memory, with its offset; none where there is none."""
    return list(iterate_records(dump))


def iterate_records(dump: bytes) -> Iterator[tuple[int, HealthRecord]]:
    """What :func:`find_records` finds, one after the other; quick whatever the dump holds."""
    for start in range(0, len(dump), _WINDOW):
        # records that begin in this window may end in the next
        for offset in _likely_offsets(dump[start : start + _WINDOW + BYTES - 1]):
            if offset < _WINDOW:
                place = start + offset
                with suppress(DataError):
                    yield place, HealthRecord.from_bytes(dump[place : place + BYTES])


def _likely_offsets(part: bytes) -> list[int]:
    """Where bytes begin as a record does and its sums are right: all that are valid, and few others."""
    magic, head = struct.unpack("<II", _HEAD)
    found = []
    for shift in range(4):
        count = (len(part) - shift) // 4
        if 4 * count < BYTES:
            continue
        words = np.frombuffer(part, "<u4", count, shift)
        places = np.flatnonzero(words[: count - _RECORD_WORDS + 1] == magic)
        places = places[words[places + 1] == head]
        rule, steps, steps_per_bin = (words[places + word] for word in (3, 5, 6))
        shares = (steps + np.uint32(BINS - 1)) // BINS
        places = places[
            (rule < len(RULES)) & (steps >= 1) & (steps <= MAX_TIMESTEPS) & (steps_per_bin == shares)
        ]
        inferences = words[places + 8]
        right = inferences == COUNT_MAX
        totals = [
            words[places[:, None] + np.arange(first, first + BINS)].sum(1, dtype=np.int64)
            for first in (12, 12 + BINS)
        ]
        right |= (totals[0] == inferences) & (totals[1] == inferences)
        found += (4 * places[right] + shift).tolist()
    return sorted(found)


def _shown(record: HealthRecord, field: str) -> str:
    value = getattr(record, field)
    return f"{value:08x}" if field == "model_crc" else str(value)


def _added(counts: np.ndarray, bins: np.ndarray) -> np.ndarray:
    total = counts.astype(np.int64) + np.bincount(bins, minlength=BINS)
    return np.minimum(total, COUNT_MAX).astype(np.uint32)


def _need(field: str, expected: int, found: int) -> None:
    if expected != found:
        raise DataError(f"health record: {field}: expected {expected}, found {found}")


def _need_at_most(field: str, found: int, of: str, most: int) -> None:
    if found > most:
        raise DataError(f"health record: {field}: expected at most the {most} {of}, found {found}")
