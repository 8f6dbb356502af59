"""What an importer yields: the source's nodes by name, each a draft of one node of the IR.

A draft knows all of its node but the shape that it reads, which is inferred from the input on
(:mod:`snnrt.converters.common.wiring`). Drafts do not say what they read: that is
:class:`snnrt.converters.common.connections.Connections`. ``kind`` is the source's word for the node.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from snnrt.ir.graph import Neuron, Node, Shape


@dataclass(frozen=True)
class Draft:
    """A node of the source.

    ``rule``: what it computes, in words. ``approximate``: why the result may differ from the source's and how
    much; empty where it does not.
    """

    kind: str
    rule: str = field(default="", kw_only=True)
    approximate: str = field(default="", kw_only=True)


@dataclass(frozen=True)
class InputDraft(Draft):
    """The only input; ``sizes`` of one sample as the source states them, checked later."""

    sizes: object


@dataclass(frozen=True)
class OutputDraft(Draft):
    """What the readout reads."""


@dataclass(frozen=True)
class LayerDraft(Draft):
    """A layer without state.

    ``build`` gives the node for the shape that it reads, its inputs left empty, or None where it
    changes nothing. ``features``: it reads a vector of so many elements, and a map of as many is
    flattened for it. ``axes``: of its window (a one-dimensional convolution has 1).
    ``counts_batch``: a flatten from the first axis on, if one counts a batch axis in front.
    """

    build: Callable[[Shape], Node | None]
    features: int | None = None
    axes: int | None = None
    counts_batch: bool = False


@dataclass(frozen=True)
class NeuronDraft(Draft):
    """Neurons; ``build`` takes the shape that they read, and whether they read their own spikes."""

    build: Callable[[Shape, bool], Neuron]


@dataclass(frozen=True)
class MergeDraft(Draft):
    """A node that reads several in their order; it gives ``shape``, which the source states.

    ``build`` gives the node, its inputs left empty.
    """

    build: Callable[[], Node]
    shape: Shape


@dataclass(frozen=True)
class DelayDraft(Draft):
    """A delay of ``delay`` (one for all, one a channel or one an element, each a whole number of steps), in
    the unit of ``dt``, seconds."""

    delay: np.ndarray
    dt: float


@dataclass(frozen=True)
class UnsupportedDraft(Draft):
    """What snnrt has no node for: ``reason`` why, ``remedy`` what to do in the source."""

    reason: str
    remedy: str
