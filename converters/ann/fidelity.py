"""A spiking network beside the ordinary one that it was made of, on the same inputs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from snnrt.converters.ann.conversion import OrdinaryNetwork
from snnrt.converters.passes.observe import recorded, shown, spread
from snnrt.ir.graph import Graph
from snnrt.results.fidelity import Fidelity, LayerError

_TIMESTEPS = 20_000
_LEAST_INPUTS = 64


def fidelity(
    network: OrdinaryNetwork,
    graph: Graph,
    neurons: Mapping[str, str],
    thresholds: Mapping[str, np.ndarray],
    x: np.ndarray,
    labels: np.ndarray | None = None,
) -> Fidelity:
    """``graph`` in the C core beside ``network`` on ``x`` (N, …), or as many inputs spread over it as 20,000
    timesteps allow, no fewer than 64; the layers on 64.

    ``neurons``: the node of each activation's path; ``thresholds`` (C,) by path: what a spike is worth.
    """
    timesteps = checkpoints(int(graph.timesteps))
    most = max(_LEAST_INPUTS, _TIMESTEPS // sum(timesteps))
    x, labels = spread(x, most), None if labels is None else spread(labels, most)
    theirs = np.concatenate([batch.outputs.argmax(axis=1) for batch in network.seen(x)])
    agree, right = [], []
    for steps in timesteps:
        runs = recorded(graph.with_(timesteps=steps), x, ())
        ours = np.concatenate([result.predictions for _, result in runs])
        agree.append(float((ours == theirs).mean()))
        if labels is not None:
            right.append(float((ours == labels).mean()))
    return Fidelity(
        inputs=len(x),
        timesteps=timesteps,
        class_agreement=tuple(agree),
        layers=_layers(network, graph, neurons, thresholds, shown(graph, x, ("spikes",)), timesteps),
        accuracy=None if labels is None else tuple(right),
        source_accuracy=None if labels is None else float((theirs == labels).mean()),
    )


def checkpoints(timesteps: int) -> tuple[int, ...]:
    """The powers of two up to T, and T."""
    return (*(2**power for power in range(20) if 2**power < timesteps), timesteps)


class _Tally:
    """Of one layer, sums over the inputs so far."""

    def __init__(self, checkpoints: int) -> None:
        self.squares, self.difference = 0.0, np.zeros(checkpoints)
        self.spikes = self.negative = self.updates = self.neurons = 0

    def add(self, spikes: np.ndarray, values: np.ndarray, worth: np.ndarray, steps: tuple[int, ...]) -> None:
        self.neurons = values[0].size
        self.updates += spikes.size
        signed = spikes.astype(np.int64)
        self.spikes += int(np.abs(signed).sum())
        self.negative += int(-signed[signed < 0].sum())
        self.squares += float((values.astype(np.float64) ** 2).sum())
        for place, step in enumerate(steps):
            rates = signed[:, :step].sum(axis=1) / step * worth
            self.difference[place] += float(((rates - values) ** 2).sum())

    def error(self, name: str) -> LayerError:
        errors = np.sqrt(self.difference / self.squares) if self.squares else np.zeros_like(self.difference)
        return LayerError(
            name, self.neurons, tuple(map(float, errors)), self.spikes / max(1, self.updates),
            self.negative / max(1, self.spikes),
        )  # fmt: skip


def _layers(
    network: OrdinaryNetwork, graph: Graph, neurons: Mapping[str, str], thresholds: Mapping[str, np.ndarray],
    x: np.ndarray, timesteps: tuple[int, ...],
) -> tuple[LayerError, ...]:  # fmt: skip
    tallies: dict[str, _Tally] = {}
    for part, result in recorded(graph, x, ("spikes",)):
        begun = part.start
        for batch in network.seen(x[part]):
            for path, values in batch.activations.items():
                spikes = result.spikes.get(neurons.get(path, ""))
                if spikes is None:
                    continue
                rows = spikes[begun - part.start : begun - part.start + len(values)]
                # an activation that was moved in front of a maximum has more elements
                if rows[0, 0].size == values[0].size:
                    # (channels, length) is a map of height 1
                    values = values.reshape(len(values), *rows.shape[2:])
                    worth = thresholds[path].reshape(-1, *[1] * (values.ndim - 2))
                    tallies.setdefault(neurons[path], _Tally(len(timesteps))).add(
                        rows, values, worth, timesteps
                    )
            begun += len(next(iter(batch.activations.values())))
    return tuple(tally.error(name) for name, tally in tallies.items())
