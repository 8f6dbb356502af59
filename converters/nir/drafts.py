"""NIR's nodes as drafts: which fields of each say what."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from snnrt.converters.common import layers, windows
from snnrt.converters.common.drafts import (
    DelayDraft,
    Draft,
    InputDraft,
    LayerDraft,
    NeuronDraft,
    OutputDraft,
    UnsupportedDraft,
)
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.common.windows import Window
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.nir.file import Leaf, RefusedNode
from snnrt.converters.nir.neurons import NEURONS, make_neuron
from snnrt.converters.nir.primitives import NirNode
from snnrt.ir.graph import AvgPool2d, Node, Pool2d, Shape, SumPool2d

POOLS: dict[str, type[Pool2d]] = {
    "SumPool2d": SumPool2d,
    "AvgPool2d": AvgPool2d,
}


def draft_node(name: str, node: Leaf, rules: Rules, doubt: str = "") -> Draft:
    """The draft of a NIR node; neurons follow ``rules``, and ``doubt`` says why that may be wrong."""
    kind = node.kind
    if isinstance(node, RefusedNode):
        return UnsupportedDraft(kind, node.reason, node.remedy)
    if kind == "Input":
        return InputDraft(kind, node.shape)
    if kind == "Output":
        return OutputDraft(kind)
    if kind == "Delay":
        return DelayDraft(kind, node.delay, rules.dt)
    if kind in NEURONS:
        return NeuronDraft(
            kind,
            lambda shape, recurrent: make_neuron(name, node, shape, rules, recurrent),
            approximate=doubt,
        )
    make = _LAYERS.get(kind)
    if make is None:
        return UnsupportedDraft(
            kind, "snnrt has no node for it", "replace it in the framework before the export"
        )
    return make(SourceNode(name, kind), node)


def _dense(where: SourceNode, node: NirNode) -> LayerDraft:
    features = int(np.shape(node.weight)[1]) if np.ndim(node.weight) == 2 else None
    bias = getattr(node, "bias", None)
    return LayerDraft(
        where.kind, lambda shape: layers.dense(where, shape, node.weight, bias), features=features
    )


def _convolution(where: SourceNode, node: NirNode, axes: int) -> LayerDraft:
    window = Window(node.stride, _text(node.padding), node.dilation, node.groups)
    return LayerDraft(
        where.kind,
        lambda shape: windows.convolution(where, shape, node.weight, node.bias, window, axes),
        axes=np.ndim(node.weight) - 2,
    )


def _pool(where: SourceNode, node: NirNode) -> LayerDraft:
    window = Window(node.stride, node.padding)
    kind = POOLS[node.kind]
    return LayerDraft(where.kind, lambda shape: windows.pool(where, shape, kind, node.kernel_size, window))


def _flatten(where: SourceNode, node: NirNode) -> LayerDraft:
    def build(shape: Shape) -> Node | None:
        return layers.flatten(where, shape, node.start_dim, node.end_dim)

    ends_last = np.size(node.end_dim) == 1 and np.asarray(node.end_dim).reshape(()) in (-1, 3)
    return LayerDraft(where.kind, build, counts_batch=bool(np.array_equal(node.start_dim, 1) and ends_last))


def _scale(where: SourceNode, node: NirNode) -> LayerDraft:
    return LayerDraft(where.kind, lambda shape: layers.scale(where, shape, node.scale))


def _text(value: object) -> object:
    return value.decode("utf8", "replace") if isinstance(value, bytes) else value


_LAYERS: dict[str, Callable[[SourceNode, NirNode], LayerDraft]] = {
    "Affine": _dense,
    "Linear": _dense,
    "Conv1d": partial(_convolution, axes=1),
    "Conv2d": partial(_convolution, axes=2),
    "SumPool2d": _pool,
    "AvgPool2d": _pool,
    "Flatten": _flatten,
    "Scale": _scale,
}
