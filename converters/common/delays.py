"""Delays as nodes become delays of edges, counted in timesteps."""

from __future__ import annotations

import numpy as np

from snnrt.converters.common.connections import Connections, check_edge_count
from snnrt.converters.common.drafts import DelayDraft, Draft
from snnrt.converters.common.source_node import SourceNode
from snnrt.errors import ModelError

MAX_DELAY = 1024


def resolve_delays(drafts: dict[str, Draft], connections: Connections) -> None:
    """Take each DelayDraft out of ``drafts`` and ``connections``; its readers read so many steps before.

    Raises ModelError unless a node's delays are one whole number of steps, up to 1024, and where delays in
    a row add up to more.
    """
    reads = connections.reads
    for name, draft in list(drafts.items()):
        if not isinstance(draft, DelayDraft):
            continue
        node = SourceNode(name, draft.kind)
        steps = _steps(node, draft)
        sources = reads.pop(name)
        del drafts[name]
        if any(source == name for source, _ in sources):
            raise ModelError(f"{node}: reads itself; expected a neuron in the cycle")
        check_edge_count(sum(map(len, reads.values())) + len(connections.readers(name)) * len(sources))
        for reader, read in reads.items():
            reads[reader] = [
                (origin, origin_steps + own + steps) if source == name else (source, own)
                for source, own in read
                for origin, origin_steps in (sources if source == name else [(source, own)])
            ]
        longest = max((own for read in reads.values() for _, own in read), default=0)
        if longest > MAX_DELAY:
            raise ModelError(f"{node}: delays add up to {longest} steps; expected at most {MAX_DELAY}")


def _steps(node: SourceNode, draft: DelayDraft) -> int:
    stored, dt = np.asarray(draft.delay), draft.dt
    delay = stored.reshape(-1).astype(np.float64) if stored.dtype.kind in "fiu" else np.zeros(0)
    steps = _whole_steps(delay / dt)
    if steps is None:
        found = f"{delay.min():g} to {delay.max():g} s" if delay.size else "nothing"
        raise ModelError(
            f"{node}: expected one whole number of timesteps for all elements (0 to "
            f"{MAX_DELAY}, dt = {dt:g} s), found {found}; round the delays or give another dt"
        )
    return steps


def _whole_steps(delay: np.ndarray) -> int | None:
    """The one whole number that all delays are, within a thousandth of a step."""
    if not delay.size or not np.isfinite(delay).all():
        return None
    steps = round(float(delay[0]))
    return steps if 0 <= steps <= MAX_DELAY and np.abs(delay - steps).max() <= 1e-3 else None
