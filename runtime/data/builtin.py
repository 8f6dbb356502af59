"""Built-in data: what comes with a dependency or follows from its definition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from snnrt.errors import DataError

Split = Literal["train", "validation", "test"]

DIGITS_TRAIN = 1000
"""Of scikit-learn's 1,797 digits, unshuffled, the first 1,000 train and the last 797 test."""

YIN_YANG_SPLITS = {"train": (42, 5000), "validation": (41, 1000), "test": (40, 1000)}
"""Seed and number of samples of the published splits."""


def digits(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Handwritten digits of scikit-learn, unshuffled: x (N, 1, 8, 8) float32 in [0, 1], y (N,) int64.

    Splits ``train`` (1,000) and ``test`` (797). Raises DataError without scikit-learn or for
    another split.
    """
    if split == "validation":
        raise DataError("digits: expected the split train or test, found validation")
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise DataError(
            "digits: needs scikit-learn, which is not installed: pip install scikit-learn"
        ) from error
    bunch = load_digits()
    chosen = slice(None, DIGITS_TRAIN) if split == "train" else slice(DIGITS_TRAIN, None)
    images = (bunch.images[chosen] / 16).astype(np.float32)
    return images[:, None], bunch.target[chosen].astype(np.int64)


def yin_yang(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """The Yin-Yang set: x (N, 4) float32 in [0, 1], y (N,) int64 (0 yin, 1 yang, 2 dot).

    The published splits: ``train`` 5,000, ``validation`` and ``test`` 1,000 samples each.
    """
    seed, samples = YIN_YANG_SPLITS[split]
    x, y = generate_yin_yang(samples, seed)
    return x.astype(np.float32), y


def generate_yin_yang(samples: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw Yin-Yang samples: x (samples, 4) float64 = (x, y, 1 − x, 1 − y), y (samples,) int64.

    Kriener, Göltz, Petrovici, "The Yin-Yang dataset", NICE 2022: a class is drawn first, then
    points of the unit square until one lies in the big circle and has that class, so that the
    classes are balanced. The draws are NumPy's legacy ``RandomState``, in the order of the
    published samples.
    """
    random = np.random.RandomState(seed)
    x = np.empty((samples, 4), np.float64)
    y = np.empty(samples, np.int64)
    for index in range(samples):
        goal = int(random.randint(3))
        while True:
            east, north = random.rand(2) * (2 * _BIG_RADIUS)
            if (
                np.hypot(east - _BIG_RADIUS, north - _BIG_RADIUS) <= _BIG_RADIUS
                and _region(east, north) == goal
            ):
                break
        x[index] = east, north, 1 - east, 1 - north
        y[index] = goal
    return x, y


_BIG_RADIUS = 0.5
_DOT_RADIUS = 0.1


def _region(east: float, north: float) -> int:
    to_right = np.hypot(east - 1.5 * _BIG_RADIUS, north - _BIG_RADIUS)
    to_left = np.hypot(east - 0.5 * _BIG_RADIUS, north - _BIG_RADIUS)
    if min(to_right, to_left) <= _DOT_RADIUS:
        return 2
    in_yang = to_left <= 0.5 * _BIG_RADIUS or (north > _BIG_RADIUS and to_right > 0.5 * _BIG_RADIUS)
    return 1 if in_yang else 0


BUILT_IN: dict[str, Callable[[Split], tuple[np.ndarray, np.ndarray]]] = {
    "digits": digits,
    "yin-yang": yin_yang,
}

SPLITS: tuple[Split, ...] = get_args(Split)
