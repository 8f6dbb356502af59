"""NIR files (Neuromorphic Intermediate Representation, HDF5) become graphs.

    imported = import_nir("model.nir", source="snntorch")
    imported.graph, imported.assumptions

What NIR does not store is decided by ``source`` (:mod:`snnrt.converters.frameworks.rules`) and by the
caller; whatever was neither in the file nor given is listed in ``assumptions``.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import nir

from snnrt.converters.common.cycles import (
    NEURONS,
    FlatGraph,
    cut_cycles,
    flatten_graph,
    is_recurrent,
    resolve_delays,
)
from snnrt.converters.common.order import Draft, Names, order_nodes, with_plain_vectors
from snnrt.converters.frameworks.neurons import make_neuron
from snnrt.converters.frameworks.rules import (
    ResetChoice,
    Rules,
    Source,
    choose_rules,
    describe,
    infer_source,
)
from snnrt.converters.nir.file import read_nir
from snnrt.converters.nir.layers import features_of, flattens_behind_batch, input_shape, make_layer
from snnrt.converters.passes.fold import Scale, fold_scales
from snnrt.errors import ModelError
from snnrt.ir.graph import (
    Add,
    Conv2d,
    Dense,
    Edge,
    Exit,
    Flatten,
    Graph,
    Input,
    Neuron,
    Node,
    Pool2d,
    Readout,
    Shape,
)
from snnrt.ir.graph_checks import check_graph

DEFAULT_TIMESTEPS = 16
MAX_ADD_INPUTS = 4
CONSTANT_LINE = "input: a constant current, the same at each timestep; encoding 'spikes' for data over time"


@dataclass(frozen=True)
class Imported:
    """A float32 graph, and what was assumed because neither the file nor the caller said it."""

    graph: Graph
    assumptions: tuple[str, ...]


def import_nir(
    path: str | Path,
    *,
    source: Source | None = None,
    dt: float | None = None,
    reset: ResetChoice | None = None,
    strict: bool | None = None,
    multiple: bool | None = None,
    max_spikes: int = 255,
    lower_bound: float | None = None,
    normalise_input: bool | None = None,
    timesteps: int | None = None,
    readout: Literal["sum", "mean"] = "sum",
    encoding: Literal["constant", "spikes"] | None = None,
    low: float = 0.0,
    high: float = 1.0,
    isolated: bool = True,
) -> Imported:
    """Import the NIR file at ``path`` as a float32 graph with a readout and the exit rule ``never``.

    ``source``: the framework whose rules the neurons follow; None: inferred from the file's
    constants, else ``nir`` (forward Euler on NIR's equations). ``dt``: seconds (Sinabs: steps).
    ``reset``: ``subtract`` and ``zero`` when the framework does it, ``subtract_now``, ``none``.
    ``strict``: fires where v > threshold, not ≥. ``multiple``: up to ``max_spikes`` spikes a step.
    ``lower_bound``: of the membrane of neurons that fire (Sinabs' min_v_mem). ``normalise_input``:
    Sinabs' norm_input. ``encoding``: the input is a constant current (default) or spikes over time,
    with values from ``low`` to ``high``. ``isolated``: read the file in a process of its own, which a
    damaged file may crash.

    Raises ModelError if the file cannot be read, holds what snnrt cannot express, or the choices
    contradict each other; the message names the node.
    """
    path = Path(path)
    choices = (dt, reset, strict, multiple, max_spikes, lower_bound, normalise_input)
    if source is not None:
        choose_rules(source, *choices)
    nested = read_nir(path, isolated)
    try:
        flat = flatten_graph(nested)
        rules, assumptions = _decide(flat, source, choices)
        for origin, reader in cut_cycles(flat):
            assumptions.append(f"recurrence: {reader!r} reads {origin!r} of the step before")
        builder = _Builder(flat, rules, assumptions)
        builder.build(encoding or "constant", low, high)
        builder.add_readout(readout)
        ordered = fold_scales(_as_currents(order_nodes(builder.drafts, builder.names)))
        ordered = _with_exit(ordered, builder.names)
        nodes = _as_currents(with_plain_vectors(ordered, builder.names))
        if encoding is None:
            assumptions.append(CONSTANT_LINE)
        if timesteps is None:
            timesteps = DEFAULT_TIMESTEPS
            assumptions.append(f"timesteps = {timesteps}")
        framework = {
            "format": "nir",
            "framework": rules.source,
            "dt": rules.dt,
            "assumptions": list(assumptions),
        }
        graph = Graph(nodes, timesteps, "float32", {"name": path.stem, "source": framework})
        check_graph(graph)
    except ModelError as error:
        raise ModelError(f"{path}: {error}") from error
    return Imported(graph, tuple(assumptions))


def _decide(flat: FlatGraph, source: Source | None, choices: tuple) -> tuple[Rules, list[str]]:
    """Whose rules hold, and what that assumes; counts the delays in its timesteps."""
    assumptions: list[str] = []
    if source is None:
        source, reason = infer_source(
            {k: node for k, node in flat.nodes.items() if isinstance(node, NEURONS)}
        )
        assumptions.append(f"source = {source} ({reason})")
    rules = choose_rules(source, *choices)
    dt, reset, strict, multiple, _, lower_bound, _ = choices
    given = {"dt": dt, "reset": reset, "strict": strict, "multiple": multiple, "lower_bound": lower_bound}
    assumptions += describe(rules, list(flat.nodes.values()), given)
    resolve_delays(flat, rules.dt)
    return rules, assumptions


def _with_exit(nodes: tuple[Node, ...], names: Names) -> tuple[Node, ...]:
    """The readout moved to the end, and the exit behind it."""
    last = next(node for node in nodes if isinstance(node, Readout))
    end = Exit(names.fresh("exit"), (Edge(last.name),), last.shape, rule="never")
    return (*(node for node in nodes if node is not last), last, end)


class _Builder:
    """Turns the flat NIR graph into drafts of IR nodes, shapes inferred on the way from the input."""

    def __init__(self, flat: FlatGraph, rules: Rules, assumptions: list[str]) -> None:
        self.flat, self.rules, self.assumptions = flat, rules, assumptions
        self.names = Names(set(flat.nodes))
        self.drafts: dict[str, Draft] = {}
        self.shapes: dict[str, Shape] = {}
        # NIR nodes that compute nothing, and what stands for them
        self.same_as: dict[str, tuple[str, int]] = {}

    def build(self, encoding: Literal["constant", "spikes"], low: float, high: float) -> None:
        """Fill ``drafts``, with every read resolved to a draft."""
        flat = self.flat
        node = flat.nodes[flat.input]
        assert isinstance(node, nir.Input)
        shape, note = input_shape(flat.input, node, [flat.nodes[name] for name in flat.readers(flat.input)])
        if note:
            self.assumptions.append(note)
        source = Input(flat.input, (), shape, encoding=encoding, low=float(low), high=float(high))
        self.drafts[flat.input] = Draft(source, [])
        self.shapes[flat.input] = shape
        readers: dict[str, list[str]] = {name: [] for name in flat.nodes}
        for reader, reads in flat.inputs.items():
            for origin, _ in reads:
                readers[origin].append(reader)
        pending = deque(readers[flat.input])
        while pending:
            name = pending.popleft()
            if name not in self.shapes:
                shape = next(self.shapes[origin] for origin, _ in flat.inputs[name] if origin in self.shapes)
                self.shapes[name] = self._build_node(name, shape)
                pending.extend(readers[name])
        self._check_sums()
        for draft in self.drafts.values():
            draft.reads = [self._resolve(*read) for read in draft.reads]
        self._feed_currents()

    def add_readout(self, mode: Literal["sum", "mean"]) -> None:
        """Append the readout of what the Output reads, as a vector."""
        output = self.flat.output
        read, shape = self._resolve(output, 0), self.shapes[output]
        if len(shape) == 3:
            flat = Flatten(self.names.fresh(f"{output}.flatten"), (), (shape[0] * shape[1] * shape[2],))
            self.drafts[flat.name] = Draft(flat, [read])
            read, shape = (flat.name, 0), flat.shape
        name = self.names.fresh("readout") if output in self.drafts else output
        self.drafts[name] = Draft(Readout(name, (), shape, mode=mode), [read])

    def _resolve(self, name: str, steps: int) -> tuple[str, int]:
        """The draft that stands for a NIR node, and the delay to it."""
        while name in self.same_as:
            name, more = self.same_as[name]
            steps += more
        return name, steps

    def _build_node(self, name: str, shape: Shape) -> Shape:
        node = self.flat.nodes[name]
        if isinstance(node, NEURONS):
            neuron = make_neuron(name, node, shape, self.rules, is_recurrent(self.flat, name))
            self._emit(name, neuron, shape, current=True)
            return neuron.shape
        if isinstance(node, nir.Output):
            return self._pass_on(name, shape)
        features = features_of(node)
        if features is not None and len(shape) == 3 and shape[0] * shape[1] * shape[2] == features:
            flat = Flatten(self.names.fresh(f"{name}.flatten"), (), (features,))
            self._emit(name, flat, shape)
            layer = make_layer(name, node, flat.shape)
            assert layer is not None
            self.drafts[name] = Draft(layer, [(flat.name, 0)])
            self.assumptions.append(f"{name!r} reads its input of shape {shape} flattened")
            return layer.shape
        if flattens_behind_batch(node, shape) and self._feeds_only_dense(name, shape):
            self.assumptions.append(
                f"{name!r} flattens all of {shape} (its start_dim of 1 counts a batch axis)"
            )
            layer = Flatten(name, (), (shape[0] * shape[1] * shape[2],))
        else:
            layer = make_layer(name, node, shape)
        if layer is None:
            return self._pass_on(name, shape)
        self._emit(name, layer, shape)
        return layer.shape

    def _feeds_only_dense(self, name: str, shape: Shape) -> bool:
        found = [features_of(self.flat.nodes[reader]) for reader in self.flat.readers(name)]
        return bool(found) and all(count == shape[0] * shape[1] * shape[2] for count in found)

    def _reads(self, name: str) -> list[tuple[str, int]]:
        """What a NIR node reads, undelayed first, so that a recurrent current is added last."""
        return sorted(self.flat.inputs[name], key=lambda read: read[1] > 0)

    def _pass_on(self, name: str, shape: Shape) -> Shape:
        reads = self._reads(name)
        if len(reads) == 1:
            self.same_as[name] = reads[0]
        else:
            self._sum(name, reads, shape, current=False)
        return shape

    def _emit(self, owner: str, node: Node, shape: Shape, current: bool = False) -> None:
        """Add ``node``, which reads what the NIR node ``owner`` reads, summed where it is several."""
        reads = self._reads(owner)
        if len(reads) > 1:
            total = self.names.fresh(f"{owner}.sum")
            self._sum(total, reads, shape, current)
            reads = [(total, 0)]
        self.drafts[node.name] = Draft(node, reads)

    def _sum(self, name: str, reads: list[tuple[str, int]], shape: Shape, current: bool) -> None:
        while len(reads) > MAX_ADD_INPUTS:
            part = self.names.fresh(f"{name}.part")
            self.drafts[part] = Draft(Add(part, (), shape, as_current=current), reads[:MAX_ADD_INPUTS])
            reads = [(part, 0), *reads[MAX_ADD_INPUTS:]]
        self.drafts[name] = Draft(Add(name, (), shape, as_current=current), reads)

    def _check_sums(self) -> None:
        for name, reads in self.flat.inputs.items():
            found = {self.shapes[origin] for origin, _ in reads}
            if len(found) > 1:
                words = ", ".join(f"{origin!r} {self.shapes[origin]}" for origin, _ in reads[:MAX_ADD_INPUTS])
                kind = type(self.flat.nodes[name]).__name__
                raise ModelError(f"node {name!r} ({kind}): expected inputs of equal shape, found {words}")

    def _feed_currents(self) -> None:
        """Neurons read currents: what spikes or pixels feed one directly passes an Add."""
        for name, draft in list(self.drafts.items()):
            if isinstance(draft.node, Neuron) and not self._is_current(draft.reads[0][0]):
                total = self.names.fresh(f"{name}.current")
                self.drafts[total] = Draft(Add(total, (), draft.node.shape, as_current=True), draft.reads)
                draft.reads = [(total, 0)]

    def _is_current(self, name: str) -> bool:
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            node = self.drafts[name].node
            if not isinstance(node, (Pool2d, Flatten)):
                return _starts_current(node)
            name = self.drafts[name].reads[0][0]
        return False


def _starts_current(node: Node) -> bool:
    if isinstance(node, Neuron):
        return node.threshold is None
    return isinstance(node, (Dense, Conv2d, Scale)) or (isinstance(node, Add) and node.as_current)


def _as_currents(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Mark the sums of currents, which int8 keeps in 32 bits."""
    current = {node.name for node in nodes if _starts_current(node)}
    grew = True
    while grew:
        grew = False
        for node in nodes:
            passes = isinstance(node, (Add, Pool2d, Flatten)) and any(
                edge.source in current for edge in node.inputs
            )
            if passes and node.name not in current:
                current.add(node.name)
                grew = True
    return tuple(
        node.with_(as_current=True) if isinstance(node, Add) and node.name in current else node
        for node in nodes
    )
