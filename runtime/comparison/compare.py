"""Runs a model in the C core, beside its source in the reference, or against recorded outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from snnrt.comparison.figures import Comparison
from snnrt.comparison.outputs import RecordedOutputs, is_outputs, recorded_outputs
from snnrt.comparison.source import Progress, check_same, framework_outputs, source_graph, spiking
from snnrt.comparison.steps import step_logits
from snnrt.comparison.tally import LogitTally, Place, Tally
from snnrt.data.load import Dataset
from snnrt.devices.base import Session
from snnrt.devices.registry import find_device
from snnrt.errors import DataError
from snnrt.exits.fixed_point import best_class
from snnrt.format.model import Model
from snnrt.ir.arithmetic import broadcast
from snnrt.ir.graph import Graph, Neuron
from snnrt.reference.run import CAPABILITIES, Reference
from snnrt.results.request import Inputs, RunRequest, checked_request
from snnrt.results.result import Result

Run = Callable[[RunRequest], Result]

RECORDED_BYTES = 1 << 26
"""Recorded spikes that a batch may hold."""


def validate(
    model: Model, source: object, data: Inputs, progress: Progress | None = None, **options: object
) -> Comparison:
    """``model`` against its source, against recorded outputs (:func:`is_outputs`), or against a source that
    runs in its own framework; ``options``: how the source is read or called."""
    outputs: object = source
    if not is_outputs(source):
        outputs = framework_outputs(source, model.graph, _request(model, data).inputs, **options)  # type: ignore[arg-type]
        if outputs is None:
            return compare_with_reference(model, source_graph(source, model.graph, **options), data, progress)
    return compare_with_outputs(model, recorded_outputs(outputs, model.graph), data, progress)  # type: ignore[arg-type]


def compare_with_reference(
    model: Model, source: Graph, data: Inputs, progress: Progress | None = None
) -> Comparison:
    """Run ``model`` in the C core and ``source`` in the reference on ``data`` and compare.

    ``data`` as for :meth:`snnrt.Network.run`; ``progress(done, total)`` is called after each batch. Raises
    ModelError where the two are not the same network: another input, another number of classes or
    timesteps, other neurons.
    """
    check_same(model.graph, source)
    ours = _request(model, data)
    # what the model read, whatever the source's own file says of raw values
    read = Dataset(ours.inputs, None, "x", prepared=True)
    request = checked_request(source, read, CAPABILITIES, record=("spikes",)).for_all_timesteps()
    return _compare(model, ours, _Source(Reference(source), request, spiking(model.graph)), progress)


def compare_with_outputs(
    model: Model, outputs: RecordedOutputs, data: Inputs, progress: Progress | None = None
) -> Comparison:
    """Run ``model`` in the C core on ``data`` for as many timesteps as were recorded, and compare.

    ``outputs`` are of these inputs, in this order. Raises DataError where there are not as many.
    """
    ours = _request(model, data, outputs.timesteps)
    if len(ours) != outputs.inputs:
        raise DataError(
            f"{outputs.name}: expected outputs of the data's {len(ours)} inputs, found {outputs.inputs}; "
            "give the inputs that were recorded, or limit them"
        )
    return _compare(model, ours, _Recorded(outputs), progress)


def _request(model: Model, data: Inputs, timesteps: int | None = None) -> RunRequest:
    device = find_device("cpu")
    return checked_request(
        model.graph, data, device.capabilities, record=("spikes",), timesteps=timesteps
    ).for_all_timesteps()


@dataclass(frozen=True)
class _Expected:
    """Of some inputs: spikes by layer, classes (n,), logits (n, K), and after each timestep (n, T, K)."""

    spikes: Mapping[str, np.ndarray]
    classes: np.ndarray | None
    logits: np.ndarray | None
    step_logits: np.ndarray | None = None


class _Source:
    """What the source gives in the reference."""

    recorded = False

    def __init__(self, reference: Reference, request: RunRequest, layers: list[str]) -> None:
        self.reference, self.request, self.layers = reference, request, layers

    def part(self, start: int, end: int) -> _Expected:
        """Of the inputs ``start`` … ``end``."""
        result = self.reference.run_request(self.request.part(start, end))
        return _Expected(result.spikes, result.predictions, result.logits)

    def membranes(self, layer: str, index: int) -> np.ndarray | None:
        """After each timestep (T, *shape)."""
        return _membranes(self.reference.run_request, self.request, layer, index)


class _Recorded:
    """What the framework gave."""

    recorded = True

    def __init__(self, outputs: RecordedOutputs) -> None:
        self.outputs, self.layers = outputs, list(outputs.spikes)

    def part(self, start: int, end: int) -> _Expected:
        """Of the inputs ``start`` … ``end``."""
        out = self.outputs
        logits = None if out.logits is None else out.logits[start:end]
        return _Expected(
            {layer: values[start:end] for layer, values in out.spikes.items()},
            None if logits is None else best_class(logits),
            logits,
            None if out.step_logits is None else out.step_logits[start:end],
        )

    def membranes(self, layer: str, index: int) -> np.ndarray | None:
        """After each timestep (T, *shape), where they were recorded."""
        values = self.outputs.membranes.get(layer)
        return None if values is None else values[index]


def _membranes(run: Run, request: RunRequest, layer: str, index: int) -> np.ndarray:
    """Of one input, after each timestep (T, *shape), in real units."""
    one = replace(request.part(index, index + 1), record=("membranes",))
    return run(one).membranes[layer][0]


def _compare(
    model: Model, ours: RunRequest, theirs: _Source | _Recorded, progress: Progress | None
) -> Comparison:
    graph, inputs, steps = model.graph, len(ours), ours.timesteps
    tally = Tally({name: graph[name].shape for name in theirs.layers}, steps)
    logits = LogitTally(steps)
    a_step = sum(2 * math.prod(graph[name].shape) for name in spiking(graph))
    batch = max(1, min(256, RECORDED_BYTES // max(1, a_step * steps)))
    fired = np.zeros(len(graph.nodes), np.uint64)
    with find_device("cpu").open(model) as session:
        for start in range(0, inputs, batch):
            part = ours.part(start, start + batch)
            found, expected = session.run(part), theirs.part(start, start + batch)
            tally.add(found.spikes, expected.spikes)
            fired += found.counts.spikes.sum(axis=0)
            logits.add(found, expected.classes, expected.logits)
            if expected.step_logits is not None:
                logits.add_steps(step_logits(session, part, graph, found), expected.step_logits)
            if progress is not None:
                progress(min(start + batch, inputs), inputs)
        difference = _difference(graph, session, ours, theirs, tally.first)
    total = tally.total()
    return Comparison(
        inputs=inputs,
        timesteps=steps,
        # a source without neurons has the same spikes as any
        spike_agreement=1.0 if total is None and not theirs.recorded else total,
        node_spike_agreement=tally.agreement(),
        first_difference=difference,
        class_agreement=logits.agreement(),
        logits_mean_difference=logits.mean_difference(),
        logits_max_difference=logits.max_difference(),
        accuracy=logits.accuracy(ours.labels),
        source_accuracy=logits.expected_accuracy(ours.labels),
        step_spike_agreement=tally.step_agreement(),
        node_first_timestep=tally.first_steps(),
        node_rate_distance=tally.rate_distance(),
        step_class_agreement=logits.step_agreement(),
        logits_largest=logits.largest,
        silent_layers=tuple(name for name in spiking(graph) if not fired[graph.index(name)]),
    )


def _difference(
    graph: Graph, session: Session, ours: RunRequest, theirs: _Source | _Recorded, place: Place | None
) -> dict[str, object] | None:
    """Where the first unequal spike is, and the values there, in plain numbers."""
    if place is None:
        return None
    node = graph[place.layer]
    assert isinstance(node, Neuron) and node.threshold is not None
    at = (place.step, *place.neuron)
    expected = theirs.membranes(place.layer, place.input)
    threshold = broadcast(node.threshold, node.shape)[place.neuron]
    unit = 1.0 if node.scale is None else float(broadcast(node.scale, node.shape)[place.neuron])
    return {
        "node": place.layer,
        "input": place.input,
        "timestep": place.step + 1,
        "neuron": list(place.neuron),
        "spikes": place.spikes,
        "expected_spikes": place.expected,
        "membrane": float(_membranes(session.run, ours, place.layer, place.input)[at]),
        "expected_membrane": None if expected is None else float(expected[at]),
        "threshold": float(threshold) * unit,
    }
