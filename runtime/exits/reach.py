"""Which scores a network can reach at all: a readout of spikes has few logits, and they grow by the step."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Graph, Neuron
from snnrt.ir.value_types import output_types

REMEDY = (
    "read the last layer's membrane or its current instead of its spikes, let `snnrt calibrate` choose a "
    "threshold that can be reached, or scale the logits too (`snnrt calibrate --logit-scale fit`)"
)
_MOST_STEPS = 64


@dataclass(frozen=True)
class Reach:
    """After timestep t = 1 … T (at most 64 of them): ``entropy`` (T,), the least normalised entropy that any
    logits within the readout's range have; ``confidence`` (T,), the largest probability; ``margin`` (T,), the
    largest distance of the best from the second, in nats. Empty where the logits have no bound worth
    naming."""

    entropy: tuple[float, ...] = ()
    confidence: tuple[float, ...] = ()
    margin: tuple[float, ...] = ()

    def warning(self, exit: Exit) -> str | None:
        """Where a rule of ``exit`` cannot be met before the last timestep, a sentence with the remedy."""
        lines = [self._of_rule(term.rule, term.threshold) for group in exit.groups() for term in group]
        return next((line for line in lines if line), None)

    def _of_rule(self, rule: str, threshold: float) -> str | None:
        if rule not in ("entropy", "confidence", "margin") or len(self.entropy) < 2:
            return None
        reached = getattr(self, rule)
        early = reached[:-1]
        met = min(early) < threshold if rule == "entropy" else max(early) > threshold
        if met:
            return None
        which = "least entropies" if rule == "entropy" else f"largest values of {rule}"
        shown = ", ".join(f"{one:.3f}" for one in reached[:8]) + (", …" if len(reached) > 8 else "")
        return (
            f"exit {rule}:{threshold:g} can't end a run early: the readout counts spikes, and after "
            f"timesteps 1 … {len(reached)} the {which} that it can reach are {shown}; {REMEDY}"
        )


def reach_of(graph: Graph) -> Reach:
    """Of a readout that reads spikes; of one that reads currents nothing is said."""
    readout = graph.readout
    source = graph[readout.inputs[0].source]
    types = output_types(graph)
    classes = readout.shape[0]
    if classes < 2 or types[source.name] not in ("bits", "int16") or not _fires(graph, source.name):
        return Reach()
    unit = readout.exit_scale * (1.0 if readout.scale is None else float(np.max(readout.scale)))
    largest = unit * _most_spikes(graph, source.name)
    steps = range(1, min(int(graph.timesteps), _MOST_STEPS) + 1)
    spans = []
    for step in steps:
        spans.append(
            {"sum": largest * step, "first_spike": float(graph.timesteps) * unit}.get(readout.mode, largest)
        )
    return Reach(
        tuple(least_entropy(span, classes) for span in spans),
        tuple(1.0 / (1.0 + (classes - 1) * math.exp(-span)) for span in spans),
        tuple(min(span, 16.0) for span in spans),
    )


def least_entropy(span: float, classes: int) -> float:
    """The least normalised entropy of K logits that lie within ``span`` of each other.

    At a minimum some m classes lie at one end and the others at the other: of all m the least.
    """
    best = 1.0
    for high in range(1, classes):
        low = classes - high
        share = low * math.exp(-span)
        entropy = math.log(high + share) + share * span / (high + share)
        best = min(best, entropy / math.log(classes))
    return best


def _fires(graph: Graph, name: str) -> bool:
    """Whether spikes of neurons reach the readout as they are."""
    while graph[name].kind == "flatten":
        name = graph[name].inputs[0].source
    node = graph[name]
    return isinstance(node, Neuron) and node.threshold is not None


def _most_spikes(graph: Graph, name: str) -> float:
    while graph[name].kind == "flatten":
        name = graph[name].inputs[0].source
    node = graph[name]
    assert isinstance(node, Neuron)
    return float(node.max_spikes) if node.multiple else 1.0
