"""Are two histograms samples of the same distribution, and how far are they apart?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

Verdict = Literal["same", "small", "moderate", "large"]

SIGNIFICANCE = 0.01
"""A difference that chance gives more often than this is taken for chance."""

MODERATE, LARGE = 0.1, 0.25
"""Population stability index from which a shift is called moderate and large (Siddiqi 2006)."""

# what a χ² approximation wants in each cell (Cochran 1954)
LEAST_EXPECTED = 5.0


@dataclass(frozen=True)
class Shift:
    """How one histogram differs from its baseline: ``stability_index`` (PSI), ``distance`` (total variation:
    the share of inferences that would have to change bins), ``p_value`` (χ², homogeneity of two samples)."""

    stability_index: float
    distance: float
    p_value: float


@dataclass(frozen=True)
class Difference:
    """A record against its baseline, histogram by histogram.

    ``p_value`` is the smallest of all, times their number (Bonferroni). ``verdict``: ``same`` where chance
    explains the difference (p ≥ 0.01); else by the largest stability index: ``small`` below 0.1,
    ``moderate`` below 0.25, ``large``."""

    shifts: dict[str, Shift]

    @property
    def p_value(self) -> float:
        """Chance of a difference at least this large without any drift."""
        return min(1.0, min(shift.p_value for shift in self.shifts.values()) * len(self.shifts))

    @property
    def stability_index(self) -> float:
        """The largest of all histograms."""
        return max(shift.stability_index for shift in self.shifts.values())

    @property
    def verdict(self) -> Verdict:
        """Whether and how much the inferences have drifted."""
        if self.p_value >= SIGNIFICANCE:
            return "same"
        if self.stability_index < MODERATE:
            return "small"
        return "moderate" if self.stability_index < LARGE else "large"

    @property
    def drifted(self) -> bool:
        """More than chance, and more than small."""
        return self.verdict in ("moderate", "large")


def compare_histograms(pairs: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> Difference:
    """Each (found, baseline) pair of counts (bins,), neither of them empty."""
    return Difference({name: _shift(found, baseline) for name, (found, baseline) in pairs.items()})


def _shift(found: np.ndarray, baseline: np.ndarray) -> Shift:
    a, b = found.astype(np.float64), baseline.astype(np.float64)
    distance = 0.5 * float(np.abs(a / a.sum() - b / b.sum()).sum())
    return Shift(stability_index(a, b), distance, homogeneity_p_value(a, b))


def stability_index(found: np.ndarray, baseline: np.ndarray) -> float:
    """PSI = Σ (p − q) ln(p / q) over the bins that either has, half an inference added to each so that an
    empty bin counts without being infinite."""
    used = (found + baseline) > 0
    p, q = found[used] + 0.5, baseline[used] + 0.5
    p, q = p / p.sum(), q / q.sum()
    return float(((p - q) * np.log(p / q)).sum())


def homogeneity_p_value(found: np.ndarray, baseline: np.ndarray) -> float:
    """Pearson's χ² test that two histograms (bins,) are samples of one distribution.

    Neighbouring bins are merged until each has an expected count of 5 in both samples; else 1."""
    table = _merged(np.stack([found, baseline]))
    rows, columns = table.sum(1, keepdims=True), table.sum(0, keepdims=True)
    expected = rows * columns / table.sum()
    degrees = table.shape[1] - 1
    if degrees < 1:
        return 1.0
    return chi_square_tail(float(((table - expected) ** 2 / expected).sum()), degrees)


def _merged(table: np.ndarray) -> np.ndarray:
    share = table.sum(1).min() / table.sum()
    groups: list[np.ndarray] = []
    for column in table.T:
        if groups and groups[-1].sum() * share < LEAST_EXPECTED:
            groups[-1] = groups[-1] + column
        else:
            groups.append(column)
    if len(groups) > 1 and groups[-1].sum() * share < LEAST_EXPECTED:
        last = groups.pop()
        groups[-1] = groups[-1] + last
    return np.stack(groups, 1)


def chi_square_tail(value: float, degrees: int) -> float:
    """P(χ² ≥ ``value``) for whole ``degrees`` of freedom (Abramowitz and Stegun 26.4.4 and 26.4.5)."""
    if value <= 0:
        return 1.0
    half = value / 2
    # e^(−x/2) times x/2 to growing powers over their factorials, in logarithms: large values underflow to 0
    odd = degrees % 2
    tail = math.erfc(math.sqrt(half)) if odd else 0.0
    for term in range((degrees - odd) // 2):
        power = term + odd / 2
        tail += math.exp(power * math.log(half) - half - math.lgamma(power + 1))
    return min(1.0, tail)
