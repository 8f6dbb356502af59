"""Arguments of a recorded call, by place or by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.calls import Call, Value, as_array
from snnrt.converters.common.rollup.not_supported import NotSupported


def argument(call: Call, place: int, name: str, default: Any = None) -> Any:
    """The one in ``place`` or called ``name``."""
    if len(call.arguments) > place:
        return call.arguments[place]
    return call.options.get(name, default)


def value_of(call: Call, place: int = 0, name: str = "input") -> Value:
    """One that must be a tensor of the network's."""
    found = argument(call, place, name)
    if not isinstance(found, Value):
        raise NotSupported(
            f"its {name} is not what the network computes", "keep weights in the places of weights"
        )
    return found


def array_of(found: Any, name: str) -> np.ndarray | None:
    """A constant tensor or number as an array; None for None. Raises NotSupported for what depends on the
    input."""
    if found is None:
        return None
    if isinstance(found, Value):
        raise NotSupported(f"its {name} depends on the network's input", "use a constant there")
    return as_array(found).copy()


def weights_of(found: Any, name: str) -> np.ndarray:
    """A constant that must be there, float32."""
    array = array_of(found, name)
    if array is None:
        raise NotSupported(f"it has no {name}", "give it one")
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(array, np.float32)


def pair(found: Any, axes: int = 2) -> tuple[int, int]:
    """A number or a list as (rows, columns); of one axis the columns."""
    values = [int(one) for one in (found if isinstance(found, (tuple, list)) else [found])]
    if axes == 1:
        return (1, values[0])
    return (values[0], values[-1])


def spread(found: Parameters) -> Parameters:
    """Parameters as PyTorch broadcasts them: from the last axis on; one that does not fit is left."""
    shape = found.shape
    # (channels, length) is a map of height 1
    bare = (shape[0], shape[2]) if len(shape) == 3 and shape[1] == 1 else shape
    values = dict(found.values)
    for name, value in values.items():
        array = np.asarray(value)
        for wanted in (shape, bare):
            inner = (
                array.reshape(array.shape[max(array.ndim - len(wanted), 0) :])
                if _fits(array, wanted)
                else None
            )
            if inner is not None and inner.size > 1:
                values[name] = np.broadcast_to(inner, wanted).reshape(shape)
                break
    return Parameters(found.node, shape, values)


def _fits(array: np.ndarray, shape: tuple[int, ...]) -> bool:
    """Does it broadcast to ``shape``, axes of one in front apart?"""
    beyond = max(array.ndim - len(shape), 0)
    sizes = array.shape[beyond:]
    return all(size == 1 for size in array.shape[:beyond]) and all(
        size in (1, wanted) for size, wanted in zip(sizes[::-1], shape[::-1])
    )
