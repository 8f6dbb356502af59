"""Scales between layers, folded into a neighbour where the product is the same number.

A :class:`Scale` exists only inside converters: :func:`fold_scales` leaves none behind.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.graph import Add, Conv2d, Dense, Edge, Neuron, Node, broadcast
from snnrt.ir.nodes.neuron_words import values_in_words

MAX_DIAGONAL = 4096


@dataclass(frozen=True, eq=False)
class Scale(Node):
    """Elementwise product with ``factors``: a scalar, one a channel, or one an element."""

    kind: ClassVar[str] = "scale"
    factors: np.ndarray = field(default_factory=lambda: np.ones((), np.float32))

    def in_words(self) -> str:
        """The factors."""
        return f"s·x; s = {values_in_words(self.factors)}"


def fold_scales(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """``nodes`` (in execution order, float32) without Scale nodes.

    Tried in this order: another scale that alone reads it; the gain of the neuron that alone reads it
    (bit for bit the same if it has neither synapse nor gain); the outputs of the layer before; the inputs
    of the layer that alone reads it (the same up to float32 rounding); else a diagonal layer: a depthwise 1×1
    convolution, a diagonal dense layer, or, for one factor an element of a feature map, a neuron
    that keeps nothing. Raises ModelError where a diagonal layer would be too large.
    """
    by_name = {node.name: node for node in nodes}
    for name in [node.name for node in nodes if isinstance(node, Scale)]:
        # as it is now: one before it may have been folded away, or into it
        scale = by_name[name]
        assert isinstance(scale, Scale)
        if not any(fold(by_name, scale) for fold in (_into_scale, _into_neuron, _into_source, _into_reader)):
            by_name = _with_layer(by_name, scale)
    return tuple(by_name.values())


def _readers(by_name: dict[str, Node], name: str) -> list[tuple[Node, Edge]]:
    return [(node, edge) for node in by_name.values() for edge in node.inputs if edge.source == name]


def _only_reader(by_name: dict[str, Node], scale: Scale) -> Node | None:
    readers = _readers(by_name, scale.name)
    if len(readers) == 1 and readers[0][1].delay == 0:
        return readers[0][0]
    return None


def _remove(by_name: dict[str, Node], scale: Scale) -> None:
    (origin,) = scale.inputs
    for reader, _ in _readers(by_name, scale.name):
        inputs = tuple(
            replace(edge, source=origin.source) if edge.source == scale.name else edge
            for edge in reader.inputs
        )
        by_name[reader.name] = by_name[reader.name].with_(inputs=inputs)
    del by_name[scale.name]


def _into_scale(by_name: dict[str, Node], scale: Scale) -> bool:
    reader = _only_reader(by_name, scale)
    if not isinstance(reader, Scale) or scale.inputs[0].delay:
        return False
    factors = _product(reader.factors, scale.factors, reader.shape)
    by_name[reader.name] = replace(reader, factors=factors.astype(np.float32))
    _remove(by_name, scale)
    return True


def _into_neuron(by_name: dict[str, Node], scale: Scale) -> bool:
    reader = _only_reader(by_name, scale)
    if not isinstance(reader, Neuron) or scale.inputs[0].delay:
        return False
    if not _is_current(by_name[scale.inputs[0].source]):
        return False
    gain = scale.factors
    if reader.gain is not None:
        gain = _product(reader.gain, scale.factors, reader.shape)
    by_name[reader.name] = reader.with_(gain=gain.astype(np.float32))
    _remove(by_name, scale)
    return True


def _into_source(by_name: dict[str, Node], scale: Scale) -> bool:
    (origin,) = scale.inputs
    source = by_name[origin.source]
    if origin.delay or not isinstance(source, (Dense, Conv2d)) or len(_readers(by_name, source.name)) != 1:
        return False
    if any(edge.delay for _, edge in _readers(by_name, scale.name)):
        return False
    outputs = source.weights.shape[0]
    if scale.factors.shape not in ((), (outputs,)):
        return False
    factors = np.broadcast_to(scale.factors, (outputs,)).astype(np.float32)
    weights = source.weights * factors.reshape((-1,) + (1,) * (source.weights.ndim - 1))
    bias = None if source.bias is None else source.bias * factors
    by_name[source.name] = source.with_(weights=weights, bias=bias)
    _remove(by_name, scale)
    return True


def _into_reader(by_name: dict[str, Node], scale: Scale) -> bool:
    reader = _only_reader(by_name, scale)
    if not isinstance(reader, (Dense, Conv2d)) or scale.inputs[0].delay:
        return False
    channels = scale.shape[0]
    if scale.factors.shape not in ((), (channels,)):
        return False
    factors = np.broadcast_to(scale.factors, (channels,)).astype(np.float32)
    if isinstance(reader, Dense):
        weights = reader.weights * factors
    else:
        # output channel o of group g reads the channels g·n … g·n + n − 1
        of_group = reader.weights.shape[1]
        group = np.arange(reader.weights.shape[0]) // (reader.weights.shape[0] // reader.groups)
        weights = reader.weights * factors.reshape(-1, of_group)[group][:, :, None, None]
    by_name[reader.name] = reader.with_(weights=weights)
    _remove(by_name, scale)
    return True


def _is_current(node: Node) -> bool:
    """Does it give the 32-bit currents that neurons read in int8?"""
    return isinstance(node, (Dense, Conv2d)) or (isinstance(node, Add) and node.as_current)


def _with_layer(by_name: dict[str, Node], scale: Scale) -> dict[str, Node]:
    """``scale`` replaced by a diagonal layer, and by an Add before it where that layer reads currents."""
    layer = _as_layer(scale)
    added: dict[str, Node] = {}
    if isinstance(layer, Neuron) and not _is_current(by_name[scale.inputs[0].source]):
        name = f"{scale.name}.current"
        while name in by_name:
            name += "+"
        added[name] = Add(name, scale.inputs, scale.shape, as_current=True)
        layer = layer.with_(inputs=(Edge(name),))
    replaced: dict[str, Node] = {}
    for name, node in by_name.items():
        replaced |= added | {name: layer} if name == scale.name else {name: node}
    return replaced


def _as_layer(scale: Scale) -> Node:
    channels = scale.shape[0]
    if len(scale.shape) == 3 and scale.factors.shape == scale.shape and scale.shape[1:] != (1, 1):
        gain = scale.factors.astype(np.float32)
        return Neuron(scale.name, scale.inputs, scale.shape, membrane=np.zeros((), np.float32), gain=gain)
    factors = np.broadcast_to(scale.factors.reshape(-1), (channels,)).astype(np.float32)
    if len(scale.shape) == 3:
        return Conv2d(
            scale.name, scale.inputs, scale.shape, weights=factors.reshape(-1, 1, 1, 1), groups=channels
        )
    if channels > MAX_DIAGONAL:
        raise ModelError(
            f"node {scale.name!r} (Scale): {channels} elements between nodes that it cannot be folded into; "
            f"expected at most {MAX_DIAGONAL}; scale the weights in the framework before the export"
        )
    return Dense(scale.name, scale.inputs, scale.shape, weights=np.diag(factors))


def _product(one: np.ndarray, other: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    if one.shape == other.shape or () in (one.shape, other.shape):
        # a product of two scalars is no array
        return np.asarray(one * other)
    return broadcast(one, shape) * broadcast(other, shape)
