"""PyTorch's functions by their plain name: what each computes on one timestep's tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from snnrt.converters.common.rollup import activations
from snnrt.converters.common.rollup import functions_elementwise as elementwise
from snnrt.converters.common.rollup import functions_of_axes as axes
from snnrt.converters.common.rollup import functions_of_layers as layers
from snnrt.converters.common.rollup import functions_of_time as time
from snnrt.converters.common.rollup.calls import Call

if TYPE_CHECKING:
    from snnrt.converters.common.rollup.interpreter import Interpreter

Handler = Callable[["Interpreter", Call], Any]
"""Gives the Meaning of the call's output, or a list of them. Raises NotSupported."""

FUNCTIONS: dict[str, Handler] = {
    "linear": layers.linear, "matmul": layers.matmul, "mm": layers.matmul, "addmm": layers.addmm,
    "conv1d": layers.convolution, "conv2d": layers.convolution,
    "conv_transpose2d": layers.transposed_convolution,
    "batch_norm": layers.batch_norm,
    "max_pool2d": layers.max_pool, "avg_pool2d": layers.average_pool, "lp_pool2d": layers.sum_pool,
    "max_pool1d": layers.max_pool, "avg_pool1d": layers.average_pool,
    "adaptive_avg_pool2d": layers.adaptive_pool, "adaptive_max_pool2d": layers.adaptive_pool,
    "adaptive_avg_pool1d": layers.adaptive_pool, "adaptive_max_pool1d": layers.adaptive_pool,
    "pad": layers.pad,
    "relu": activations.relu, "relu6": activations.relu6, "hardtanh": activations.hardtanh,
    "clamp": activations.hardtanh, "clip": activations.hardtanh,
    "add": elementwise.add, "sub": elementwise.subtract, "rsub": elementwise.subtract,
    "mul": elementwise.multiply, "div": elementwise.divide,
    "neg": elementwise.negate, "negative": elementwise.negate,
    "cat": time.cat, "concat": time.cat, "concatenate": time.cat, "stack": time.stack,
    "getitem": time.getitem, "select": time.select, "unbind": time.unbind, "iter": time.unbind,
    "setitem": time.setitem,
    "sum": time.reduce, "mean": time.reduce, "amax": time.reduce, "max": time.reduce,
    "softmax": time.last_word, "log_softmax": time.last_word, "argmax": time.last_word,
    "flatten": axes.flatten, "view": axes.reshape, "reshape": axes.reshape, "unflatten": axes.reshape,
    "squeeze": axes.reshape, "unsqueeze": axes.unsqueeze, "permute": axes.permute,
    "transpose": axes.transpose, "swapaxes": axes.transpose, "movedim": axes.moved,
    "repeat": axes.repeat, "expand": axes.expand, "expand_as": axes.expand, "tile": axes.repeat,
    "dropout": layers.dropout, "dropout1d": layers.dropout, "dropout2d": layers.dropout,
    "feature_dropout": layers.dropout, "alpha_dropout": layers.dropout,
}  # fmt: skip

for _name in (
    "contiguous", "clone", "detach", "to", "float", "type", "cpu", "requires_grad", "identity", "data",
    "double", "view_as", "reshape_as", "squeeze_", "type_as",
):  # fmt: skip
    FUNCTIONS.setdefault(_name, axes.same)
