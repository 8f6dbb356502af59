"""Layers: weights, pools, normalisation, padding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from snnrt.converters.common.rollup.arguments import argument, array_of, pair, value_of, weights_of
from snnrt.converters.common.rollup.calls import Call, Value
from snnrt.converters.common.rollup.meaning import Meaning
from snnrt.converters.common.rollup.not_supported import NotSupported
from snnrt.converters.common.rollup.operations import Affine, Convolution, Linear, Padding, Pool
from snnrt.converters.common.windows import Window
from snnrt.ir.graph import Shape
from snnrt.ir.transposed import as_convolution

if TYPE_CHECKING:
    from snnrt.converters.common.rollup.interpreter import Interpreter

_BEFORE = "put it before the sum over the timesteps"


def linear(interpreter: Interpreter, call: Call) -> Meaning:
    """``F.linear``: input, weight, bias."""
    return _linear(
        interpreter, call, value_of(call), weights_of(argument(call, 1, "weight"), "weight"),
        array_of(argument(call, 2, "bias"), "bias"),
    )  # fmt: skip


def matmul(interpreter: Interpreter, call: Call) -> Meaning:
    """``x @ W``."""
    weights = weights_of(argument(call, 1, "other"), "second factor")
    if weights.ndim != 2:
        raise NotSupported("its second factor is no matrix", "multiply by a matrix (inputs, outputs)")
    return _linear(interpreter, call, value_of(call), weights.T.copy(), None)


def addmm(interpreter: Interpreter, call: Call) -> Meaning:
    """``bias + x @ W``."""
    weights = weights_of(argument(call, 2, "mat2"), "second factor")
    if argument(call, 9, "alpha", 1) != 1 or argument(call, 9, "beta", 1) != 1:
        raise NotSupported("its alpha or beta is not 1", "use a linear layer")
    bias = array_of(argument(call, 0, "input"), "bias")
    return _linear(interpreter, call, value_of(call, 1, "mat1"), weights.T.copy(), bias)


def _linear(
    interpreter: Interpreter, call: Call, source: Value, weights: np.ndarray, bias: np.ndarray | None
) -> Meaning:
    meaning = interpreter.meaning(source)
    if len(meaning.sample) != 1:
        raise NotSupported(
            f"a linear layer on the last axis of {meaning.sample} alone",
            "flatten its input, or use a 1×1 convolution",
        )
    if bias is not None:
        bias = np.broadcast_to(bias.astype(np.float32), (weights.shape[0],)).copy()
        if meaning.time == "reduced":
            if meaning.mode == "maximum":
                raise NotSupported("a layer behind a maximum over the timesteps", _BEFORE)
            if meaning.mode == "sum":
                bias = (bias / np.float32(interpreter.timesteps)).astype(np.float32)
    elif meaning.time == "reduced" and meaning.mode == "maximum":
        raise NotSupported("a layer behind a maximum over the timesteps", _BEFORE)
    return interpreter.node(call, Linear(call.title, weights, bias), [meaning], (weights.shape[0],))


def _map(interpreter: Interpreter, call: Call, axes: int) -> Meaning:
    """What a window of ``axes`` moves over: the sample's last axes and its channels."""
    meaning = interpreter.meaning(value_of(call))
    if len(meaning.sample) != axes + 1:
        raise NotSupported(
            f"a window of {axes} axes on {meaning.sample}",
            "give it channels and as many axes as its window has",
        )
    if meaning.time == "reduced":
        raise NotSupported("a window behind a sum over the timesteps", _BEFORE)
    return meaning


def convolution(interpreter: Interpreter, call: Call) -> Meaning:
    """``F.conv1d`` and ``F.conv2d``: input, weight, bias, stride, padding, dilation, groups."""
    weights = weights_of(argument(call, 1, "weight"), "weight")
    meaning = _map(interpreter, call, weights.ndim - 2)
    bias = array_of(argument(call, 2, "bias"), "bias")
    window = Window(
        argument(call, 3, "stride", 1), argument(call, 4, "padding", 0), argument(call, 5, "dilation", 1),
        argument(call, 6, "groups", 1),
    )  # fmt: skip
    operation = Convolution(call.title, weights, None if bias is None else bias.astype(np.float32), window)
    return interpreter.node(call, operation, [meaning], _sample(call, meaning))


