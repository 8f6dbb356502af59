"""int8 weights that keep currents: a scale and a rounding weighted by what a synapse reads.

Rounding each weight to the nearest adds its error to the current whenever the input is active. Here an
input's error is made up for by those that are active with it: columns are rounded one after the other, the
most active first, and what is left goes to the rest by the inputs' second moments (Frantar et al., GPTQ,
ICLR 2023, arXiv:2210.17323, alg. 1; its order by activity is the authors' ``act_order``). The moments are
about zero, so the current's mean is kept too, without a bias that a silent network would have to bear.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from snnrt.converters.passes.quantise_units import channel_units, effective_weights, is_whole
from snnrt.ir.graph import Conv2d, Graph, Weighted
from snnrt.ir.spec import LARGEST_WEIGHT

# columns that are rounded by one matrix of second moments
_BLOCK = 64
# of the mean second moment, added to each: inputs that calibration did not show stay at their nearest
_DAMPING = 0.01
# of the largest weight, what ±127 may stand for
_SHARES = np.linspace(1.0, 0.5, 26)
# a smaller scale makes a larger membrane of the same potential; it must be worth it
_WORTH = 0.8


class Rows:
    """What one group of a synapse reads: ``values`` (rows, fan_in) in units of its source, and what rounding
    takes from them, which is found once for all roundings."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        kept = np.arange(len(values)) % 4 == 3
        self.seen, self.kept_back = values[~kept], values[kept]

    @cached_property
    def blocks(self) -> list[tuple[np.ndarray, np.ndarray | None, np.ndarray | None]]:
        """Columns, the most active first; the inverse of their damped second moments and its factor, None
        where all rows are 0 there."""
        order = np.argsort(-np.square(self.seen, dtype=np.float64).sum(axis=0), kind="stable")
        found: list[tuple[np.ndarray, np.ndarray | None, np.ndarray | None]] = []
        for start in range(0, len(order), _BLOCK):
            block = order[start : start + _BLOCK]
            x = self.seen[:, block].astype(np.float64)
            if not x.any():
                found.append((block, None, None))
                continue
            moments = x.T @ x
            moments[np.diag_indices_from(moments)] += _DAMPING * moments.trace() / len(block)
            inverse = np.linalg.inv(moments)
            found.append((block, inverse, np.linalg.cholesky(inverse).T))
        return found


Read = Mapping[str, Sequence[Rows]]
"""By a synapse's name, of each of its groups; a dense is one."""


def rows_in_units(node: Weighted, rows: np.ndarray, unit: np.ndarray) -> tuple[Rows, ...]:
    """``rows`` of :func:`snnrt.converters.passes.observe.synapse_inputs` in units of the source of ``node``:
    what the device's integers will be, by group."""
    groups = node.groups if isinstance(node, Conv2d) else 1
    if isinstance(node, Conv2d):
        unit = np.repeat(channel_units(unit), node.weights[0, 0].size).reshape(groups, -1)
    values = (rows.reshape(len(rows), groups, -1) / unit.reshape(groups, -1)).astype(np.float32)
    return tuple(Rows(values[:, group]) for group in range(groups))


