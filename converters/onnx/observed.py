"""A model, run on an example: its trace, and the neurons in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from snnrt.converters.common.names import Names
from snnrt.converters.onnx.chains import read_chain
from snnrt.converters.onnx.elementwise import moves
from snnrt.converters.onnx.file import OnnxModel
from snnrt.converters.onnx.fires import Fires, find_fires, linked, previous
from snnrt.converters.onnx.neurons import OnnxNeuron, read_neuron
from snnrt.converters.onnx.signatures import Signatures
from snnrt.converters.onnx.states import Ports
from snnrt.converters.onnx.tensors import Tensor, Trace
from snnrt.converters.onnx.tracing import Tracer


@dataclass(eq=False)
class Observed:
    """``trace`` of ``calls`` runs on the tensor ``given``; ``results`` of each by name; ``neurons``."""

    trace: Trace
    given: Tensor
    calls: int
    results: list[dict[str, Tensor]]
    fires: Fires
    neurons: list[OnnxNeuron]


def observe(model: OnnxModel, ports: Ports, x: np.ndarray, calls: int) -> Observed:
    """Run ``model`` on ``x`` so often, each time with the states that the last run gave."""
    tracer = Tracer(model)
    given = tracer.trace.give(x, name=ports.data)
    states, results = ports.resting(), []
    kept: dict[str, list[Tensor]] = {name: [] for name in ports.states}
    for _ in range(calls):
        outputs = tracer.run({ports.data: given, **states})
        states = {name: outputs[output] for name, output in ports.states.items()}
        for name, tensor in states.items():
            kept[name].append(tensor)
        results.append({name: outputs[name] for name in ports.results})
    trace = tracer.trace
    found = find_fires(trace)
    chains = [(bases, True) for bases in linked(found)]
    inner: set[Tensor] = set()
    for bases, _ in chains:
        inner |= read_chain(bases, True, found, set()).internal
    rows = [*_rows(trace), *([one[name] for one in results] for name in ports.results), *kept.values()]
    integrators = _integrators(rows, found, inner)
    chains += [(bases, False) for bases in integrators]
    return Observed(trace, given, calls, results, found, _neurons(trace, found, chains))


def _neurons(trace: Trace, found: Fires, chains: Sequence[tuple[list[Tensor], bool]]) -> list[OnnxNeuron]:
    numbers = {base: number for number, (bases, _) in enumerate(chains) for base in bases}
    signatures, names = Signatures(trace, numbers), Names(("input", "output"))
    others = {base for bases, fires in chains if not fires for base in bases}
    fired = _spikes(found)
    neurons = []
    for number, (bases, fires) in enumerate(chains):
        chain = read_chain(bases, fires, found, others - set(bases))
        spikes = [fired.get(base, np.zeros(base.shape)) if fires else base.array for base in bases]
        node = bases[0].node
        path = names.fresh((node.scope if node is not None else "") or f"neuron{number + 1}")
        title = "neurons" if fires else "leaky integrators"
        neurons.append(read_neuron(chain, found, signatures, spikes, path, title))
    return neurons


def _spikes(found: Fires) -> dict[Tensor, np.ndarray]:
    """Those of each base, as numbers."""
    fired: dict[Tensor, np.ndarray] = {}
    for tensor in found.related:
        base = found.spikes_of(tensor)
        if base is not None:
            fired[base] = tensor.array.astype(np.float32)
    return fired


def _rows(trace: Trace) -> Iterable[list[Tensor]]:
    """What is laid side by side, as timesteps are."""
    for node in trace.nodes:
        if node.kind in ("Concat", "ConcatFromSequence") and len(node.tensors()) > 1:
            yield [_bare(one) for one in node.tensors()]


def _bare(tensor: Tensor) -> Tensor:
    """Before it was given an axis of one."""
    while tensor.node is not None and tensor.node.kind in ("Unsqueeze", "Reshape") and moves(tensor.node):
        source = tensor.node.inputs[0]
        assert isinstance(source, Tensor)
        if source.array.size != tensor.array.size or len(source.shape) >= len(tensor.shape):
            break
        tensor = source
    return tensor


def _integrators(rows: Iterable[list[Tensor]], found: Fires, inner: set[Tensor]) -> list[list[Tensor]]:
    """Rows of membranes that go on from one timestep to the next and never fire; ``inner``: states of those
    that do."""
    chains: list[list[Tensor]] = []
    taken = set(found.bases) | inner
    for row in rows:
        known = set(row)
        if (
            len(row) < 2
            or len({one.shape for one in row}) > 1
            or len(known) < len(row)
            or known & taken
            or not all(one.varies for one in row)
        ):
            continue
        if any(one in found.related for one in row):
            continue
        if all(previous(later, known, found) is earlier for earlier, later in pairwise(row)):
            chains.append(row)
            taken |= known
    return chains
