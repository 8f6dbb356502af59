"""What a graph asks of any hardware, before its events are counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from snnrt.errors import DataError
from snnrt.ir.graph import Conv2d, Dense, Graph, Neuron, Node, Pool2d, Readout, Weighted
from snnrt.ir.value_types import output_types
from snnrt.results.counts import Counts


@dataclass(frozen=True)
class Synapses:
    """A dense or conv2d node as a matrix that is applied at ``positions`` windows.

    ``inputs`` and ``outputs`` are one group's matrix (``inputs`` = in / groups · k²); the inputs of a window
    lie in ``runs`` runs of neighbours. ``peak`` is the largest value that enters (1: spikes; None: analog),
    ``static`` whether it is the same at every timestep.
    """

    position: int
    name: str
    groups: int
    inputs: int
    outputs: int
    channels_in: int
    kernel_elements: int
    runs: int
    positions: int
    peak: int | None
    static: bool

    @property
    def windows(self) -> int:
        """Output positions, each group counted."""
        return self.positions * self.groups

    @property
    def is_depthwise(self) -> bool:
        """Whether each of several groups reads one channel: the C core takes 32 of them together."""
        return self.groups > 1 and self.channels_in == 1

    @property
    def core_windows(self) -> int:
        """Windows that the C core begins."""
        return self.positions * -(-self.groups // 32) if self.is_depthwise else self.windows


def _synapses_of(
    graph: Graph, position: int, peaks: dict[str, int | None], static: frozenset[str]
) -> Synapses:
    """The :class:`Synapses` of the dense or conv2d node at ``position`` in ``graph``."""
    node = graph.nodes[position]
    peak = peaks[node.inputs[0].source]
    if isinstance(node, Conv2d):
        outputs, per_group, kernel_h, kernel_w = node.weights.shape
        kernel_elements = kernel_h * kernel_w
        return Synapses(
            position=position,
            name=node.name,
            groups=node.groups,
            inputs=per_group * kernel_elements,
            outputs=outputs // node.groups,
            channels_in=per_group,
            kernel_elements=kernel_elements,
            runs=kernel_h if node.groups == 1 and node.dilation[1] == 1 else kernel_elements,
            positions=math.prod(node.shape[1:]),
            peak=peak,
            static=node.name in static,
        )
    assert isinstance(node, Dense)
    outputs, inputs = node.weights.shape
    return Synapses(
        position=position,
        name=node.name,
        groups=1,
        inputs=inputs,
        outputs=outputs,
        channels_in=inputs,
        kernel_elements=1,
        runs=1,
        positions=1,
        peak=peak,
        static=node.name in static,
    )


def all_synapses(graph: Graph) -> tuple[Synapses, ...]:
    """The synapses of every dense and conv2d node, in graph order."""
    peaks, static = peak_values(graph), graph.static_nodes()
    return tuple(
        _synapses_of(graph, position, peaks, static)
        for position, node in enumerate(graph)
        if isinstance(node, Weighted)
    )


def peak_values(graph: Graph) -> dict[str, int | None]:
    """Largest value that each node passes on, as a whole number; None: any real number."""
    # what a neuron passes on does not depend on its inputs, so delayed edges from later ones find it here
    peaks: dict[str, int | None] = {
        node.name: node.passed_peak([], graph.integer) for node in graph if isinstance(node, Neuron)
    }
    for node in graph:
        sources = [peaks.get(edge.source) for edge in node.inputs]
        peaks[node.name] = node.passed_peak(sources, graph.integer)
    return peaks


def packed_spikes(graph: Graph) -> frozenset[str]:
    """Nodes whose output the core keeps as one bit an element: at most one spike a step."""
    return frozenset(name for name, type_ in output_types(graph).items() if type_ == "bits")


def pooled_positions(graph: Graph, name: str) -> int | None:
    """Windows of ``name`` after the pooling that follows it (through neurons); None: no pooling."""
    for _ in graph:
        readers = [node for node in graph if any(edge.source == name for edge in node.inputs)]
        if len(readers) != 1 or not isinstance(readers[0], (Neuron, Pool2d)):
            return None
        if isinstance(readers[0], Pool2d):
            return math.prod(readers[0].shape[1:])
        name = readers[0].name
    return None


def check_counts(graph: Graph, counts: Counts) -> None:
    """DataError unless ``counts`` were made by ``graph`` and cover at least one input."""
    names = tuple(node.name for node in graph)
    if counts.nodes != names:
        raise DataError(
            f"counts are of nodes {_short(counts.nodes)}, expected those of the graph, {_short(names)}; "
            "run the same network that is profiled"
        )
    inputs = counts.timesteps.shape[0] if counts.timesteps.ndim == 1 else -1
    if inputs < 1:
        raise DataError("counts hold no input; expected at least one, run the network on some data first")
    for field in Counts.FIELDS:
        shape = getattr(counts, field).shape
        if shape != (inputs, len(names)):
            raise DataError(f"counts.{field} has shape {shape}, expected {(inputs, len(names))}; run again")
    if int(counts.timesteps.min()) < 1:
        raise DataError("counts.timesteps hold a 0, expected at least one step for each input; run again")


def _short(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (f", … ({len(names)})" if len(names) > 4 else "")


def nominal_counts(graph: Graph, density: float) -> Counts:
    """One timestep of one input in which a fraction ``density`` of all spikes is there.

    Rows and windows are expected values rounded to whole events: windows · inputs · d rows, and windows ·
    (1 − (1 − d)^inputs) active windows. Analog values are never zero (d = 1).
    """
    counts = Counts.zeros(tuple(node.name for node in graph), 1)
    counts.timesteps[:] = 1
    for synapses in all_synapses(graph):
        d = 1.0 if synapses.peak is None else density
        rows = round(synapses.windows * synapses.inputs * d)
        counts.row_activations[0, synapses.position] = rows
        counts.synaptic_operations[0, synapses.position] = rows * synapses.outputs
        active = synapses.windows * (1.0 - (1.0 - d) ** synapses.inputs)
        counts.active_windows[0, synapses.position] = min(round(active), rows)
    for position, node in enumerate(graph):
        if isinstance(node, Neuron):
            size = math.prod(node.shape)
            counts.neuron_updates[0, position] = size
            counts.spikes[0, position] = round(size * density) if node.threshold is not None else 0
    return counts


def elements(node: Node) -> int:
    """Output elements of a node (a readout: its classes)."""
    return math.prod(node.shape)


def classes(graph: Graph) -> int:
    """Classes of the readout."""
    readout = graph.readout
    assert isinstance(readout, Readout)
    return math.prod(readout.shape)


def node_scratch_bytes(graph: Graph, node: Node) -> int:
    """As snnrt_conv2d_scratch_bytes of csrc/kernels/conv2d.c without the vector kernels: for each event a
    position and a value, for each pixel and group where its events start, 4 bytes each; int8 needs none."""
    if not isinstance(node, Conv2d) or node.is_depthwise or node.rows or graph.integer:
        return 0
    shape = graph[node.inputs[0].source].shape
    elements, depth = math.prod(shape), shape[0] // node.groups
    return 4 * (elements // depth + 1 + 2 * elements)
