"""ONNX's operators as calls of PyTorch's functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from snnrt.converters.onnx.elementwise import axes, moves, place_of, rounds
from snnrt.converters.onnx.evaluate import pad_sides, pad_value, slices
from snnrt.converters.onnx.evaluate_windows import paddings
from snnrt.converters.onnx.tensors import Tensor, TracedNode

if TYPE_CHECKING:
    from snnrt.converters.onnx.translation import Translation


def _source(node: TracedNode) -> Tensor:
    found = node.inputs[0]
    assert isinstance(found, Tensor)
    return found


def _same(made: Translation, node: TracedNode) -> None:
    made.give(node, "identity", (made.argument(node.inputs[0]),), node.outputs[0])


def _named(function: str) -> Callable[[Translation, TracedNode], None]:
    def handle(made: Translation, node: TracedNode) -> None:
        made.give(node, function, [made.argument(one) for one in node.inputs], node.outputs[0])

    return handle


def _cast(made: Translation, node: TracedNode) -> None:
    """To integers it rounds towards zero."""
    made.give(
        node, "trunc" if rounds(node) else "identity", (made.argument(node.inputs[0]),), node.outputs[0]
    )


def _sum(made: Translation, node: TracedNode) -> None:
    total = made.argument(node.inputs[0])
    for one in node.inputs[1:]:
        other = made.argument(one)
        arrays = [getattr(each, "tensor", each) for each in (total, other)]
        total = made.call(node, "add", (total, other), np.asarray(arrays[0] + arrays[1]))
    made.values[node.outputs[0]] = total


def _mul(made: Translation, node: TracedNode) -> None:
    whole = _whole(node)
    if whole is not None:
        made.give(node, "identity", (made.argument(whole),), node.outputs[0])
        return
    _named("mul")(made, node)


def _whole(node: TracedNode) -> Tensor | None:
    """x of sign(x)·|x|, which PyTorch's lp_pool2d of norm 1 is exported with."""
    found = {one.node.kind: one.node for one in node.tensors() if one.node is not None}
    sign, size = found.get("Sign"), found.get("Relu") or found.get("Abs")
    if sign is None or size is None:
        return None
    inner = _source(size)
    if size.kind == "Relu":
        if inner.node is None or inner.node.kind != "Abs":
            return None
        inner = _source(inner.node)
    return inner if inner is _source(sign) else None


def _pow(made: Translation, node: TracedNode) -> None:
    exponent = node.constant(1)
    if exponent is not None and (exponent == 1).all():
        _same(made, node)
    else:
        _named("pow")(made, node)


def _gemm(made: Translation, node: TracedNode) -> None:
    at, weights = node.attributes, node.constant(1)
    x, bias = made.argument(node.inputs[0]), node.inputs[2] if len(node.inputs) > 2 else None
    sizes = (1, node.outputs[0].shape[-1])
    spread = isinstance(bias, Tensor) and bias.array.size not in sizes
    if weights is None or at.get("transA", 0) or spread:
        _named("mm")(made, node)
        return
    weights = weights if at.get("transB", 0) else weights.T
    weights = np.ascontiguousarray(weights * np.float32(at.get("alpha", 1.0)))
    added = made.argument(bias)
    if isinstance(added, np.ndarray):
        added = (added * np.float32(at.get("beta", 1.0))).reshape(-1)
    made.give(node, "linear", (x, weights, added), node.outputs[0])


def _matmul(made: Translation, node: TracedNode) -> None:
    weights = node.constant(1)
    if weights is not None and weights.ndim == 2 and len(_source(node).shape) > 1:
        made.give(node, "linear", (made.argument(node.inputs[0]), weights.T.copy(), None), node.outputs[0])
    else:
        _named("mm")(made, node)