def transposed_convolution(interpreter: Interpreter, call: Call) -> Meaning:
    """``F.conv_transpose2d``: zeros between the pixels, and a convolution."""
    meaning = _map(interpreter, call, 2)
    bias = array_of(argument(call, 2, "bias"), "bias")
    pad, conv = as_convolution(
        weights_of(argument(call, 1, "weight"), "weight"), pair(argument(call, 3, "stride", 1)),
        pair(argument(call, 4, "padding", 0)), pair(argument(call, 5, "output_padding", 0)),
        pair(argument(call, 7, "dilation", 1)), int(argument(call, 6, "groups", 1)),
    )  # fmt: skip
    top, bottom, left, right = conv["padding"]
    spread = pad or {"padding": (0, 0, 0, 0), "spacing": (1, 1)}
    sides = tuple(a + b for a, b in zip(spread["padding"], (top, bottom, left, right)))
    y, x = spread["spacing"]
    channels, height, width = meaning.sample
    between = (
        channels, (height - 1) * y + 1 + sides[0] + sides[1], (width - 1) * x + 1 + sides[2] + sides[3],
    )  # fmt: skip
    meaning = interpreter.node(call, Padding(call.title, sides, (y, x)), [meaning], between, ".spread")  # type: ignore[arg-type]
    window = Window(dilation=conv["dilation"], groups=conv["groups"])
    operation = Convolution(
        call.title, conv["weights"], None if bias is None else bias.astype(np.float32), window
    )
    return interpreter.node(call, operation, [meaning], _sample(call, meaning))


def batch_norm(interpreter: Interpreter, call: Call) -> Meaning:
    """``F.batch_norm`` in eval mode: (x − mean) / √(variance + ε)·weight + bias, by channel."""
    meaning = interpreter.meaning(value_of(call))
    mean = array_of(argument(call, 1, "running_mean"), "running mean")
    variance = array_of(argument(call, 2, "running_var"), "running variance")
    if mean is None or variance is None or argument(call, 5, "training", False):
        raise NotSupported(
            "a batch norm over the statistics of the batch",
            "train it with track_running_stats, and let it use them in eval mode",
        )
    if meaning.time == "reduced":
        raise NotSupported("a batch norm behind a sum over the timesteps", _BEFORE)
    weight = array_of(argument(call, 3, "weight"), "weight")
    bias = array_of(argument(call, 4, "bias"), "bias")
    scale = 1 / np.sqrt(variance.astype(np.float64) + float(argument(call, 7, "eps", 1e-5)))
    if weight is not None:
        scale = scale * weight
    shift = (0 if bias is None else bias) - mean.astype(np.float64) * scale
    return interpreter.node(call, Affine(call.title, scale, np.asarray(shift)), [meaning], meaning.sample)


# windows


def max_pool(interpreter: Interpreter, call: Call) -> Meaning:
    """``F.max_pool1d`` and ``F.max_pool2d``: input, kernel, stride, padding, dilation, ceil_mode."""
    axes = 1 if call.function.endswith("1d") else 2
    if pair(argument(call, 4, "dilation", 1), axes) != (1, 1):
        raise NotSupported("a maximum over a dilated window", "use a dilation of 1")
    ceil = argument(call, 5, "ceil_mode", False)
    return _pool(interpreter, call, "maximum", axes, ceil)


def average_pool(interpreter: Interpreter, call: Call) -> Meaning:
    """``F.avg_pool1d`` and ``F.avg_pool2d``: input, kernel, stride, padding, ceil_mode, …"""
    axes = 1 if call.function.endswith("1d") else 2
    padded = any(pair(argument(call, 3, "padding", 0), axes)[2 - axes :])
    if padded and not argument(call, 5, "count_include_pad", True):
        raise NotSupported("an average that leaves the padding out", "use count_include_pad=True")
    if argument(call, 6, "divisor_override", None) is not None:
        raise NotSupported("an average with another divisor", "leave divisor_override out")
    meaning = interpreter.meaning(value_of(call))
    if axes == 1 and len(meaning.sample) == 1 and meaning.lead[-1:] == ("1",):
        return _average_of_features(interpreter, call, meaning)
    return _pool(interpreter, call, "average", axes, argument(call, 4, "ceil_mode", False))


def _average_of_features(interpreter: Interpreter, call: Call, meaning: Meaning) -> Meaning:
    """Neighbouring features averaged under an axis of one, as a layer (SpikingJelly's VotingLayer)."""
    kernel = pair(argument(call, 1, "kernel_size"), 1)[1]
    given = argument(call, 2, "stride", None)
    stride = kernel if not given else pair(given, 1)[1]
    if pair(argument(call, 3, "padding", 0), 1)[1]:
        raise NotSupported("an average of padded features", "leave the padding out")
    if meaning.time == "reduced" and meaning.mode == "maximum":
        raise NotSupported("an average behind a maximum over the timesteps", _BEFORE)
    features, outputs = meaning.sample[0], call.outputs[0].shape[-1]
    if (outputs - 1) * stride + kernel > features:
        raise NotSupported("a pool with ceil_mode", "use a number of features that the windows fill")
    weights = np.zeros((outputs, features), np.float32)
    for row in range(outputs):
        weights[row, row * stride : row * stride + kernel] = np.float32(1 / kernel)
    return interpreter.node(call, Linear(call.title, weights), [meaning], (outputs,))


