"""Sums, differences, and products with constants."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from snnrt.converters.common.rollup.arguments import argument, array_of, value_of
from snnrt.converters.common.rollup.calls import Call, Value
from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Affine, Sum

if TYPE_CHECKING:
    from snnrt.converters.common.rollup.interpreter import Interpreter


def add(interpreter: Interpreter, call: Call) -> Meaning:
    """A sum of two tensors, or of one and a constant."""
    first, second = argument(call, 0, "input"), argument(call, 1, "other")
    alpha = float(argument(call, 2, "alpha", 1))
    if isinstance(first, Value) and isinstance(second, Value):
        meanings = [interpreter.meaning(first), interpreter.meaning(second)]
        if alpha != 1:
            meanings[1] = affine(interpreter, call, meanings[1], alpha, 0.0)
        return summed(interpreter, call, meanings)
    source, constant = (first, second) if isinstance(first, Value) else (second, first)
    array = array_of(constant, "summand")
    assert array is not None
    if not array.any():
        return interpreter.meaning(source)
    if isinstance(first, Value):
        return affine(interpreter, call, interpreter.meaning(source), 1.0, alpha * array)
    return affine(interpreter, call, interpreter.meaning(source), alpha, array)


def summed(interpreter: Interpreter, call: Call, meanings: list[Meaning]) -> Meaning:
    """The sum: of two nodes, or of one over its timesteps."""
    first, second = meanings
    for total, one in ((first, second), (second, first)):
        # a running total: each timestep once, from the first on
        begun = total.mode == "running" or (total.time == "step" and total.step == 0)
        if begun and one.time == "step" and total.node == one.node and one.step == total.step + 1:
            if interpreter.looped and one.step == interpreter.timesteps - 1:
                return replace(one, time="reduced", mode="sum")
            return replace(one, mode="running")
    if first.mode == "running" or second.mode == "running":
        raise NotSupported("a sum of some timesteps", "add up each timestep once, from the first to the last")
    if first.sample != second.sample:
        raise NotSupported(f"a sum of {first.sample} and {second.sample}", "add tensors of equal shape")
    return interpreter.node(call, Sum(call.title), meanings, first.sample)


def affine(
    interpreter: Interpreter,
    call: Call,
    meaning: Meaning,
    scale: np.ndarray | float,
    shift: np.ndarray | float,
) -> Meaning:
    """``scale``·x + ``shift`` with constants that broadcast against the tensor's axes."""
    arrays = [_on_sample(np.asarray(one, np.float64), meaning) for one in (scale, shift)]
    if bool((arrays[0] == 1).all()) and not arrays[1].any():
        return meaning
    if meaning.time == "reduced":
        if arrays[1].any() or (meaning.mode == "maximum" and (arrays[0] <= 0).any()):
            raise NotSupported(
                "a shift behind a sum over the timesteps", "put it before the sum over the timesteps"
            )
        if meaning.mode == "sum" and bool(np.allclose(arrays[0] * interpreter.timesteps, 1, rtol=1e-6)):
            return Meaning(meaning.node, "reduced", meaning.lead, meaning.sample, meaning.step, "mean")
    return interpreter.node(call, Affine(call.title, *arrays), [meaning], meaning.sample)


def _on_sample(array: np.ndarray, meaning: Meaning) -> np.ndarray:
    """One value, one a channel, or one an element."""
    if array.size == 1:
        return array.reshape(())
    shape = (1,) * (meaning.rank - array.ndim) + array.shape
    if len(shape) > meaning.rank or any(size != 1 for size in shape[: len(meaning.lead)]):
        raise NotSupported(
            f"a constant of shape {array.shape}", "use one value, one a channel or one an element"
        )
    sample: np.ndarray = array.reshape(shape[len(meaning.lead) :])
    if len(meaning.sample) > 1 and all(size == 1 for size in sample.shape[1:]):
        return sample.reshape(-1)
    if any(size not in (1, own) for size, own in zip(sample.shape, meaning.sample)):
        raise NotSupported(
            f"a constant of shape {array.shape} that repeats {meaning.sample}",
            "use one of the tensor's shape",
        )
    return np.broadcast_to(sample, meaning.sample).copy()


def _two(interpreter: Interpreter, call: Call) -> tuple[Any, Any]:
    first, second = argument(call, 0, "input"), argument(call, 1, "other")
    return first, second


def multiply(interpreter: Interpreter, call: Call) -> Meaning:
    """A product with a constant."""
    first, second = _two(interpreter, call)
    if isinstance(first, Value) and isinstance(second, Value):
        raise NotSupported("a product of two of the network's tensors", "add them, or concatenate them")
    source, factor = (first, second) if isinstance(first, Value) else (second, first)
    array = array_of(factor, "factor")
    assert array is not None
    return affine(interpreter, call, interpreter.meaning(source), array, 0.0)


def divide(interpreter: Interpreter, call: Call) -> Meaning:
    """A quotient by a constant."""
    divisor = array_of(argument(call, 1, "other"), "divisor")
    assert divisor is not None
    if argument(call, 2, "rounding_mode", None) is not None:
        raise NotSupported("a rounded quotient", "leave rounding_mode out")
    with np.errstate(divide="ignore"):
        factor = 1 / divisor.astype(np.float64)
    if not np.isfinite(factor).all():
        raise NotSupported("a quotient by 0", "divide by another number")
    return affine(interpreter, call, interpreter.meaning(value_of(call)), factor, 0.0)


def negate(interpreter: Interpreter, call: Call) -> Meaning:
    """A change of sign."""
    return affine(interpreter, call, interpreter.meaning(value_of(call)), -1.0, 0.0)


def subtract(interpreter: Interpreter, call: Call) -> Meaning:
    """A difference of a tensor and a constant, or of two tensors."""
    first, second = _two(interpreter, call)
    alpha = float(argument(call, 2, "alpha", 1))
    if call.function == "rsub":
        first, second = second, first
    if isinstance(first, Value) and isinstance(second, Value):
        lowered = affine(interpreter, call, interpreter.meaning(second), -alpha, 0.0)
        return summed(interpreter, call, [interpreter.meaning(first), lowered])
    if isinstance(first, Value):
        array = array_of(second, "subtrahend")
        return affine(interpreter, call, interpreter.meaning(first), 1.0, -alpha * np.asarray(array))
    array = array_of(first, "minuend")
    return affine(interpreter, call, interpreter.meaning(second), -alpha, np.asarray(array))
