"""How far a converted network agrees with its source on the inputs that it was calibrated with."""

from __future__ import annotations

import numpy as np

from snnrt.converters.passes.observe import recorded, spread
from snnrt.ir.graph import Graph
from snnrt.results.rates import Agreement, SpikeTotals, agreement_of

# timesteps of all inputs together: a minute of nobody's time, and enough for a share of classes
_TIMESTEPS = 20_000
_LEAST_INPUTS = 64


def agreement(source: Graph, graph: Graph, x: np.ndarray, labels: np.ndarray | None = None) -> Agreement:
    """Run both in the C core, for all timesteps, on ``x`` (N, …) or inputs spread evenly over it.

    ``labels`` (N,) give the accuracies. Of x so many are taken that 20,000 timesteps are run, but no fewer
    than 64.
    """
    most = max(_LEAST_INPUTS, _TIMESTEPS // max(1, int(graph.timesteps)))
    ours, classes = _run(graph, spread(x, most))
    theirs, source_classes = _run(source, spread(x, most))
    chosen = None if labels is None else spread(labels, most)
    return agreement_of(classes, source_classes, ours, theirs, int(graph.timesteps), chosen)


def _run(graph: Graph, x: np.ndarray) -> tuple[SpikeTotals, list[np.ndarray]]:
    totals, classes = SpikeTotals(), []
    for _, result in recorded(graph, x, ("spikes",)):
        totals.add(result)
        classes.append(result.predictions)
    return totals, classes