def best_shares(graph: Graph, read: Read, units: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """:func:`best_share` of each dense and conv2d that was observed."""
    found = {}
    for name, rows in read.items():
        node = graph[name]
        assert isinstance(node, Weighted)
        weights = effective_weights(node, units[node.inputs[0].source])
        scale = channel_units(units[name])
        parts = zip(*_of_groups(weights, scale, len(rows)), rows)
        found[name] = np.concatenate([best_share(*part) for part in parts])
    return found


def integer_weights(
    node: Weighted,
    source_unit: np.ndarray,
    scale: np.ndarray,
    rows: Sequence[Rows] | None,
    lost: np.ndarray | None = None,
) -> np.ndarray:
    """The int8 weights of ``node``, in ``scale`` (outputs,); ``rows`` by group, None: nearest;
    ``lost`` (outputs,): what the rounded bias lacks."""
    weights = effective_weights(node, source_unit)
    if rows is None:
        units = weights / scale.reshape((-1,) + (1,) * (weights.ndim - 1))
        return np.clip(np.rint(units), -LARGEST_WEIGHT, LARGEST_WEIGHT).astype(np.int8)
    lost = np.zeros(len(weights)) if lost is None else lost
    parts = zip(*_of_groups(weights, scale, len(rows)), rows, np.split(lost, len(rows)))
    return np.concatenate([rounded_weights(*part) for part in parts]).reshape(weights.shape)


def _of_groups(
    weights: np.ndarray, scale: np.ndarray, groups: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Weights (outputs, fan_in) and scales of each group."""
    return np.split(weights.reshape(len(weights), -1), groups), np.split(scale, groups)


def best_share(weights: np.ndarray, unit: np.ndarray, rows: Rows) -> np.ndarray:
    """(outputs,) by how much to make each channel's ``unit`` smaller, 0.5 … 1: where outliers are clipped and
    the squared error of the current, by the inputs' second moments, is least.

    ``weights`` (outputs, fan_in) real, ``unit`` (outputs,).
    """
    moments = np.square(rows.values, dtype=np.float64).mean(axis=0)
    errors = np.stack([
        np.square(weights - _nearest(weights, (unit * share)[:, None])) @ moments for share in _SHARES
    ])  # fmt: skip
    best = errors.argmin(axis=0)
    least = errors[best, np.arange(len(unit))]
    return np.where(least < _WORTH * errors[0], _SHARES[best], 1.0)


def rounded_weights(
    weights: np.ndarray, unit: np.ndarray, rows: Rows, lost: np.ndarray | float = 0.0
) -> np.ndarray:
    """(outputs, fan_in) int8, in ``unit`` (outputs,), of real ``weights`` that read ``rows``.

    ``lost`` (outputs,) of each current is made up for, too: what the rounding of a bias takes away. A channel
    takes the nearest integers where its weights are whole, or where the other rounding is no better on rows
    that it did not see.
    """
    scale = unit[:, None]
    lost = np.broadcast_to(np.asarray(lost, np.float64), unit.shape)
    nearest = _nearest(weights, scale)
    if not len(rows.kept_back) or not rows.seen.any():
        return (nearest / scale).round().astype(np.int8)
    found = _compensated(weights, scale, rows, lost)
    error, plain = (
        np.square(rows.kept_back @ (weights - one).T.astype(np.float32) + lost).sum(axis=0)
        for one in (found, nearest)
    )
    better = (error < plain) & ~is_whole(weights / scale).all(axis=1)
    chosen = np.where(better[:, None], found, nearest)
    return np.rint(chosen / scale).astype(np.int8)


def _nearest(weights: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(weights / scale), -LARGEST_WEIGHT, LARGEST_WEIGHT) * scale


def _compensated(weights: np.ndarray, scale: np.ndarray, rows: Rows, lost: np.ndarray) -> np.ndarray:
    """Real values on the grid of ``scale``."""
    found = np.empty_like(weights)
    # what the blocks so far leave of the current, which the next take over
    left = np.tile(lost, (len(rows.seen), 1))
    for block, inverse, spreading in rows.blocks:
        if inverse is None or spreading is None:
            found[:, block] = _nearest(weights[:, block], scale)
            continue
        x = rows.seen[:, block].astype(np.float64)
        wanted = weights[:, block] + (left.T @ x) @ inverse
        for column in range(len(block)):
            value = _nearest(wanted[:, column : column + 1], scale)
            error = (wanted[:, column : column + 1] - value) / spreading[column, column]
            found[:, block[column]] = value[:, 0]
            wanted[:, column + 1 :] -= error * spreading[column, column + 1 :]
        left += x @ (weights[:, block] - found[:, block]).T
    return found
