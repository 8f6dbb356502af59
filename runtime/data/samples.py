"""What training code holds: tensors, data sets of samples, loaders of batches; PyTorch's, by what they can
do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from snnrt.errors import DataError

MOST_BYTES = 1 << 34


def as_numpy(value: object) -> object:
    """A tensor on any device, with gradients or not, as an array; anything else as it is."""
    detach = getattr(value, "detach", None)
    if detach is None or not hasattr(value, "cpu"):
        return value
    return detach().cpu().numpy()


def is_samples(x: object) -> bool:
    """Whether it gives samples one by one or in batches, and is no array itself."""
    if isinstance(x, (np.ndarray, list, tuple, str, bytes, Mapping)) or hasattr(x, "__array__"):
        return False
    return hasattr(x, "__len__") and (hasattr(x, "__getitem__") or _is_loader(x))


def gathered(x: Any, name: str) -> tuple[np.ndarray, np.ndarray | None]:
    """All inputs (N, …) and labels (N,) of a data set of samples, or of a loader of batches.

    A sample or batch is (input, label, …), or an input alone. Raises DataError for none, unequal shapes.
    """
    batches = _is_loader(x)
    inputs: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    total = 0
    for sample in x if batches else (x[place] for place in range(len(x))):
        pair = isinstance(sample, (tuple, list)) and len(sample) >= 2
        value, label = (sample[0], sample[1]) if pair else (sample, None)
        if not pair and isinstance(sample, (tuple, list)) and sample:
            value = sample[0]
        if isinstance(value, Mapping):
            raise DataError(f"{name}: expected samples (input, label), found a mapping; give arrays")
        array = np.asarray(as_numpy(value))
        inputs.append(array if batches else array[None])
        total += array.nbytes
        if total > MOST_BYTES:
            raise DataError(f"{name}: its samples do not fit into memory; give fewer")
        if label is not None:
            labels.append(np.atleast_1d(np.asarray(as_numpy(label))))
    if not inputs:
        raise DataError(f"{name}: expected at least one sample, found none")
    try:
        return np.concatenate(inputs), np.concatenate(labels) if labels else None
    except ValueError as error:
        raise DataError(f"{name}: expected samples of one shape, found several ({error})") from None


def _is_loader(x: object) -> bool:
    return hasattr(x, "__iter__") and hasattr(x, "dataset") and hasattr(x, "batch_size")
