"""What a model is run on to see what it computes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from snnrt.converters.common.example_file import array_of
from snnrt.errors import ArgumentTypeError, ModelError

_EXPECTED = "an array with the axes of the model's input, its shape, or a .npy file, as --example 1,1,28,28"


def example_array(example: Any) -> np.ndarray | None:
    """The values of ``example``: an array, a tensor, or a .npy or .npz file; of a shape random ones, None for
    None. Raises ModelError for what is none of these."""
    if example is None:
        return None
    if isinstance(example, (str, os.PathLike)):
        example = array_of(example)
    if isinstance(example, (tuple, list)) and example and all(isinstance(one, int) for one in example):
        if min(example) < 1 or int(np.prod(example, dtype=object)) > 2**27:
            raise ModelError(f"example: expected sizes of at least 1, found {tuple(example)}")
        return np.random.default_rng(0).random(tuple(example)).astype(np.float32)
    if hasattr(example, "detach"):
        example = example.detach().cpu().numpy()
    if not isinstance(example, np.ndarray) or example.dtype.kind not in "biuf" or not example.size:
        raise ArgumentTypeError(f"example: expected {_EXPECTED}, found {type(example).__name__}")
    if not np.isfinite(example).all():
        raise ModelError("example: expected finite numbers, found NaN or infinity")
    return example


def another(given: np.ndarray, low: float, high: float) -> np.ndarray:
    """An input of the same shape and range, with other values and another mean."""
    share = (given.astype(np.float64) - low) / max(high - low, 1e-30)
    return np.asarray(low + (high - low) * (1 - share * share), given.dtype)


def limits(given: np.ndarray, low: float | None, high: float | None) -> tuple[tuple[float, float], list[str]]:
    """The range of the input: as told, else 0 to 1 or what the example has beyond it."""
    least, most = float(given.min()), float(given.max())
    found = (min(least, 0.0) if low is None else float(low), max(most, 1.0) if high is None else float(high))
    beyond = (low is None and least < 0) or (high is None and most > 1)
    notes = [
        f"input: values from {found[0]:g} to {found[1]:g} as in the example; "
        "say low and high if there are others"
    ]
    return found, notes if beyond else []
