"""One timestep of the network: nodes, and what each reads how many timesteps before."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from snnrt.converters.common.rollup.operations import Affine, Cell, Convolution, Linear, Operation
from snnrt.ir.graph import Shape

Read = tuple[int, int]
"""A node, and how many timesteps before."""


@dataclass(eq=False)
class TemplateNode:
    """``operation`` (None: the input) on ``reads`` gives a tensor of ``shape``; ``static``: the same at every
    timestep. ``scope``: path of the module that it comes from."""

    operation: Operation | None
    reads: tuple[Read, ...]
    shape: Shape
    static: bool
    scope: str = ""


@dataclass(eq=False)
class Template:
    """Nodes by their place; the first is the input."""

    nodes: list[TemplateNode] = field(default_factory=list)
    _places: dict[object, int] = field(default_factory=dict)

    def add(self, node: TemplateNode) -> int:
        """The place of ``node``, or of one that computes the same."""
        assert node.operation is not None
        key = (node.operation.key(), node.reads)
        if isinstance(node.operation, Cell):
            key = (node.operation.key(), ())
        if key not in self._places:
            self._places[key] = len(self.nodes)
            self.nodes.append(node)
        return self._places[key]

    def earlier(self, place: int, steps: int) -> Read:
        """What gives the value of ``place`` so many timesteps before.

        A layer without state is computed from what it read then, so that its bias counts from the first
        timestep on.
        """
        node = self.nodes[place]
        if node.static or steps == 0:
            return place, 0
        if node.operation is None or isinstance(node.operation, Cell):
            return place, steps
        reads = []
        for source, before in node.reads:
            origin, more = self.earlier(source, steps)
            reads.append((origin, before + more))
        return self.add(replace(node, reads=tuple(reads))), 0

    def reachable(self, place: int) -> set[int]:
        """``place``, and what it depends on."""
        seen, pending = {place}, [place]
        while pending:
            for source, _ in self.nodes[pending.pop()].reads:
                if source not in seen:
                    seen.add(source)
                    pending.append(source)
        return seen

    def fold_affine(self, kept: set[int]) -> dict[int, int]:
        """Fold each scale and shift by channel into the layer in front that only it reads.

        Changes ``nodes`` and ``kept``; what then stands for a node that is gone, by place.
        """
        stands_for: dict[int, int] = {}
        for place in sorted(kept):
            node = self.nodes[place]
            if not isinstance(node.operation, Affine) or not node.operation.is_by_channel:
                continue
            ((source, delay),) = node.reads
            source = _followed(stands_for, source)
            before = self.nodes[source].operation
            readers = sum(
                _followed(stands_for, origin) == source
                for reader in kept for origin, _ in self.nodes[reader].reads
            )  # fmt: skip
            if delay or readers != 1 or not isinstance(before, (Linear, Convolution)):
                continue
            self.nodes[source] = replace(self.nodes[source], operation=_folded(before, node.operation))
            stands_for[place] = source
        for place in stands_for:
            kept.discard(place)
        for place in kept:
            node = self.nodes[place]
            node.reads = tuple((_followed(stands_for, source), delay) for source, delay in node.reads)
        return stands_for


def _followed(stands_for: dict[int, int], place: int) -> int:
    while place in stands_for:
        place = stands_for[place]
    return place


def _folded(layer: Linear | Convolution, affine: Affine) -> Operation:
    outputs = layer.weights.shape[0]
    scale, shift = (np.broadcast_to(one, (outputs,)) for one in (affine.scale, affine.shift))
    weights = layer.weights * scale.reshape(-1, *[1] * (layer.weights.ndim - 1))
    bias = shift + (0 if layer.bias is None else layer.bias * scale)
    return replace(
        layer, weights=weights.astype(np.float32), bias=bias.astype(np.float32) if bias.any() else None
    )
