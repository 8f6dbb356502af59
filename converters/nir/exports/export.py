"""What a framework's export to NIR looks like, and how it is undone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from snnrt.converters.frameworks.framework import Mechanisms
from snnrt.converters.frameworks.neuron import Dynamics
from snnrt.converters.frameworks.rules import Rules
from snnrt.converters.nir.constants import MECHANISMS, Constants
from snnrt.converters.nir.primitives import NirNode


class Traits:
    """What a NIR neuron's constants look like, to tell which framework wrote them."""

    def __init__(self, node: NirNode) -> None:
        """Raises TypeError or ValueError where the constants are not numbers."""
        self.node, self.mechanisms = node, MECHANISMS[node.kind]
        for name, value in node.values.items():
            if np.asarray(value).dtype.kind not in "fiu":
                raise TypeError(f"{name} is of {np.asarray(value).dtype}")
        self.r = np.asarray(node.r, np.float64)
        self.wide = np.asarray(node.r).dtype == np.float64
        self.unit_r = bool(np.all(self.r == 1))
        self.taus = tuple(
            np.asarray(getattr(node, key), np.float64)
            for key in ("tau", "tau_mem", "tau_syn")
            if hasattr(node, key)
        )
        self.unit_gain = False
        if self.mechanisms.leaky:
            tau = self.taus[0]
            with np.errstate(all="ignore"):
                scaled = np.where(np.isinf(tau), 1.0, self.r * 1e-4 / tau)
            # r = τ / 1e-4 s
            self.unit_gain = bool(np.all(np.abs(scaled - 1) < 1e-5))


def _never(traits: Traits) -> bool:
    return False


def _unknown(traits: Sequence[Traits]) -> float | None:
    return None


def _nothing_lost(neurons: Collection[Mechanisms]) -> list[str]:
    return []


def _nothing(traits: Traits, dt: float) -> str:
    return ""


def unit_resistance(title: str, traits: Traits) -> str:
    """What contradicts an export that always writes r = 1; empty where nothing does."""
    return "" if traits.unit_r else f"{title} writes r = 1, found {traits.r.flat[0]:.4g}"


@dataclass(frozen=True)
class Export:
    """How a framework exports its neurons.

    ``dynamics`` gives what a leaky neuron was before; ``integrator_gain`` the input gain of one that does
    not leak. ``fits``: may the framework have written a neuron of these traits? ``reason`` says so in
    words. ``negative_times``: a decay above 1 becomes a negative time constant. ``contradiction``: what in a
    neuron the framework can't have written with a step of ``dt``, in words; empty where nothing is.
    ``remark``: what a user should know of a neuron under a step of ``dt``, in words; empty where there is
    nothing. ``lost``: what the export leaves out of neurons with these mechanisms without a word, a line
    each.
    ``betrayed_dt``: the step, in seconds, that the neurons' constants betray.
    """

    dynamics: Callable[[Constants, Rules], Dynamics]
    integrator_gain: Callable[[Constants, Rules], np.ndarray | None]
    fits: Callable[[Traits], bool] = _never
    reason: str = ""
    negative_times: bool = False
    contradiction: Callable[[Traits, float], str] = _nothing
    remark: Callable[[Traits, float], str] = _nothing
    lost: Callable[[Collection[Mechanisms]], list[str]] = _nothing_lost
    betrayed_dt: Callable[[Sequence[Traits]], float | None] = _unknown
