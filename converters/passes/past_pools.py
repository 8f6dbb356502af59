"""A batch norm behind a pool, folded into the convolution before the pool."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

import numpy as np

from snnrt.ir.graph import AvgPool2d, Conv2d, Node
from snnrt.ir.nodes.max_pool2d import MaxPool2d


def fold_past_pools(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """``nodes`` (float32) where a factor and a summand a channel (a depthwise 1×1 convolution), which alone
    read a pool that alone reads a convolution, are that convolution's.

    A maximum lets factors of 0 or more through, s·max(x) + b = max(s·x + b), a mean without padding any; else
    all stays. The same up to float32 rounding. Without this int8 has no place for them: a convolution's
    currents pass pools, and no further weights.
    """
    by_name = {node.name: node for node in nodes}
    for last in nodes:
        if not _is_affine(last):
            continue
        pool, factors = _alone_behind(by_name, last), last.weights.reshape(-1)
        if pool is None or not _lets_through(pool, factors):
            continue
        convolution = _alone_behind(by_name, pool)
        if not isinstance(convolution, Conv2d):
            continue
        weights = convolution.weights * factors[:, None, None, None]
        bias = last.bias
        if convolution.bias is not None:
            bias = convolution.bias * factors + (0 if bias is None else bias)
        by_name[convolution.name] = convolution.with_(weights=weights, bias=bias)
        del by_name[last.name]
        for name, node in by_name.items():
            if any(edge.source == last.name for edge in node.inputs):
                edges = tuple(
                    replace(edge, source=pool.name) if edge.source == last.name else edge
                    for edge in node.inputs
                )
                by_name[name] = node.with_(inputs=edges)
    return tuple(by_name.values())


def _is_affine(node: Node) -> TypeGuard[Conv2d]:
    """Is it x·factor + summand, each of a channel?"""
    return (
        isinstance(node, Conv2d)
        and node.weights.shape == (node.groups, 1, 1, 1)
        and node.stride == (1, 1)
        and not any(node.padding)
    )


def _alone_behind(by_name: dict[str, Node], node: Node) -> Node | None:
    """The only source of ``node``, where nothing else reads that, and no delay lies between."""
    (edge,) = node.inputs
    read = [one for other in by_name.values() for one in other.inputs if one.source == edge.source]
    return by_name[edge.source] if edge.delay == 0 and len(read) == 1 else None


def _lets_through(pool: Node, factors: np.ndarray) -> bool:
    if isinstance(pool, MaxPool2d):
        return pool.mode == "any" and bool((factors >= 0).all())
    return isinstance(pool, AvgPool2d) and not any(pool.padding)
