"""How far a converted network agrees with its source on the inputs that it was calibrated with."""

from __future__ import annotations

import numpy as np

from snnrt.converters.passes.observe import recorded, spread
from snnrt.ir.graph import Graph
from snnrt.results.rates import Agreement, SpikeTotals, agreement_of

# timesteps of all inputs together: a minute of nobody's time, and enough for a share of classes
_TIMESTEPS = 20_000
_LEAST_INPUTS = 64


class Judge:
    """Holds graphs against ``source``, for all timesteps, on ``x`` (N, …) or inputs spread evenly over it.

    ``labels`` (N,) give the accuracies. Of x so many are taken that 20,000 timesteps are run, but no fewer
    than 64. The source runs once, in the C core as the others do.
    """

    def __init__(self, source: Graph, x: np.ndarray, labels: np.ndarray | None = None) -> None:
        self._timesteps = int(source.timesteps)
        most = max(_LEAST_INPUTS, _TIMESTEPS // max(1, self._timesteps))
        self._x = spread(x, most)
        self._labels = None if labels is None else spread(labels, most)
        self._source, self._classes = _run(source, self._x)

    def agreement(self, graph: Graph) -> Agreement:
        """Of ``graph`` with the source."""
        ours, classes = _run(graph, self._x)
        return agreement_of(classes, self._classes, ours, self._source, self._timesteps, self._labels)


def agreement(source: Graph, graph: Graph, x: np.ndarray, labels: np.ndarray | None = None) -> Agreement:
    """How far ``graph`` agrees with ``source`` on ``x``, as a :class:`Judge` finds it."""
    return Judge(source, x, labels).agreement(graph)


def _run(graph: Graph, x: np.ndarray) -> tuple[SpikeTotals, list[np.ndarray]]:
    totals, classes = SpikeTotals(), []
    for _, result in recorded(graph, x, ("spikes",)):
        totals.add(result)
        classes.append(result.predictions)
    return totals, classes