def _conv(made: Translation, node: TracedNode) -> None:
    x, source, at = made.argument(node.inputs[0]), _source(node), node.attributes
    weights = node.constant(1)
    if weights is None or not hasattr(x, "tensor"):
        _named("a convolution whose weights are computed")(made, node)
        return
    count = weights.ndim - 2
    bias = made.argument(node.inputs[2]) if len(node.inputs) > 2 else None
    x, around = _padded(made, node, x, source, paddings(at, source.shape[2:], weights.shape[2:]), 0.0)
    arguments = (x, weights, bias, tuple(at.get("strides", [1] * count)), around,
                 tuple(at.get("dilations", [1] * count)), int(at.get("group", 1)))  # fmt: skip
    made.give(node, f"conv{count}d", arguments, node.outputs[0])


def _padded(
    made: Translation, node: TracedNode, x: Any, source: Tensor, pads: list[int], around: float
) -> tuple[Any, tuple[int, ...]]:
    """The input padded by itself where begin and end differ, and the padding that is left."""
    half = len(pads) // 2
    if pads[:half] == pads[half:]:
        return x, tuple(pads[:half])
    sides = [(a, b) for a, b in zip(pads[:half], pads[half:])]
    array = np.pad(source.array, [(0, 0), (0, 0), *sides], constant_values=around)
    return made.call(node, "pad", (x, _torch_sides(sides), "constant", around), array), (0,) * half


def _torch_sides(sides: list[tuple[int, int]]) -> list[int]:
    """As ``F.pad`` takes them, the last axis first."""
    return [one for pair in reversed(sides) for one in pair]


def _conv_transpose(made: Translation, node: TracedNode) -> None:
    weights, at = node.constant(1), node.attributes
    count = 0 if weights is None else weights.ndim - 2
    pads = tuple(at.get("pads", [0] * (2 * count)))
    if weights is None or count != 2 or pads[:count] != pads[count:] or "output_shape" in at:
        _named("a transposed convolution of this form")(made, node)
        return
    bias = made.argument(node.inputs[2]) if len(node.inputs) > 2 else None
    arguments = (made.argument(node.inputs[0]), weights, bias, tuple(at.get("strides", [1] * count)),
                 tuple(pads[:count]), tuple(at.get("output_padding", [0] * count)), int(at.get("group", 1)),
                 tuple(at.get("dilations", [1] * count)))  # fmt: skip
    made.give(node, "conv_transpose2d", arguments, node.outputs[0])


def _batch_norm(made: Translation, node: TracedNode) -> None:
    x, weight, bias, mean, variance = (made.argument(one) for one in node.inputs[:5])
    epsilon = float(node.attributes.get("epsilon", 1e-5))
    made.give(node, "batch_norm", (x, mean, variance, weight, bias, False, 0.1, epsilon), node.outputs[0])


def _max_pool(made: Translation, node: TracedNode) -> None:
    at, source = node.attributes, _source(node)
    kernel = tuple(node.attributes["kernel_shape"])
    count = len(kernel)
    pads = paddings(at, source.shape[2:], kernel)
    x, around = _padded(made, node, made.argument(source), source, pads, -np.inf)
    arguments = (x, kernel, tuple(at.get("strides", [1] * count)), around,
                 tuple(at.get("dilations", [1] * count)), bool(at.get("ceil_mode", 0)))  # fmt: skip
    made.give(node, f"max_pool{count}d", arguments, node.outputs[0])


def _average_pool(made: Translation, node: TracedNode) -> None:
    at, source = node.attributes, _source(node)
    kernel = tuple(node.attributes["kernel_shape"])
    count = len(kernel)
    pads = paddings(at, source.shape[2:], kernel)
    counted = bool(at.get("count_include_pad", 0))
    if pads[:count] != pads[count:] and not counted:
        _named("an average that leaves the padding out")(made, node)
        return
    x, around = _padded(made, node, made.argument(source), source, pads, 0.0)
    arguments = (
        x,
        kernel,
        tuple(at.get("strides", [1] * count)),
        around,
        bool(at.get("ceil_mode", 0)),
        counted,
    )
    made.give(node, f"avg_pool{count}d", arguments, node.outputs[0])


