"""Numbers that an export rounded, found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

DECIMAL_DIGITS = 5


def recover(stored: np.ndarray, guess: np.ndarray, export: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """The float32 near ``guess`` which ``export`` turns into ``stored``.

    Several can, since the export rounds. Then it is the one with the fewest decimal digits (up to
    five, of it or of its reciprocal), because a person chose it; else the nearest. Where none is
    found, ``guess`` rounded.
    """
    guess = np.asarray(guess, np.float64)
    found = guess.astype(np.float32)
    open_ = np.ones(found.shape, bool)
    for candidate in _candidates(guess):
        with np.errstate(all="ignore"):
            fits = open_ & (candidate >= 0) & (export(candidate) == stored)
        found = np.where(fits, candidate, found)
        open_ &= ~fits
    return found


def _candidates(guess: np.ndarray) -> Iterator[np.ndarray]:
    with np.errstate(all="ignore"):
        for digits in range(1, DECIMAL_DIGITS + 1):
            yield _rounded(guess, digits).astype(np.float32)
            yield (1.0 / _rounded(1.0 / guess, digits)).astype(np.float32)
        nearest = guess.astype(np.float32)
        for step in (0, 1, -1, 2, -2, 3, -3, 4, -4):
            yield nearest + np.float32(step) * np.spacing(nearest)


def _rounded(values: np.ndarray, digits: int) -> np.ndarray:
    """To so many significant decimal digits."""
    exponent = digits - 1 - np.floor(np.log10(values))
    # a power of ten above 1 is exact, so a quotient by it is the nearest float to the decimal
    up, down = 10.0 ** np.maximum(exponent, 0), 10.0 ** np.maximum(-exponent, 0)
    return np.rint(values * up / down) * down / up
