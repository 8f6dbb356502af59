"""The network that a model came from, as a float32 graph."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from snnrt.devices.models import load_model
from snnrt.errors import ModelError
from snnrt.ir.graph import Graph, Neuron
from snnrt.ir.spec import MAGIC

Progress = Callable[[int, int], None]

OPTIONS = (
    "readout", "reset", "dt", "encoding", "low", "high", "strict", "multiple", "max_spikes", "lower_bound",
    "normalise_input", "reset_delay", "layers", "spiking", "negative_spikes",
)  # fmt: skip
"""Of a conversion: what the source does not say, as the metadata keeps it."""


def source_graph(source: object, graph: Graph, **options: object) -> Graph:
    """The float32 graph that ``graph`` is compared with.

    ``source``: a graph, or what has one (a network, a model); a .snnrt file; or a trained network's file,
    which is imported as the metadata of ``graph`` says that it was, ``options`` of
    :func:`snnrt.convert` in its place. Raises ModelError.
    """
    if isinstance(source, Graph):
        return source
    if isinstance(getattr(source, "graph", None), Graph):
        return source.graph  # type: ignore[attr-defined, no-any-return]
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


def framework_outputs(
    source: object, graph: Graph, inputs: np.ndarray, progress: Progress | None = None, **options: object
) -> dict[str, np.ndarray] | None:
    """What the source's own framework gives for ``inputs`` (:mod:`snnrt.comparison.outputs`); None where that
    is not at hand, as for a file. ``options``: how it is called. Raises ModelError and DataError."""
    if isinstance(source, Graph) or isinstance(getattr(source, "graph", None), Graph):
        return None
    if isinstance(source, (str, os.PathLike)) and _is_model(source):
        return None
    from snnrt.converters.importers import find_importer

    running = find_importer(source).load_outputs()
    if running is None:
        return None
    return running(source, inputs, timesteps=graph.timesteps, progress=progress, **options)


def _is_model(path: str | os.PathLike[str]) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except (OSError, ValueError):
        return False


def spiking(graph: Graph) -> list[str]:
    """The names of the nodes that fire, in order."""
    return [node.name for node in graph if isinstance(node, Neuron) and node.threshold is not None]


def check_same(graph: Graph, source: Graph) -> None:
    """Raise ModelError where the two are not the same network."""
    names = spiking(graph)
    pairs: list[tuple[str, object, object]] = [
        ("input shape", graph.input.shape, source.input.shape),
        ("input encoding", graph.input.encoding, source.input.encoding),
        ("classes", graph.readout.shape, source.readout.shape),
        ("readout", graph.readout.mode, source.readout.mode),
        ("timesteps", graph.timesteps, source.timesteps),
        ("numbers", "float32", source.numbers),
        ("spiking nodes", sorted(names), sorted(spiking(source))),
    ]
    shared = set(names) & set(spiking(source))
    pairs += [(f"shape of {name}", graph[name].shape, source[name].shape) for name in names if name in shared]
    for what, ours, theirs in pairs:
        if ours != theirs:
            raise ModelError(
                f"the source is another network: {what}: expected {ours} as in the model, found {theirs}; "
                "give the file that the model was converted from, with the same options"
            )
