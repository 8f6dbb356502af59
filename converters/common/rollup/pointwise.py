"""Recorded functions that compute each element of one tensor by itself, evaluated on other values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from snnrt.converters.common.rollup.arguments import argument
from snnrt.converters.common.rollup.calls import Call, Value, as_array

Operand = Callable[[int, str], Any]
"""Gives the argument in a place or of a name: an array, a number, or the default None."""

BENDS = frozenset({
    "relu", "relu6", "hardtanh", "clamp", "clip", "clamp_min", "clamp_max", "maximum", "minimum", "max",
    "min", "fmax", "fmin", "floor", "round", "ceil", "trunc", "fix", "int", "long", "short", "where", "abs",
    "absolute", "sign", "sgn", "gt", "ge", "lt", "le", "greater", "greater_equal", "less", "less_equal",
})  # fmt: skip
"""Those that are no sums and products."""

_SAME = frozenset({
    "contiguous", "clone", "detach", "to", "float", "type", "cpu", "identity", "data", "double", "type_as",
    "requires_grad",
})  # fmt: skip


class NotPointwise(Exception):
    """A function that mixes elements, or that is not known."""


def _clipped(low: str, high: str) -> Callable[[Operand], Any]:
    def compute(of: Operand) -> Any:
        found, least, most = of(0, "input"), of(1, low), of(2, high)
        found = found if least is None else np.maximum(found, least)
        return found if most is None else np.minimum(found, most)

    return compute


def _two(function: Callable[[Any, Any], Any]) -> Callable[[Operand], Any]:
    def compute(of: Operand) -> Any:
        first, second = of(0, "input"), of(1, "other")
        if first is None or second is None:
            # the maximum of a tensor's own elements
            raise NotPointwise
        return function(first, second)

    return compute


def _one(function: Callable[[Any], Any]) -> Callable[[Operand], Any]:
    return lambda of: function(of(0, "input"))


def _scaled(sign: float) -> Callable[[Operand], Any]:
    def compute(of: Operand) -> Any:
        alpha = of(2, "alpha")
        return of(0, "input") + sign * (1 if alpha is None else alpha) * of(1, "other")

    return compute


def _where(of: Operand) -> Any:
    return np.where(of(0, "condition"), of(1, "input"), of(2, "other"))


_FUNCTIONS: dict[str, Callable[[Operand], Any]] = {
    "add": _scaled(1.0), "sub": _scaled(-1.0), "mul": _two(lambda a, b: a * b),
    "rsub": _two(lambda a, b: b - a), "div": _two(lambda a, b: a / b), "rdiv": _two(lambda a, b: b / a),
    "neg": _one(np.negative), "negative": _one(np.negative),
    "relu": _one(lambda x: np.maximum(x, 0)), "relu6": _one(lambda x: np.clip(x, 0, 6)),
    "hardtanh": lambda of: np.clip(of(0, "input"), *_bounds(of)),
    "clamp": _clipped("min", "max"), "clip": _clipped("min", "max"),
    "clamp_min": _two(np.maximum), "clamp_max": _two(np.minimum),
    "floor": _one(np.floor), "ceil": _one(np.ceil), "trunc": _one(np.trunc), "fix": _one(np.trunc),
    "int": _one(np.trunc), "long": _one(np.trunc), "short": _one(np.trunc), "round": _one(np.rint),
    "abs": _one(np.abs), "absolute": _one(np.abs), "sign": _one(np.sign), "sgn": _one(np.sign),
    "where": _where,
}  # fmt: skip
_FUNCTIONS |= {name: _two(np.maximum) for name in ("maximum", "max", "fmax")}
_FUNCTIONS |= {name: _two(np.minimum) for name in ("minimum", "min", "fmin")}
_FUNCTIONS |= {name: _two(np.greater) for name in ("gt", "greater")}
_FUNCTIONS |= {name: _two(np.greater_equal) for name in ("ge", "greater_equal")}
_FUNCTIONS |= {name: _two(np.less) for name in ("lt", "less")}
_FUNCTIONS |= {name: _two(np.less_equal) for name in ("le", "less_equal")}
_FUNCTIONS |= {name: _one(np.asarray) for name in _SAME}


def _bounds(of: Operand) -> tuple[Any, Any]:
    low, high = of(1, "min_val"), of(2, "max_val")
    return -1 if low is None else low, 1 if high is None else high


def is_pointwise(call: Call) -> bool:
    """Does it compute each element from those in the same place, and from single constants?"""
    if (
        call.cell is not None
        or call.function not in _FUNCTIONS
        or len(call.outputs) != 1
        or not call.values()
    ):
        return False
    if call.options.get("rounding_mode") is not None or call.options.get("decimals"):
        return False
    return all(value.shape == call.outputs[0].shape for value in call.values())


def evaluate(call: Call, of: Callable[[Value], np.ndarray]) -> np.ndarray:
    """What the pointwise ``call`` gives where its tensors are ``of`` them, (values,) float64.

    Raises NotPointwise for constants of more than one element, and arguments that are no numbers.
    """

    def operand(place: int, name: str) -> Any:
        found = argument(call, place, name)
        if found is None or isinstance(found, (bool, int, float)):
            return found
        if isinstance(found, Value):
            return of(found)
        if isinstance(found, np.generic) or hasattr(found, "shape"):
            array = as_array(found)
            if array.size == 1:
                return array.astype(np.float64).reshape(())
        raise NotPointwise

    with np.errstate(all="ignore"):
        found = np.asarray(_FUNCTIONS[call.function](operand), np.float64)
    if call.function in _SAME and "int" in str(call.outputs[0].tensor.dtype):
        # a conversion to integers is a rounding
        found = np.trunc(found)
    return found
