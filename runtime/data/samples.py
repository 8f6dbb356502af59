"""What training code holds: tensors, data sets of samples, loaders of batches; PyTorch's, by what they can
do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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


def with_labels(x: object, name: str) -> tuple[object, object | None]:
    """Inputs and labels, where ``x`` holds both: (x, y), or a mapping with ``x``, as a file has them.

    Raises DataError for a mapping without.
    """
    if isinstance(x, Mapping):
        if "x" not in x:
            found = ", ".join(repr(key) for key in list(x)[:5]) or "none"
            raise DataError(
                f"{name}: expected a mapping with x (inputs) and perhaps y (labels), found {found}"
            )
        return x["x"], x.get("y")
    if isinstance(x, tuple) and len(x) == 2:
        inputs, labels = map(_shape, x)
        # one label an input: no two inputs have such shapes
        if len(inputs) > 1 and len(labels) > 0 and inputs != labels and inputs[0] == labels[0]:
            return x
    return x, None


def is_samples(x: object) -> bool:
    """Whether it gives samples one by one or in batches, and is no array itself."""
    if isinstance(x, (list, tuple)):
        return bool(x) and all(_is_pair(one) for one in x)
    if isinstance(x, (np.ndarray, str, bytes, Mapping)) or hasattr(x, "__array__"):
        return False
    if hasattr(x, "__len__"):
        return hasattr(x, "__getitem__") or _is_loader(x)
    return isinstance(x, Iterable)


def _is_pair(sample: object) -> bool:
    """(input, label): an array and one number."""
    if not isinstance(sample, tuple) or len(sample) != 2:
        return False
    return _shape(sample[1]) in ((), (1,)) and len(_shape(sample[0])) > 0


def _shape(value: Any) -> tuple[int, ...]:
    """Of an array or tensor, of lists of equal length; () of others."""
    found = getattr(value, "shape", None)
    try:
        return np.shape(value) if found is None else tuple(map(int, found))
    except (TypeError, ValueError):
        return ()


def gathered(x: Any, name: str) -> tuple[np.ndarray, np.ndarray | None]:
    """All inputs (N, …) and labels (N,) of a data set of samples, or of a loader of batches.

    A sample or batch is (input, label, …), or an input alone. Raises DataError for none, unequal shapes.
    """
    if isinstance(x, Iterator):
        raise DataError(
            f"{name}: expected data that can be read again, found an iterator; give list(…) of it"
        )
    batches = _is_loader(x)
    inputs: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    total = 0
    one_by_one = hasattr(x, "__len__") and not batches
    for sample in (x[place] for place in range(len(x))) if one_by_one else x:
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