def _lp_pool(made: Translation, node: TracedNode) -> None:
    at, kernel = node.attributes, tuple(node.attributes["kernel_shape"])
    if any(at.get("pads", [])) or len(kernel) != 2:
        _named("a padded pool of a norm")(made, node)
        return
    arguments = (made.argument(node.inputs[0]), at.get("p", 2), kernel, tuple(at.get("strides", [1, 1])))
    made.give(node, "lp_pool2d", arguments, node.outputs[0])


def _global_pool(kind: str) -> Callable[[Translation, TracedNode], None]:
    def handle(made: Translation, node: TracedNode) -> None:
        count = len(_source(node).shape) - 2
        made.give(node, f"adaptive_{kind}_pool{count}d", (made.argument(node.inputs[0]), (1,) * count),
                  node.outputs[0])  # fmt: skip

    return handle


def _pad(made: Translation, node: TracedNode) -> None:
    arrays = [None if one is None else one.array for one in node.inputs if not isinstance(one, list)]
    sides = pad_sides(arrays, node.attributes)
    while sides and sides[0] == (0, 0):
        sides = sides[1:]
    mode = node.attributes.get("mode", "constant")
    value = pad_value(arrays, node.attributes) if mode == "constant" else 0.0
    if not sides:
        _same(made, node)
        return
    made.give(node, "pad", (made.argument(node.inputs[0]), _torch_sides(sides), mode, value), node.outputs[0])


# axes


def _reshape(made: Translation, node: TracedNode) -> None:
    made.give(node, "reshape", (made.argument(node.inputs[0]), node.outputs[0].shape), node.outputs[0])


def _unsqueeze(made: Translation, node: TracedNode) -> None:
    found = axes(node) or []
    if len(found) != 1:
        _reshape(made, node)
        return
    made.give(node, "unsqueeze", (made.argument(node.inputs[0]), found[0]), node.outputs[0])


def _transpose(made: Translation, node: TracedNode) -> None:
    rank = len(_source(node).shape)
    order = list(node.attributes.get("perm", range(rank)[::-1]))
    made.give(node, "permute", (made.argument(node.inputs[0]), order), node.outputs[0])


def _taken(made: Translation, node: TracedNode) -> None:
    """A part of an axis: of one place, or of several side by side."""
    source, out = _source(node), node.outputs[0]
    if not source.varies:
        _named(node.kind)(made, node)
        return
    if moves(node) and out.shape == source.shape:
        _same(made, node)
        return
    found = place_of(node)
    if found is None:
        if node.kind == "Slice":
            arrays = [None if one is None else one.array for one in node.inputs if not isinstance(one, list)]
            index = tuple(slices(arrays, node.attributes, len(source.shape)))
            made.give(node, "getitem", (made.argument(source), index), out)
        else:
            _named("gather")(made, node)
        return
    axis, place = found
    picked = np.take(source.array, place, axis)
    value = made.call(node, "select", (made.argument(source), axis, place), picked)
    if out.shape == picked.shape:
        made.values[out] = value
    else:
        made.give(node, "unsqueeze", (value, axis), out)


def _split(made: Translation, node: TracedNode) -> None:
    source = _source(node)
    axis = int(node.attributes.get("axis", 0)) % len(source.shape)
    start = 0
    for out in node.outputs:
        size = out.shape[axis]
        if size == 1:
            picked = np.take(source.array, start, axis)
            value = made.call(node, "select", (made.argument(source), axis, start), picked)
            made.values[out] = made.call(node, "unsqueeze", (value, axis), out.array)
        else:
            index = tuple(slice(start, start + size) if one == axis else slice(None)
                          for one in range(len(source.shape)))  # fmt: skip
            made.give(node, "getitem", (made.argument(source), index), out)
        start += size


def _concat(made: Translation, node: TracedNode) -> None:
    parts = [made.argument(one) for one in node.tensors()]
    function = "stack" if node.attributes.get("new_axis", 0) else "cat"
    if len(parts) == 1 and function == "cat":
        made.give(node, "identity", (parts[0],), node.outputs[0])
        return
    made.give(node, function, (parts, int(node.attributes["axis"])), node.outputs[0])


