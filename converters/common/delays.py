"""Delays in seconds become steps: of edges, or of nodes where elements wait differently."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from snnrt.converters.common.connections import Connections, check_edge_count
from snnrt.converters.common.drafts import DelayDraft, Draft, LayerDraft
from snnrt.converters.common.source_node import SourceNode
from snnrt.errors import ModelError
from snnrt.ir.graph import Delay, Node, Shape

MAX_DELAY = 1024


def resolve_delays(drafts: dict[str, Draft], connections: Connections) -> None:
    """Take each DelayDraft of one number of steps out of ``drafts`` and ``connections``; its readers read so
    many steps before. One whose elements wait differently becomes a layer that reads the fewest steps before
    and delays by what is left.

    Raises ModelError unless a node's delays are whole numbers of steps, up to 1024, and where delays in a row
    add up to more.
    """
    reads = connections.reads
    for name, draft in list(drafts.items()):
        if not isinstance(draft, DelayDraft):
            continue
        node = SourceNode(name, draft.kind)
        waited = whole_steps(node, draft)
        steps = int(waited.min())
        sources = reads[name]
        if any(source == name for source, _ in sources):
            raise ModelError(f"{node}: reads itself; expected a neuron in the cycle")
        if waited.max() > steps:
            drafts[name] = LayerDraft(draft.kind, partial(_delay, node, waited - steps))
            reads[name] = [(source, own + steps) for source, own in sources]
        else:
            del drafts[name], reads[name]
            readers = len(connections.readers(name))
            check_edge_count(sum(map(len, reads.values())) + readers * len(sources))
            for reader, read in reads.items():
                reads[reader] = [
                    (origin, origin_steps + own + steps) if source == name else (source, own)
                    for source, own in read
                    for origin, origin_steps in (sources if source == name else [(source, own)])
                ]
        longest = max((own for read in reads.values() for _, own in read), default=0)
        if longest > MAX_DELAY:
            raise ModelError(f"{node}: delays add up to {longest} steps; expected at most {MAX_DELAY}")


def whole_steps(node: SourceNode, draft: DelayDraft) -> np.ndarray:
    """Timesteps, int64, of the delays' shape. Raises ModelError unless they are whole, up to MAX_DELAY."""
    stored, dt = np.asarray(draft.delay), draft.dt
    delay = stored.astype(np.float64) if stored.dtype.kind in "fiu" else np.zeros(0)
    steps = np.rint(delay / dt) if delay.size and np.isfinite(delay).all() else np.full(1, -1.0)
    if steps.min() < 0 or steps.max() > MAX_DELAY or np.abs(delay / dt - steps).max() > 1e-3:
        found = f"{delay.min():g} to {delay.max():g} s" if delay.size else "nothing"
        raise ModelError(
            f"{node}: expected whole numbers of timesteps (0 to {MAX_DELAY}, dt = {dt:g} s), found {found}; "
            "round the delays or give another dt"
        )
    return steps.astype(np.int64)


def _delay(node: SourceNode, waited: np.ndarray, shape: Shape) -> Node:
    """A node that delays each channel or each element of a tensor of ``shape``."""
    if waited.size != math.prod(shape) and waited.size != shape[0]:
        raise ModelError(f"{node}: expected delays for {shape}, found {waited.shape}")
    steps = waited.reshape(shape if waited.size == math.prod(shape) else -1).astype(np.int32)
    return Delay(node.name, (), shape, steps)
