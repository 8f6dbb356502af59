"""What a network does on calibration inputs: what its synapses read, how far its membranes go.

The C core runs it; what a run does not record by itself is read by probes, leaky integrators that forget at
once: the membrane of one is the value that it reads.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

import numpy as np

from snnrt.devices.models import model_of
from snnrt.devices.registry import find_device
from snnrt.ir.arithmetic import broadcast, windows
from snnrt.ir.graph import Conv2d, Edge, Graph, Input, Neuron, Node, Weighted
from snnrt.ir.spec import ONE_Q15
from snnrt.results.request import checked_request
from snnrt.results.result import Result

# recorded bytes that a batch may hold, and all of what is looked at closely
_RECORDED_BYTES = 2**27
_SEEN_BYTES = 2**29
# so many rows of each synapse's inputs are kept, and at most so many numbers of them
_ROWS = 2048
_NUMBERS = 2**23
# inputs that are looked at closely, as far as memory's bandwidth allows
_LEAST_SHOWN, _MOST_SHOWN = 8, 64


def recorded(graph: Graph, x: np.ndarray, record: tuple[str, ...]) -> Iterator[tuple[slice, Result]]:
    """Runs of ``graph`` in the C core, for all timesteps, with ``record``: parts of ``x`` that fit memory."""
    device = find_device("cpu")
    request = checked_request(graph, x, device.capabilities, record=record).for_all_timesteps()
    batch = max(1, min(256, _RECORDED_BYTES // _recorded_bytes(graph, record)))
    with device.open(model_of(graph)) as session:
        for start in range(0, len(request), batch):
            end = min(start + batch, len(request))
            yield slice(start, end), session.run(request.part(start, end))


def _recorded_bytes(graph: Graph, record: tuple[str, ...]) -> int:
    """Of one input: a spike takes a bit in the core and a byte here, a membrane four and eight."""
    each = 2 * ("spikes" in record) + 12 * ("membranes" in record)
    neurons = sum(math.prod(node.shape) for node in graph if isinstance(node, Neuron))
    return max(1, each * neurons * int(graph.timesteps))


def shown(graph: Graph, x: np.ndarray, record: tuple[str, ...]) -> np.ndarray:
    """Those of ``x`` that are looked at closely: 64, of large and long networks fewer, no fewer than 8."""
    most = _SEEN_BYTES // _recorded_bytes(graph, record)
    return spread(x, max(_LEAST_SHOWN, min(_MOST_SHOWN, most)))


def spread(x: np.ndarray, most: int) -> np.ndarray:
    """At most ``most`` of ``x``, evenly spread: data is often sorted by class."""
    return x if len(x) <= most else x[np.linspace(0, len(x) - 1, most).astype(int)]


def with_probes(graph: Graph, wanted: Mapping[str, Neuron]) -> tuple[Graph, dict[str, str]]:
    """``graph`` with the probe that is wanted by a name right after the node of that name, reading the edges
    that it has; the probes' names."""
    names = {node.name for node in graph}
    nodes: list[Node] = []
    probes: dict[str, str] = {}
    read = {edge.source for probe in wanted.values() for edge in probe.inputs}
    for node in graph:
        # what a probe reads, too, cannot go by rows that are not kept
        nodes.append(node.with_(rows=None) if isinstance(node, Conv2d) and node.name in read else node)
        if node.name in wanted:
            name = f"{node.name}.probe"
            while name in names:
                name += "x"
            names.add(name)
            probes[node.name] = name
            nodes.append(wanted[node.name].with_(name=name))
    return graph.with_(nodes=tuple(nodes)), probes


def synapse_inputs(graph: Graph, x: np.ndarray) -> dict[str, np.ndarray]:
    """Of each dense and conv2d of the float32 ``graph``, what its outputs read: rows of values, float32.

    (rows, fan_in), for a convolution (rows, groups, fan_in), columns in the order of the weights; drawn
    with a fixed seed from the inputs that are :func:`shown`, their timesteps, and the windows of a map.
    """
    synapses = [node for node in graph if isinstance(node, Weighted)]
    sources = {node.inputs[0].source for node in synapses}
    probing, probes = with_probes(
        graph,
        {
            name: Neuron("", (Edge(name),), graph[name].shape, np.zeros((), np.float32), reset="none")
            for name in sources
            if not isinstance(graph[name], Input) and not _fires(graph[name])
        },
    )
    record = ("spikes", "membranes") if probes else ("spikes",)
    x = shown(probing, x, record)
    rng = np.random.default_rng(0)
    found: dict[str, list[np.ndarray]] = {node.name: [] for node in synapses}
    for part, result in recorded(probing, x, record):
        share = (part.stop - part.start) / len(x)
        for node in synapses:
            source = graph[node.inputs[0].source]
            if isinstance(source, Input):
                values = x[part]
                values = values if source.encoding == "spikes" else values[:, None]
            elif source.name in probes:
                values = result.membranes[probes[source.name]]
            else:
                values = result.spikes[source.name]
            found[node.name].append(_rows(node, values.reshape(-1, *source.shape), share, rng))
    return {name: np.concatenate(rows) for name, rows in found.items()}


