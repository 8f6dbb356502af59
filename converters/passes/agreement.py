"""How far a converted network agrees with its source on the inputs that it was calibrated with."""

from __future__ import annotations

import numpy as np

from snnrt.converters.passes.class_changes import ExpectedChanges, expected_changes
from snnrt.converters.passes.observe import recorded, spread
from snnrt.ir.graph import Graph
from snnrt.results.rates import Agreement, SpikeTotals, agreement_of

# timesteps of all inputs together: seconds, and enough for a share of classes
_TIMESTEPS = 10_000
_LEAST_INPUTS = 64


class Judge:
    """Holds graphs against ``source``, for all timesteps, on ``x`` (N, …) or inputs spread evenly over it.

    ``labels`` (N,) give the accuracies. Of x so many are taken that 10,000 timesteps are run, but no fewer
    than 64. The source runs once, in the C core as the others do.
    """

    def __init__(self, source: Graph, x: np.ndarray, labels: np.ndarray | None = None) -> None:
        self._timesteps = int(source.timesteps)
        most = max(_LEAST_INPUTS, _TIMESTEPS // max(1, self._timesteps))
        self._x = spread(x, most)
        self._labels = None if labels is None else spread(labels, most)
        self._source, self._classes, self._logits = _run(source, self._x)

    def judged(self, graph: Graph) -> tuple[Agreement, ExpectedChanges]:
        """The agreement of ``graph`` with the source, and what it lets expect of other inputs."""
        ours, classes, logits = _run(graph, self._x)
        found = agreement_of(classes, self._classes, ours, self._source, self._timesteps, self._labels)
        return found, expected_changes(self._logits, logits)


def agreement(source: Graph, graph: Graph, x: np.ndarray, labels: np.ndarray | None = None) -> Agreement:
    """How far ``graph`` agrees with ``source`` on ``x``, as a :class:`Judge` finds it."""
    return Judge(source, x, labels).judged(graph)[0]


def _run(graph: Graph, x: np.ndarray) -> tuple[SpikeTotals, list[np.ndarray], np.ndarray]:
    totals, classes, logits = SpikeTotals(), [], []
    for _, result in recorded(graph, x, ("spikes",)):
        totals.add(result)
        classes.append(result.predictions)
        logits.append(result.logits)
    return totals, classes, np.concatenate(logits)
