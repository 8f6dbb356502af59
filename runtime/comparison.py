"""A model in the C core against a float32 graph in the NumPy reference, spike for spike."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from snnrt.data.load import Dataset
from snnrt.devices.registry import find_device
from snnrt.errors import ModelError
from snnrt.ir.graph import Graph, Neuron
from snnrt.reference.run import CAPABILITIES, Reference
from snnrt.results.request import checked_request

if TYPE_CHECKING:
    from snnrt.network import Network

RECORDED_BYTES = 1 << 26
"""Recorded spikes that a batch may hold."""


@dataclass(frozen=True)
class Comparison:
    """How far two networks agree on N inputs, each run for all its timesteps.

    ``spike_agreement`` is the fraction of equal values over inputs, timesteps and spiking
    neurons, ``node_spike_agreement`` the same by node; ``first_difference`` says where the
    first unequal spike is (``node``, ``input``, ``timestep``; nodes in order first).
    ``class_agreement`` is a fraction of inputs; logit differences are absolute, in real units.
    The accuracies are None without labels.
    """

    inputs: int
    timesteps: int
    spike_agreement: float
    node_spike_agreement: dict[str, float]
    first_difference: dict[str, object] | None
    class_agreement: float
    logits_mean_difference: float
    logits_max_difference: float
    accuracy: float | None
    source_accuracy: float | None

    @property
    def accuracy_loss(self) -> float | None:
        """How much lower the model's accuracy is than the source's (negative: higher)."""
        if self.accuracy is None or self.source_accuracy is None:
            return None
        return self.source_accuracy - self.accuracy


def compare_with_reference(
    network: Network,
    source: Graph,
    data: Dataset,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Run ``network`` in the C core and ``source`` in the reference on ``data`` and compare.

    ``data`` must fit the network (:func:`snnrt.data.load.fit_to_model`); ``progress(done, total)``
    is called after each batch. Raises ModelError where the two are not the same network:
    another input, another number of classes or timesteps, other neurons.
    """
    graph = network.graph
    names = _spiking(graph)
    _check_same(graph, source, names)
    device = find_device("cpu")
    ours = checked_request(graph, data.x, device.capabilities, record=("spikes",)).for_all_timesteps()
    theirs = checked_request(source, data.x, CAPABILITIES, record=("spikes",)).for_all_timesteps()
    session, reference = device.open(network.model), Reference(source)
    inputs, steps = len(data.x), graph.timesteps
    a_step = sum(2 * math.prod(graph[name].shape) for name in names)
    batch = max(1, min(256, RECORDED_BYTES // max(1, a_step * steps)))
    equal = dict.fromkeys(names, 0)
    first: dict[str, object] | None = None
    classes, source_classes, differences = [], [], []
    for start in range(0, inputs, batch):
        found = session.run(ours.part(start, start + batch))
        expected = reference.run_request(theirs.part(start, start + batch))
        for name in names:
            same = found.spikes[name] == expected.spikes[name]
            equal[name] += int(same.sum())
            if first is None and not same.all():
                where = np.argwhere(~same)[0]
                first = {"node": name, "input": start + int(where[0]), "timestep": int(where[1]) + 1}
        classes.append(found.classes)
        source_classes.append(expected.classes)
        differences.append(np.abs(found.logits.astype(np.float64) - expected.logits))
        if progress is not None:
            progress(min(start + batch, inputs), inputs)
    ours_said, theirs_said, difference = map(np.concatenate, (classes, source_classes, differences))
    sizes = {name: inputs * steps * math.prod(graph[name].shape) for name in names}
    return Comparison(
        inputs=inputs,
        timesteps=steps,
        spike_agreement=sum(equal.values()) / sum(sizes.values()) if names else 1.0,
        node_spike_agreement={name: equal[name] / sizes[name] for name in names},
        first_difference=first,
        class_agreement=float((ours_said == theirs_said).mean()),
        logits_mean_difference=float(difference.mean()),
        logits_max_difference=float(difference.max()),
        accuracy=None if data.y is None else float((ours_said == data.y).mean()),
        source_accuracy=None if data.y is None else float((theirs_said == data.y).mean()),
    )


def _spiking(graph: Graph) -> list[str]:
    return [node.name for node in graph if isinstance(node, Neuron) and node.threshold is not None]


def _check_same(graph: Graph, source: Graph, names: list[str]) -> None:
    pairs: list[tuple[str, object, object]] = [
        ("input shape", graph.input.shape, source.input.shape),
        ("input encoding", graph.input.encoding, source.input.encoding),
        ("classes", graph.readout.shape, source.readout.shape),
        ("readout", graph.readout.mode, source.readout.mode),
        ("timesteps", graph.timesteps, source.timesteps),
        ("numbers", "float32", source.numbers),
        ("spiking nodes", sorted(names), sorted(_spiking(source))),
    ]
    shared = set(names) & set(_spiking(source))
    pairs += [(f"shape of {name}", graph[name].shape, source[name].shape) for name in names if name in shared]
    for what, ours, theirs in pairs:
        if ours != theirs:
            raise ModelError(
                f"the source is another network: {what}: expected {ours} as in the model, found {theirs}; "
                "give the file that the model was converted from, with the same options"
            )
