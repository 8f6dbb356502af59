"""An int8 graph by calibration inputs, its agreement with its source, finer weights where that is poor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnrt.converters.passes.agreement import Judge
from snnrt.converters.passes.class_changes import ExpectedChanges
from snnrt.converters.passes.observe import spread
from snnrt.converters.passes.quantise import Quantiser
from snnrt.converters.passes.quantise_fine import Fine, fine_layers
from snnrt.devices.models import model_of
from snnrt.ir.graph import Graph, Weighted
from snnrt.results.rates import Agreement

LEAST_CLASSES = 0.995
"""The share of equal classes that is to be shown, with two standard errors, on inputs held back."""
LEAST_HELD_BACK = 30
"""Inputs held back below which nothing is told of others, and nothing is chosen by them."""
# inputs that roundings are fitted to: as many as are looked at closely
_FITTED = 64


@dataclass(frozen=True)
class Calibrated:
    """An int8 ``graph``, its ``agreement`` with its source, and what was chosen, in words."""

    graph: Graph
    agreement: Agreement
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Try:
    graph: Graph
    agreement: Agreement
    expected: ExpectedChanges
    layers: tuple[str, ...]

    @property
    def shown(self) -> bool:
        return 1 - self.expected.at_most >= LEAST_CLASSES


def calibrated(
    source: Graph,
    x: np.ndarray,
    labels: np.ndarray | None = None,
    state_bits: Literal[16, 32] | None = None,
    decays: Literal["product", "shift"] = "product",
    fine: Fine | None = None,
) -> Calibrated:
    """``source`` (float32) in int8, by inputs ``x`` as the reference takes them.

    ``fine`` as :func:`snnrt.converters.passes.quantise.quantise` takes it. None: roundings are fitted to 64
    of ``x`` (half, of fewer than 128), and on the others it is measured how many classes are to be expected
    equal (:mod:`snnrt.converters.passes.class_changes`). The first of these that shows 99.5 % with two
    standard errors is taken, else the nearest: one int8 a weight; ``constant``; all layers but the largest;
    ``all``.
    """
    fitted = np.zeros(len(x), bool)
    fitted[spread(np.arange(len(x)), min(_FITTED, len(x) // 2))] = True
    chooses = fine is None and state_bits != 16 and (~fitted).sum() >= LEAST_HELD_BACK
    quantiser = Quantiser(source, x, state_bits, x[fitted] if chooses else None)
    if chooses:
        judge = Judge(source, x[~fitted], None if labels is None else labels[~fitted])
    else:
        judge = Judge(source, x, labels)

    def tried(chosen: Fine) -> _Try:
        graph = quantiser.graph(decays, chosen)
        agreement, expected = judge.judged(graph)
        return _Try(graph, agreement, expected, fine_layers(graph, source))

    plain = tried(fine or "none")
    if not chooses or plain.shown:
        return Calibrated(plain.graph, plain.agreement)
    found = _finer(source, plain, tried)
    return Calibrated(found.graph, found.agreement, _told(plain, found))


def _finer(source: Graph, plain: _Try, tried: Callable[[Fine], _Try]) -> _Try:
    """What shows enough with the fewest bytes, of four; else what comes nearest."""
    constant = tried("constant") if any(source.static_nodes()) else plain
    if constant.shown:
        return constant
    whole = tried("all")
    if whole.shown:
        sizes = {
            node.name: node.weights.size
            for node in source
            if isinstance(node, Weighted) and node.name in set(whole.layers) - set(constant.layers)
        }
        largest = max(sizes, key=lambda name: sizes[name], default=None)
        fewer = [name for name in whole.layers if name != largest]
        if set(fewer) > set(constant.layers) and (part := tried(fewer)).shown:
            return part
        return whole
    return min((plain, constant, whole), key=lambda one: one.expected.share)


def _told(plain: _Try, found: _Try) -> tuple[str, ...]:
    def words(one: _Try) -> str:
        return f"{1 - one.expected.share:.2%} (at least {1 - one.expected.at_most:.2%})"

    wanted = f"{LEAST_CLASSES:.1%} of the classes of other inputs shall be equal"
    if not found.layers:
        return (
            f"fine: {wanted}, and by {plain.expected.inputs} calibration inputs held back {words(plain)} are "
            "to be expected, no more with finer weights",
        )
    before, after = (model_of(one.graph).info for one in (plain, found))
    names = ", ".join(map(repr, found.layers))
    line = (
        f"fine: the weights of {names} take two int8 each: {wanted}, and by {plain.expected.inputs} "
        f"calibration inputs held back {words(plain)} are to be expected with one, {words(found)} so; it "
        f"costs {after.file_bytes - before.file_bytes:,} bytes of model and "
        f"{after.arena_bytes - before.arena_bytes:,} of arena; fine none keeps one"
    )
    return (line,)
