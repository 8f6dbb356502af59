"""An int8 graph by calibration inputs, its agreement with its source, finer weights where that is poor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnrt.converters.passes.agreement import Judge
from snnrt.converters.passes.quantise import quantise
from snnrt.converters.passes.quantise_fine import Fine, fine_layers
from snnrt.ir.graph import Graph
from snnrt.results.rates import BY_CHANCE, Agreement

LEAST_CLASSES = 0.9975
"""The share of equal classes below which the layers that read a constant input get finer weights: 99.5 % are
wanted, and a thousand inputs tell no better."""


@dataclass(frozen=True)
class Calibrated:
    """An int8 ``graph``, its ``agreement`` with its source, and what was chosen, in words."""

    graph: Graph
    agreement: Agreement
    told: tuple[str, ...] = ()


def calibrated(
    source: Graph,
    x: np.ndarray,
    labels: np.ndarray | None = None,
    state_bits: Literal[16, 32] | None = None,
    decays: Literal["product", "shift"] = "product",
    fine: Fine | None = None,
) -> Calibrated:
    """``source`` (float32) in int8, by inputs ``x`` as the reference takes them.

    ``fine`` as :func:`snnrt.converters.passes.quantise.quantise` takes it. None: ``constant``, where int8
    weights alone leave more than 0.25 % of the classes (and more than two) unequal and fewer are with it.
    """
    judge = Judge(source, x, labels)
    graph = quantise(source, x, state_bits, decays, fine or "none")
    found = Calibrated(graph, judge.agreement(graph))
    share = found.agreement.class_agreement
    if fine is not None or state_bits == 16 or not _poor(found.agreement):
        return found
    graph = quantise(source, x, state_bits, decays, "constant")
    layers = fine_layers(graph, source)
    if not layers:
        return found
    finer = Calibrated(graph, judge.agreement(graph))
    if finer.agreement.class_agreement <= share:
        return found
    names = ", ".join(map(repr, layers))
    line = (
        f"fine: the weights of {names} take two int8 each, since with one {share:.2%} of the classes agreed "
        f"and now {finer.agreement.class_agreement:.2%} do; fine none keeps one"
    )
    if _poor(finer.agreement):
        line += ", fine all is nearer still, at twice the weights of every layer"
    return Calibrated(finer.graph, finer.agreement, (line,))


def _poor(agreement: Agreement) -> bool:
    unequal = round((1 - agreement.class_agreement) * agreement.inputs)
    return unequal > max(BY_CHANCE, (1 - LEAST_CLASSES) * agreement.inputs)