def _fires(node: Node) -> bool:
    return isinstance(node, Neuron) and node.threshold is not None


def _rows(node: Weighted, values: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Some rows of what ``node`` reads in ``values`` (moments, *shape): ``share`` of all that are kept."""
    fan_in = node.weights[0].size
    groups = node.groups if isinstance(node, Conv2d) else 1
    wanted = max(1, math.ceil(share * min(_ROWS, _NUMBERS // (fan_in * groups))))
    if not isinstance(node, Conv2d):
        chosen = rng.choice(len(values), min(wanted, len(values)), replace=False)
        return values[np.sort(chosen)].astype(np.float32)
    positions = node.shape[1] * node.shape[2]
    # many moments rather than many places of one
    moments = min(len(values), max(1, wanted))
    chosen = np.sort(rng.choice(len(values), moments, replace=False))
    each = min(positions, math.ceil(wanted / moments))
    kernel = (node.weights.shape[2], node.weights.shape[3])
    rows = []
    for start in range(0, moments, 64):
        block = values[chosen[start : start + 64]]
        view = windows(block, kernel, node.stride, node.padding, node.dilation)
        count, _, _, width = view.shape[:4]
        place = np.argsort(rng.random((count, positions)), axis=1)[:, :each].ravel()
        moment = np.repeat(np.arange(count), each)
        taken = view[moment, :, place // width, place % width]
        rows.append(taken.reshape(len(moment), groups, -1).astype(np.float32))
    return np.concatenate(rows)[: max(1, wanted)]


def membrane_peaks(graph: Graph, x: np.ndarray) -> dict[str, float]:
    """The largest |u| that each neuron of the integer ``graph`` (32-bit states) reaches on ``x``, in units.

    A run records v, after the reset; u is computed from the v before and the current that a probe reads. A
    late reset leaves u in v; where one is taken ahead, the bound |v| + θ stands. What a lower bound of an
    integrator, or of a neuron with a late reset, takes away is not seen: it may be clipped.
    """
    # without scales membranes are recorded in units
    plain = graph.with_(
        nodes=tuple(node.with_(scale=None) if isinstance(node, Neuron) else node for node in graph)
    )
    resetting = [node for node in plain if isinstance(node, Neuron) and node.spikes and not node.reset_next]
    probing, probes = with_probes(plain, {node.name: _current_probe(node) for node in resetting})
    largest = {node.name: 0.0 for node in graph if isinstance(node, Neuron)}
    record = ("membranes",)
    for _, result in recorded(probing, shown(probing, x, record), record):
        for node in plain:
            if not isinstance(node, Neuron):
                continue
            v = result.membranes[node.name]
            peak = float(np.abs(v).max())
            if node.name in probes:
                held = np.zeros_like(v)
                held[:, 1:] = v[:, :-1]
                if node.initial is not None:
                    held[:, 0] = broadcast(node.initial, node.shape)
                u = _decayed(node, held) + result.membranes[probes[node.name]]
                peak = max(peak, float(np.abs(u).max()))
            elif node.reset_ahead and node.threshold is not None:
                peak += float(node.threshold.max())
            largest[node.name] = max(largest[node.name], peak)
    return largest


def _current_probe(node: Neuron) -> Neuron:
    """What enters the membrane of ``node``: its synaptic current and bias. A decay of 0, or a shift by 0,
    forgets."""
    return Neuron(
        "", node.inputs, node.shape, np.zeros((), np.int32), synapse=node.synapse,
        synapse_order=node.synapse_order, synapse_rise=node.synapse_rise, bias=node.bias, reset="none",
        shift_decay=node.shift_decay,
    )  # fmt: skip


def _decayed(node: Neuron, held: np.ndarray) -> np.ndarray:
    """The membrane's leak on whole numbers, in place of int64's in float64, which holds them exactly."""
    factor = broadcast(node.membrane, node.shape).astype(np.float64)
    if node.shift_decay:
        return held - np.floor(held / 2.0**factor)
    return np.floor((held * factor + ONE_Q15 / 2) / ONE_Q15)
