"""A model in the C core against a float32 graph in the NumPy reference, spike for spike."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from snnrt.devices.models import load_model
from snnrt.devices.registry import find_device
from snnrt.errors import ModelError
from snnrt.format.model import Model
from snnrt.ir.graph import Graph, Neuron
from snnrt.ir.spec import MAGIC
from snnrt.reference.run import CAPABILITIES, Reference
from snnrt.results.request import Inputs, checked_request

OPTIONS = (
    "readout", "reset", "dt", "encoding", "low", "high", "strict", "multiple", "max_spikes", "lower_bound",
    "normalise_input", "reset_delay", "layers",
)  # fmt: skip
"""Of a conversion: what the source does not say, as the metadata keeps it."""

LIMITS = {
    "float32": {"min_spike_agreement": 1.0, "min_class_agreement": 1.0, "max_accuracy_loss": 0.0},
    "int8": {"min_spike_agreement": 0.0, "min_class_agreement": 0.95, "max_accuracy_loss": 0.005},
}
"""How far a conversion may be from its source, by the numbers of the model."""

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

    def disagreements(self, limits: Mapping[str, float]) -> list[str]:
        """What is beyond ``limits`` (as in :data:`LIMITS`), in words; none: the two agree."""
        broken = []
        for name, what in (("spike_agreement", "spikes"), ("class_agreement", "classes")):
            found, least = getattr(self, name), limits[f"min_{name}"]
            if found < least:
                broken.append(f"{what} agree for {found:.6f}, expected at least {least:g}")
        loss, most = self.accuracy_loss, limits["max_accuracy_loss"]
        # one part in 10⁹: 0.95 − 0.945 must not count as more than 0.005
        if loss is not None and loss > most + 1e-9:
            broken.append(f"the accuracy falls by {loss:.4f}, expected at most {most:g}")
        return broken


def source_graph(source: object, graph: Graph, **options: object) -> Graph:
    """The float32 graph that ``graph`` is compared with.

    ``source``: a graph, or what has one (a network, a model); a .snnrt file; or a trained network's file,
    which is imported as the metadata of ``graph`` says that it was, ``options`` of
    :func:`snnrt.convert` in its place. Raises ModelError.
    """
    if isinstance(source, Graph):
        return source
    if hasattr(source, "graph"):
        return source.graph  # type: ignore[no-any-return]
    if isinstance(source, (str, os.PathLike)) and _is_model(source):
        return load_model(source).graph
    from snnrt.converters.convert import import_source
    from snnrt.converters.frameworks.registry import NAMES

    recorded = graph.metadata.get("source")
    told: dict[str, object] = dict(recorded) if isinstance(recorded, dict) else {}
    wanted: dict[str, object] = {
        "timesteps": graph.timesteps,
        "readout": graph.readout.mode,
        "encoding": graph.input.encoding,
        "low": graph.input.low,
        "high": graph.input.high,
    }
    if told.get("framework") in NAMES:
        wanted["framework"] = told["framework"]
    given = told.get("options")
    if isinstance(given, dict):
        wanted |= {name: value for name, value in given.items() if name in OPTIONS and value is not None}
    return import_source(source, **(wanted | options)).graph  # type: ignore[arg-type]


def _is_model(path: str | os.PathLike[str]) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def compare_with_reference(
    model: Model, source: Graph, data: Inputs, progress: Callable[[int, int], None] | None = None
) -> Comparison:
    """Run ``model`` in the C core and ``source`` in the reference on ``data`` and compare.

    ``data`` as for :meth:`snnrt.Network.run`; ``progress(done, total)`` is called after each batch. Raises
    ModelError where the two are not the same network: another input, another number of classes or
    timesteps, other neurons.
    """
    graph = model.graph
    names = _spiking(graph)
    _check_same(graph, source, names)
    device = find_device("cpu")
    ours = checked_request(graph, data, device.capabilities, record=("spikes",)).for_all_timesteps()
    theirs = checked_request(source, ours.inputs, CAPABILITIES, record=("spikes",)).for_all_timesteps()
    session, reference = device.open(model), Reference(source)
    inputs, steps, labels = len(ours), graph.timesteps, ours.labels
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
        classes.append(found.predictions)
        source_classes.append(expected.predictions)
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
        accuracy=None if labels is None else float((ours_said == labels).mean()),
        source_accuracy=None if labels is None else float((theirs_said == labels).mean()),
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
