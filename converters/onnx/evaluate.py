"""One ONNX operator on arrays, within bounds: what an operator makes is counted before it is made."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator

from snnrt.converters.onnx.bounds import MAX_WORK, TooLarge, count
from snnrt.converters.onnx.evaluate_windows import WINDOWS
from snnrt.converters.onnx.file import DAMAGED

Arrays = list[Any]


class NotKnown(Exception):
    """No operator of this name is evaluated."""


_BY_REFERENCE = frozenset({
    "Acos", "And", "ArgMax", "ArgMin", "Asin", "Atan", "BitShift",
    "Celu", "Cos", "CumSum", "DepthToSpace", "Dropout", "Elu", "Erf", "Flatten", "Gelu",
    "HardSigmoid", "HardSwish", "Hardmax",
    "InstanceNormalization", "IsInf", "IsNaN", "LRN", "LayerNormalization", "LeakyRelu",
    "LogSoftmax", "Mish", "Mod", "NonZero", "Or", "PRelu", "ReduceL1", "ReduceL2",
    "ReduceLogSumExp", "ReduceMin", "ReduceProd", "ReduceSumSquare",
    "Round", "ScatterElements", "ScatterND", "Selu", "Shrink", "Sigmoid", "Sin", "Softmax", "Softplus",
    "Softsign", "SpaceToDepth", "Tan", "ThresholdedRelu", "Trilu", "Unique", "Xor",
})  # fmt: skip
"""Whose result is no larger than what they read, or is counted by broadcasting."""


def evaluate(kind: str, arrays: Arrays, attributes: dict[str, Any], opset: int, outputs: int) -> Arrays:
    """What the operator ``kind`` gives for ``arrays`` (None: left out).

    Raises TooLarge, NotKnown, and nearly anything where the arrays do not fit it.
    """
    present = [one for one in arrays if one is not None]
    count(math.prod(_broadcast(present)) if kind in _BROADCASTS else 0)
    own = _OWN.get(kind)
    if own is not None:
        with np.errstate(all="ignore"):
            found = own(arrays, attributes)
        return found if isinstance(found, list) else [_plain(found)]
    if kind not in _BY_REFERENCE:
        raise NotKnown(kind)
    with np.errstate(all="ignore"):
        return list(_reference(kind, arrays, attributes, opset, outputs))


def _reference(kind: str, arrays: Arrays, attributes: dict[str, Any], opset: int, outputs: int) -> Arrays:
    names = tuple("" if one is None else f"i{place}" for place, one in enumerate(arrays))
    key = tuple(sorted((name, _hashable(value)) for name, value in attributes.items()))
    types = tuple(0 if one is None else onnx.helper.np_dtype_to_tensor_dtype(one.dtype) for one in arrays)
    evaluator = _evaluator(kind, names, types, key, opset, outputs)
    given = {name: one for name, one in zip(names, arrays) if name}
    return [_plain(one) for one in evaluator.run(None, given)]


@lru_cache(512)
def _evaluator(
    kind: str, names: tuple[str, ...], types: tuple[int, ...], key: tuple[tuple[str, Any], ...], opset: int,
    outputs: int,
) -> ReferenceEvaluator:  # fmt: skip
    attributes: dict[str, Any] = {
        name: list(value) if isinstance(value, tuple) else value for name, value in key
    }
    results = [f"o{place}" for place in range(outputs)]
    node = onnx.helper.make_node(kind, list(names), results, **attributes)
    info = onnx.helper.make_tensor_value_info
    given = [info(name, of, None) for name, of in zip(names, types) if name]
    graph = onnx.helper.make_graph([node], "one", given, [info(one, 0, None) for one in results])
    imports = [onnx.helper.make_opsetid("", opset)]
    return ReferenceEvaluator(onnx.helper.make_model(graph, opset_imports=imports))


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _plain(found: Any) -> np.ndarray:
    return np.asarray(found)


def _broadcast(arrays: Arrays) -> tuple[int, ...]:
    return np.broadcast_shapes(*(one.shape for one in arrays))


# arithmetic


def _two(compute: Callable[[Any, Any], Any]) -> Callable[[Arrays, dict[str, Any]], np.ndarray]:
    return lambda arrays, attributes: compute(arrays[0], arrays[1])


def _one(compute: Callable[[Any], Any]) -> Callable[[Arrays, dict[str, Any]], np.ndarray]:
    return lambda arrays, attributes: compute(arrays[0])


def _divide(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.dtype.kind in "iu":
        if not b.all():
            raise ValueError("a division by zero")
        return (np.sign(a) * np.sign(b) * (np.abs(a) // np.abs(b))).astype(a.dtype)
    return a / b


def _many(compute: Callable[[Any, Any], Any]) -> Callable[[Arrays, dict[str, Any]], np.ndarray]:
    def fold(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
        total = arrays[0]
        for one in arrays[1:]:
            total = compute(total, one)
        return np.asarray(total)

    return fold


def _power(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    return np.asarray(np.power(arrays[0], arrays[1]).astype(arrays[0].dtype))


def _cast(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(int(attributes["to"])))
    if dtype.kind not in "biuf":
        dtype = np.dtype(np.float32)
    return np.asarray(arrays[0]).astype(dtype)


def _matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    rows = (
        math.prod(a.shape[:-1]) if b.ndim <= 2 else math.prod(np.broadcast_shapes(a.shape[:-2], b.shape[:-2]))
    )
    count(rows * (b.shape[-1] if b.ndim > 1 else 1))
    if rows * b.size > MAX_WORK:
        raise TooLarge(f"{rows * b.size} products")
    return np.asarray(a @ b)


def _gemm(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    a = arrays[0].T if attributes.get("transA", 0) else arrays[0]
    b = arrays[1].T if attributes.get("transB", 0) else arrays[1]
    found = _matmul(a, b)
    if attributes.get("alpha", 1.0) != 1:
        found = found * np.float32(attributes["alpha"])
    if len(arrays) > 2 and arrays[2] is not None:
        found = found + np.float32(attributes.get("beta", 1.0)) * arrays[2]
    return np.asarray(found)


def _conv_transpose(arrays: Arrays, attributes: dict[str, Any]) -> list[Any]:
    x, weights = arrays[0], arrays[1]
    axes = weights.ndim - 2
    strides = attributes.get("strides", [1] * axes)
    count(x.shape[0] * weights.shape[0] * math.prod(size * stride + 64 for size, stride in zip(
        x.shape[2:], strides)) * math.prod(weights.shape[2:]) // 4)  # fmt: skip
    if x.size * math.prod(weights.shape[1:]) > MAX_WORK // 16:
        raise TooLarge(f"{x.size * weights.size} products")
    return _reference("ConvTranspose", arrays, attributes, 11, 1)


# shapes


def _expand(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    shape = np.broadcast_shapes(arrays[0].shape, tuple(int(one) for one in arrays[1]))
    count(math.prod(shape))
    return np.broadcast_to(arrays[0], shape).copy()


def _tile(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    count(arrays[0].size * math.prod(int(one) for one in arrays[1]))
    return np.tile(arrays[0], tuple(int(one) for one in arrays[1]))


def _constant_of_shape(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    shape = tuple(int(one) for one in arrays[0])
    count(math.prod(shape))
    value = attributes.get("value")
    filled = np.zeros(1, np.float32) if value is None else np.asarray(onnx.numpy_helper.to_array(value))
    return np.full(shape, filled.reshape(-1)[0], filled.dtype)


def _range(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    start, stop, step = (one.reshape(-1)[0] for one in arrays)
    count(int(max(0, math.ceil((float(stop) - float(start)) / float(step)))))
    return np.arange(start, stop, step, dtype=arrays[0].dtype)


def _reshape(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    shape = [int(one) for one in arrays[1]]
    if not attributes.get("allowzero", 0):
        shape = [arrays[0].shape[axis] if one == 0 else one for axis, one in enumerate(shape)]
    return np.asarray(arrays[0].reshape(shape))


def axes_of(arrays: Arrays, attributes: dict[str, Any], place: int = 1) -> list[int] | None:
    """Axes, an attribute once and an input now."""
    if len(arrays) > place and arrays[place] is not None:
        return [int(one) for one in np.asarray(arrays[place]).reshape(-1)]
    found = attributes.get("axes")
    return None if found is None else [int(one) for one in found]


def _squeeze(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    axes = axes_of(arrays, attributes)
    return np.asarray(np.squeeze(arrays[0], None if axes is None else tuple(axes)))


def _unsqueeze(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    return np.expand_dims(arrays[0], tuple(axes_of(arrays, attributes) or ()))


def _transpose(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    return np.transpose(arrays[0], attributes.get("perm"))


def _concat(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    count(sum(one.size for one in arrays))
    return np.concatenate(arrays, int(attributes["axis"]))


def _gather(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    axis = int(attributes.get("axis", 0))
    count(arrays[0].size // max(arrays[0].shape[axis], 1) * max(arrays[1].size, 1))
    return np.asarray(np.take(arrays[0], arrays[1], axis))


def slices(arrays: Arrays, attributes: dict[str, Any], rank: int) -> list[slice]:
    """A slice for each axis."""
    if "starts" in attributes:
        starts, ends = attributes["starts"], attributes["ends"]
        axes, steps = attributes.get("axes"), None
    else:
        starts, ends = ([int(one) for one in arrays[place]] for place in (1, 2))
        axes = None if len(arrays) < 4 or arrays[3] is None else [int(one) for one in arrays[3]]
        steps = None if len(arrays) < 5 or arrays[4] is None else [int(one) for one in arrays[4]]
    found = [slice(None)] * rank
    for number, (start, end) in enumerate(zip(starts, ends)):
        step = 1 if steps is None else steps[number]
        axis = number if axes is None else axes[number]
        last = None if step < 0 and end < -(2**31) else end
        found[axis % rank] = slice(start, last, step)
    return found


def _slice(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    return np.asarray(arrays[0][tuple(slices(arrays, attributes, arrays[0].ndim))])


def _split(arrays: Arrays, attributes: dict[str, Any]) -> list[np.ndarray]:
    axis = int(attributes.get("axis", 0))
    sizes = attributes.get("split")
    if len(arrays) > 1 and arrays[1] is not None:
        sizes = [int(one) for one in arrays[1]]
    if sizes is None:
        count, size = int(attributes["num_outputs"]), arrays[0].shape[axis]
        each = -(-size // count)
        sizes = [min(each, size - each * place) for place in range(count)]
    if sum(sizes) != arrays[0].shape[axis]:
        raise ValueError(f"parts of {sizes[:8]}")
    return list(np.split(arrays[0], np.cumsum(sizes)[:-1], axis))


def _pad(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    x, sides = arrays[0], pad_sides(arrays, attributes)
    count(math.prod(max(size + a + b, 0) for size, (a, b) in zip(x.shape, sides)))
    mode = attributes.get("mode", "constant")
    cut = tuple(slice(max(-a, 0), size - max(-b, 0)) for size, (a, b) in zip(x.shape, sides))
    around = [(max(a, 0), max(b, 0)) for a, b in sides]
    if mode != "constant":
        return np.pad(x[cut], around, {"reflect": "reflect", "edge": "edge", "wrap": "wrap"}[mode])  # type: ignore[call-overload,no-any-return]
    return np.pad(x[cut], around, constant_values=pad_value(arrays, attributes))


def pad_sides(arrays: Arrays, attributes: dict[str, Any]) -> list[tuple[int, int]]:
    """(begin, end) of each axis; negative numbers crop."""
    rank = arrays[0].ndim
    pads = [int(one) for one in (attributes["pads"] if "pads" in attributes else arrays[1])]
    axes = (
        [int(one) % rank for one in arrays[3]] if len(arrays) > 3 and arrays[3] is not None else range(rank)
    )
    sides = [(0, 0)] * rank
    half = len(pads) // 2
    for number, axis in enumerate(axes):
        sides[axis] = (pads[number], pads[number + half])
    return sides


def pad_value(arrays: Arrays, attributes: dict[str, Any]) -> float:
    """What is put around."""
    given = (
        arrays[2] if len(arrays) > 2 and arrays[2] is not None else np.asarray(attributes.get("value", 0.0))
    )
    return float(given.reshape(-1)[0])


def _reduced(compute: Callable[..., Any]) -> Callable[[Arrays, dict[str, Any]], np.ndarray]:
    def reduce(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
        axes = axes_of(arrays, attributes)
        if not axes:
            if attributes.get("noop_with_empty_axes", 0):
                return np.asarray(arrays[0])
            axes = list(range(arrays[0].ndim))
        kept = bool(attributes.get("keepdims", 1))
        return np.asarray(compute(arrays[0], axis=tuple(axes), keepdims=kept), arrays[0].dtype)

    return reduce


def _where(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    return np.asarray(np.where(arrays[0], arrays[1], arrays[2]))


def _clip(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    low, high = ([*arrays, None, None][1:3] if "min" not in attributes and "max" not in attributes
                 else (attributes.get("min"), attributes.get("max")))  # fmt: skip
    found = arrays[0]
    if low is not None:
        found = np.maximum(found, np.asarray(low, found.dtype))
    if high is not None:
        found = np.minimum(found, np.asarray(high, found.dtype))
    return np.asarray(found)


def _identity(arrays: Arrays, attributes: dict[str, Any]) -> np.ndarray:
    return np.asarray(arrays[0])


_BROADCASTS = frozenset({
    "Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean", "Where", "Greater", "Less", "Equal",
    "And", "Or", "Xor", "Mod", "GreaterOrEqual", "LessOrEqual", "PRelu", "BitShift",
})  # fmt: skip

_OWN: dict[str, Callable[[Arrays, dict[str, Any]], Any]] = {
    "Add": _two(np.add), "Sub": _two(np.subtract), "Mul": _two(np.multiply), "Div": _two(_divide),
    "Pow": _power, "Max": _many(np.maximum), "Min": _many(np.minimum), "Sum": _many(np.add),
    "Neg": _one(np.negative), "Abs": _one(np.abs), "Floor": _one(np.floor), "Ceil": _one(np.ceil),
    "Sign": _one(np.sign), "Sqrt": _one(np.sqrt), "Exp": _one(np.exp), "Log": _one(np.log),
    "Tanh": _one(np.tanh), "Reciprocal": _one(np.reciprocal), "Not": _one(np.logical_not),
    "Relu": _one(lambda x: np.maximum(x, x.dtype.type(0))), "Clip": _clip,
    "Greater": _two(np.greater), "Less": _two(np.less), "Equal": _two(np.equal),
    "GreaterOrEqual": _two(np.greater_equal), "LessOrEqual": _two(np.less_equal),
    "MatMul": _two(_matmul), "Gemm": _gemm, "ConvTranspose": _conv_transpose, **WINDOWS,
    "ReduceMean": _reduced(np.mean), "ReduceSum": _reduced(np.sum), "ReduceMax": _reduced(np.max),
    
    "Expand": _expand, "Tile": _tile, "ConstantOfShape": _constant_of_shape, "Range": _range,
    "Reshape": _reshape, "Squeeze": _squeeze, "Unsqueeze": _unsqueeze, "Transpose": _transpose,
    "Concat": _concat, "Gather": _gather, "Slice": _slice, "Split": _split, "Pad": _pad, "Where": _where,
    "Cast": _cast, "CastLike": lambda arrays, _: arrays[0].astype(arrays[1].dtype), "Identity": _identity,
    "Dropout": _identity, "Shape": lambda arrays, at: np.array(
        arrays[0].shape[at.get("start", 0) : at.get("end")], np.int64),
    "Size": lambda arrays, _: np.array(arrays[0].size, np.int64),
}  # fmt: skip

FAILS = (*DAMAGED, onnx.checker.ValidationError)
"""What an operator raises on arrays that do not fit it."""