def sum_pool(interpreter: Interpreter, call: Call) -> Meaning:
    """``F.lp_pool2d`` of norm 1, which is Sinabs' SumPool2d: input, norm, kernel, stride, ceil_mode."""
    if argument(call, 1, "norm_type") != 1:
        raise NotSupported("a pool of another norm than 1", "use a sum, average or maximum pool")
    meaning = _map(interpreter, call, 2)
    kernel = pair(argument(call, 2, "kernel_size"))
    stride = argument(call, 3, "stride", None)
    _no_ceil(meaning, kernel, pair(stride or kernel), (0, 0), argument(call, 4, "ceil_mode", False))
    operation = Pool(call.title, "sum", kernel, Window(pair(stride or kernel)))
    return interpreter.node(call, operation, [meaning], _sample(call, meaning))


def adaptive_pool(interpreter: Interpreter, call: Call) -> Meaning:
    """``F.adaptive_avg_pool2d`` and the like, where the output's size divides the input's."""
    axes = 1 if call.function.endswith("1d") else 2
    meaning = _map(interpreter, call, axes)
    found = argument(call, 1, "output_size")
    wanted = list(found) if isinstance(found, (tuple, list)) else [found] * axes
    sizes = meaning.sample[1:]
    wanted = [size if one is None else int(one) for one, size in zip(wanted, sizes)]
    if any(size % one for size, one in zip(sizes, wanted)):
        raise NotSupported(
            f"an adaptive pool from {sizes} to {tuple(wanted)}", "use sizes that divide the input's"
        )
    kernel = pair([size // one for size, one in zip(sizes, wanted)], axes)
    kind = "maximum" if "max" in call.function else "average"
    operation = Pool(call.title, kind, kernel, Window(kernel))
    return interpreter.node(call, operation, [meaning], _sample(call, meaning))


def _pool(interpreter: Interpreter, call: Call, kind: str, axes: int, ceil: Any) -> Meaning:
    meaning = _map(interpreter, call, axes)
    kernel = pair(argument(call, 1, "kernel_size"), axes)
    given = argument(call, 2, "stride", None)
    stride = kernel if given is None or given == [] or given == () else pair(given, axes)
    padding = pair(argument(call, 3, "padding", 0), axes)
    if axes == 1:
        padding = (0, padding[1])
    _no_ceil(meaning, kernel, stride, padding, ceil)
    operation = Pool(call.title, kind, kernel, Window(stride, padding))
    return interpreter.node(call, operation, [meaning], _sample(call, meaning))


def _no_ceil(
    meaning: Meaning, kernel: tuple[int, int], stride: tuple[int, int], padding: tuple[int, int], ceil: Any
) -> None:
    """A ceil_mode that changes nothing is none."""
    if not ceil:
        return
    sizes = (1, *meaning.sample[1:]) if len(meaning.sample) == 2 else meaning.sample[1:]
    if any((size + 2 * p - k) % s for size, k, s, p in zip(sizes, kernel, stride, padding)):
        raise NotSupported("a pool with ceil_mode", "use ceil_mode=False, or pad the map so that windows fit")


def pad(interpreter: Interpreter, call: Call) -> Meaning:
    """``F.pad`` with zeros; negative numbers crop."""
    sides = [int(one) for one in argument(call, 1, "pad")]
    if argument(call, 2, "mode", "constant") != "constant" or (argument(call, 3, "value", None) or 0) != 0:
        raise NotSupported("a padding that is not of zeros", "pad with zeros")
    meaning = interpreter.meaning(value_of(call))
    axes = len(meaning.sample) - 1
    if axes not in (1, 2) or len(sides) > 2 * axes:
        raise NotSupported(f"a padding of {sides} on {meaning.sample}", "pad height and width only")
    sides += [0] * (4 - len(sides))
    left, right, top, bottom = sides
    return interpreter.node(
        call, Padding(call.title, (top, bottom, left, right)), [meaning], _sample(call, meaning)
    )


def dropout(interpreter: Interpreter, call: Call) -> Meaning:
    """In eval mode nothing."""
    if argument(call, 2, "training", True) and float(argument(call, 1, "p", 0.5)) > 0:
        raise NotSupported("a dropout that is on in eval mode", "pass it self.training, or leave it out")
    return interpreter.meaning(value_of(call))


def _sample(call: Call, meaning: Meaning) -> Shape:
    return call.outputs[0].shape[len(meaning.lead) :]
