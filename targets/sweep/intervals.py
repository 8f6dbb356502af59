"""Confidence intervals of a mean over chips and inputs, both drawn at random, each input on each chip.

A value is y = μ + chip + input + rest (two-way random effects, crossed, one value a cell). With C chips, N
inputs and the mean squares MS_c, MS_i and MS_r of the analysis of variance,

    Var(mean) = σ_c²/C + σ_i²/N + σ_r²/(C·N), estimated by (MS_c + MS_i − MS_r) / (C·N)

(Searle, Casella, McCulloch, *Variance Components*, 1992, chapter 4), at least MS_c or MS_i over C·N. The
degrees of freedom are Satterthwaite's (Biometrics Bulletin 2, 1946): V² / Σ (MS/(C·N))²/f. The interval is
mean ± t · √V. For chips alone, on these very inputs, it is t with C − 1 degrees on the chips' means.

An accuracy takes Wilson's interval (JASA 22, 1927) at the effective number of inputs n = p(1 − p)/V, with
the same t: it stays between 0 and 1, and where every answer is right or none, n = N keeps its width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snnrt.brief import brief_repr

Interval = tuple[float, float]


@dataclass(frozen=True)
class Estimate:
    """A ``mean`` with its ``interval`` over chips and inputs, and ``chips_interval`` over chips alone (None
    with one chip). ``chips_deviation``: standard deviation of the chips' means; ``least``, ``greatest``: the
    lowest and the highest mean of a chip. Units are the quantity's."""

    mean: float
    interval: Interval
    chips_interval: Interval | None
    chips_deviation: float | None
    least: float
    greatest: float

    __repr__ = brief_repr

    def to_dict(self) -> dict[str, object]:
        """JSON-able."""
        return {
            "mean": self.mean,
            "interval": list(self.interval),
            "chips_interval": None if self.chips_interval is None else list(self.chips_interval),
            "chips_deviation": self.chips_deviation,
            "least_chip": self.least,
            "greatest_chip": self.greatest,
        }


def estimate_mean(values: np.ndarray, confidence: float, *, fraction: bool = False) -> Estimate:
    """Of ``values`` (C, N), a row a chip, an input a column; ``confidence`` between 0 and 1.

    ``fraction``: values are 0 or 1, and the interval is Wilson's.
    """
    values = np.asarray(values, np.float64)
    chips, inputs = values.shape
    mean, chip_means = float(values.mean()), values.mean(axis=1)
    variance, freedom = _variance(values, chip_means)
    chips_interval, deviation = None, None
    if chips > 1:
        deviation = float(chip_means.std(ddof=1))
        half = student_quantile((1 + confidence) / 2, chips - 1) * deviation / math.sqrt(chips)
        low, high = mean - half, mean + half
        chips_interval = (max(low, 0.0), min(high, 1.0)) if fraction else (low, high)
    quantile = student_quantile((1 + confidence) / 2, freedom)
    if fraction:
        spread = mean * (1 - mean)
        effective = spread / variance if variance > 0 and spread > 0 else float(inputs)
        interval = _wilson(mean, effective, quantile)
    else:
        half = quantile * math.sqrt(variance)
        interval = (mean - half, mean + half)
    return Estimate(
        mean, interval, chips_interval, deviation, float(chip_means.min()), float(chip_means.max())
    )


def _variance(values: np.ndarray, chip_means: np.ndarray) -> tuple[float, float]:
    """Variance of the mean and its degrees of freedom; one chip, or one input, leaves the other's alone."""
    chips, inputs = values.shape
    cells = chips * inputs
    if cells == 1:
        return 0.0, 1.0
    if chips == 1 or inputs == 1:
        return float(values.var(ddof=1)) / cells, cells - 1.0
    mean, input_means = values.mean(), values.mean(axis=0)
    freedoms = (chips - 1.0, inputs - 1.0, (chips - 1.0) * (inputs - 1.0))
    rest = values - chip_means[:, np.newaxis] - input_means + mean
    squares = (
        inputs * float(((chip_means - mean) ** 2).sum()) / freedoms[0],
        chips * float(((input_means - mean) ** 2).sum()) / freedoms[1],
        float((rest**2).sum()) / freedoms[2],
    )
    combined = squares[0] + squares[1] - squares[2]
    # rounding of equal values is no spread
    if max(squares[:2]) <= (1e-14 * abs(mean)) ** 2 * cells:
        return 0.0, freedoms[0]
    if combined >= max(squares[:2]):
        weight = sum(square**2 / freedom for square, freedom in zip(squares, freedoms, strict=True))
        return combined / cells, max(combined**2 / weight, 1.0)
    larger = 0 if squares[0] >= squares[1] else 1
    return squares[larger] / cells, freedoms[larger]


def _wilson(share: float, number: float, quantile: float) -> Interval:
    square = quantile**2 / number
    centre = (share + square / 2) / (1 + square)
    half = quantile / (1 + square) * math.sqrt(share * (1 - share) / number + square / (4 * number))
    # the ends are exact where every answer is right, or none
    return (0.0 if share == 0 else max(centre - half, 0.0)), (1.0 if share == 1 else min(centre + half, 1.0))


def student_quantile(share: float, freedom: float) -> float:
    """The t below which ``share`` (0.5 … 1) of Student's distribution lies, to 1e-9; by bisection."""
    low, high = 0.0, 1.0
    while _student_below(high, freedom) < share and high < 1e9:
        high *= 2
    while high - low > 1e-10 * max(high, 1.0):
        middle = (low + high) / 2
        if _student_below(middle, freedom) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _student_below(t: float, freedom: float) -> float:
    """P(T ≤ t) for t ≥ 0: 1 − I_x(f/2, 1/2) / 2 with x = f/(f + t²)."""
    return 1 - _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised, by its continued fraction in Lentz's form (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    tiny, c = 1e-300, 1.0
    d = 1 / (1 - (a + b) * x / (a + 1) or tiny)
    total = d
    for m in range(1, 1000):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + term * d or tiny)
            c = 1 + term / c or tiny
            total *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return front * total / a