def _scatter(made: Translation, node: TracedNode) -> None:
    """``record[t] = spikes`` in a loop: a concatenation, once all timesteps are written."""
    out, (data, _, update) = node.outputs[0], node.inputs[:3]
    index = node.constant(1)
    assert isinstance(data, Tensor) and isinstance(update, Tensor)
    if index is None or index.size != 1 or update.array.size * out.shape[0] != out.array.size:
        _named("values written into a tensor")(made, node)
        return
    rows = list(made.rows.get(data, [None] * out.shape[0]))
    rows[int(index.reshape(-1)[0])] = update
    made.rows[out] = rows
    if all(one is not None for one in rows):
        values = [made.argument(one) for one in rows]
        ranks = {len(one.shape) for one in rows if one is not None}
        made.give(node, "cat" if ranks == {len(out.shape)} else "stack", (values, 0), out)


def _reduce(function: str) -> Callable[[Translation, TracedNode], None]:
    def handle(made: Translation, node: TracedNode) -> None:
        found = axes(node)
        source = _source(node)
        found = found or list(range(len(source.shape)))
        kept = bool(node.attributes.get("keepdims", 1))
        made.give(node, function, (made.argument(source), found, kept), node.outputs[0])

    return handle


def _clip(made: Translation, node: TracedNode) -> None:
    bounds = [*node.inputs[1:3], None, None][:2]
    given = [None if one is None else float(made.argument(one)) for one in bounds]
    if "min" in node.attributes or "max" in node.attributes:
        given = [node.attributes.get("min"), node.attributes.get("max")]
    made.give(node, "clamp", (made.argument(node.inputs[0]), *given), node.outputs[0])


def _tile(made: Translation, node: TracedNode) -> None:
    counts = node.constant(1)
    repeats = [] if counts is None else [int(one) for one in counts]
    made.give(node, "repeat", (made.argument(node.inputs[0]), repeats), node.outputs[0])


def _arg_max(made: Translation, node: TracedNode) -> None:
    made.give(node, "argmax", (made.argument(node.inputs[0]),), node.outputs[0])


LAYERS: dict[str, Callable[[Any, TracedNode], None]] = {
    "Add": _named("add"), "Sub": _named("sub"), "Mul": _mul, "Div": _named("div"), "Neg": _named("neg"),
    "Sum": _sum, "Pow": _pow, "Identity": _same, "Cast": _cast, "CastLike": _cast, "Dropout": _same,
    "Gemm": _gemm, "MatMul": _matmul, "Conv": _conv, "ConvTranspose": _conv_transpose,
    "BatchNormalization": _batch_norm, "MaxPool": _max_pool, "AveragePool": _average_pool,
    "LpPool": _lp_pool, "GlobalAveragePool": _global_pool("avg"), "GlobalMaxPool": _global_pool("max"),
    "Pad": _pad, "Reshape": _reshape, "Flatten": _reshape, "Squeeze": _reshape, "Unsqueeze": _unsqueeze,
    "Transpose": _transpose, "Expand": _named("expand"), "Tile": _tile, "Gather": _taken,
    "Slice": _taken, "Split": _split, "Concat": _concat, "ConcatFromSequence": _concat,
    "ScatterND": _scatter, "ReduceSum": _reduce("sum"), "ReduceMean": _reduce("mean"),
    "ReduceMax": _reduce("amax"), "Relu": _named("relu"), "Clip": _clip,
    "Softmax": _named("softmax"), "LogSoftmax": _named("log_softmax"), "ArgMax": _arg_max,
}  # fmt: skip
"""By the operator's name."""

BENDS: dict[str, Callable[[Any, TracedNode], None]] = {
    "Max": _named("maximum"), "Min": _named("minimum"), "Where": _named("where"), "Abs": _named("abs"),
    "Sign": _named("sign"), "Floor": _named("floor"), "Ceil": _named("ceil"), "Round": _named("round"),
    "Greater": _named("gt"), "GreaterOrEqual": _named("ge"), "Less": _named("lt"),
    "LessOrEqual": _named("le"),
}  # fmt: skip
"""Elementwise operators that are no layers: of neurons, and of activations that are made of several."""
