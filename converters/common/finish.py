"""Drafts and their connections become a checked float32 graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnrt.converters.common import assumptions
from snnrt.converters.common.connections import Connections
from snnrt.converters.common.cycles import cut_cycles
from snnrt.converters.common.delays import resolve_delays
from snnrt.converters.common.drafts import Draft
from snnrt.converters.common.names import Names
from snnrt.converters.common.order import order_nodes
from snnrt.converters.common.plain_vectors import with_plain_vectors
from snnrt.converters.common.recorded import Recorded
from snnrt.converters.common.sums import as_currents, numbers_alike
from snnrt.converters.common.wiring import Wiring
from snnrt.converters.passes.fold import fold_scales
from snnrt.converters.passes.past_pools import fold_past_pools
from snnrt.ir.graph import Edge, Exit, Graph, Node, Readout
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.nodes.readout import ReadoutMode
from snnrt.results.fidelity import Fidelity
from snnrt.results.rates import Agreement

DEFAULT_TIMESTEPS = 16


@dataclass(frozen=True)
class Imported:
    """A float32 graph, and what was assumed because neither the source nor the caller said it.

    ``recorded``: what the source's own framework computed, where it was at hand.
    ``agreement``: with float32, where other numbers were calibrated.
    ``whole``: the source says exit and metadata too, as one that snnrt wrote does.
    ``calibrated``: of an ordinary network that shall spike, gives it with thresholds that suit inputs (N, …).
    ``fidelity``: of one, how well a graph made of it stands for it on inputs and labels; ``measured`` then.
    """

    graph: Graph
    assumptions: tuple[str, ...]
    recorded: Recorded | None = None
    agreement: Agreement | None = None
    whole: bool = False
    calibrated: Callable[[np.ndarray], Imported] | None = None
    fidelity: Callable[[Graph, np.ndarray, np.ndarray | None], Fidelity] | None = None
    measured: Fidelity | None = None


@dataclass(frozen=True)
class GraphOptions:
    """What the caller says about the graph, whatever the source.

    ``timesteps``: T. ``readout``: logits are the sum or the mean over timesteps. ``encoding``: the input is
    a constant current or spikes over time, with values from ``low`` to ``high``. None: the default is
    taken, and said among the assumptions.
    """

    timesteps: int | None = None
    readout: ReadoutMode = "sum"
    encoding: Literal["constant", "spikes"] | None = None
    low: float = 0.0
    high: float = 1.0


def assumed_by(options: GraphOptions) -> list[str]:
    """What ``options`` leave open, a line each."""
    notes = [] if options.encoding is not None else [assumptions.CONSTANT_INPUT]
    return notes if options.timesteps is not None else [*notes, assumptions.timestep_count(DEFAULT_TIMESTEPS)]


def finish(
    drafts: Mapping[str, Draft],
    connections: Connections,
    options: GraphOptions,
    *,
    name: str,
    origin: Mapping[str, object],
    assumed: Sequence[str] = (),
) -> Imported:
    """The graph ``name`` with a readout and the exit rule ``never``.

    ``drafts`` has one InputDraft and one OutputDraft, at the ends of ``connections``, which are changed:
    delays are resolved, and cycles cut behind their last neuron. ``origin`` goes to the metadata with the
    assumptions: those that the importer made (``assumed``) and those made here. Raises ModelError, naming
    the source's node, where the IR can't hold the network.
    """
    drafts, notes = dict(drafts), list(assumed)
    resolve_delays(drafts, connections)
    for source, reader in cut_cycles(drafts, connections):
        notes.append(assumptions.recurrence(reader, source))
    names = Names(drafts)
    wiring = Wiring(drafts, connections, names, notes)
    wiring.build(options.encoding or "constant", options.low, options.high)
    wiring.add_readout(options.readout)
    folded = fold_scales(as_currents(numbers_alike(order_nodes(wiring.nodes, names), names)))
    folded = fold_past_pools(folded)
    nodes = as_currents(with_plain_vectors(_with_exit(folded, names), names, notes))
    notes += assumed_by(options)
    timesteps = DEFAULT_TIMESTEPS if options.timesteps is None else options.timesteps
    metadata: dict[str, object] = {"name": name, "source": {**origin, "assumptions": list(notes)}}
    graph = Graph(nodes, timesteps, "float32", metadata)
    check_graph(graph)
    return Imported(graph, tuple(notes))


def _with_exit(nodes: tuple[Node, ...], names: Names) -> tuple[Node, ...]:
    """The readout moved to the end, and the exit behind it."""
    last = next(node for node in nodes if isinstance(node, Readout))
    end = Exit(names.fresh("exit"), (Edge(last.name),), last.shape, rule="never")
    return (*(node for node in nodes if node is not last), last, end)
