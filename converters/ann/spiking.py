"""Activations of a template become integrate-and-fire neurons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from snnrt.converters.common import windows
from snnrt.converters.common.drafts import Draft, LayerDraft
from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.rollup.operations import (
    Activation,
    Affine,
    Cell,
    Concatenation,
    Flatten,
    Operation,
    Padding,
    Pool,
    Unsupported,
)
from snnrt.converters.common.rollup.template import Read, Template, TemplateNode
from snnrt.ir.graph import Neuron, Node, Shape
from snnrt.ir.nodes import MaxPool2d

_APPROXIMATE = (
    "an activation becomes spikes: after T timesteps it is one of T levels up to its threshold, at best the "
    "nearest"
)


@dataclass(frozen=True)
class NeuronChoice:
    """What neurons stand for activations. ``negative``: they take spikes back where they gave too many.
    ``max_spikes`` a timestep; None: 1, or of an activation that is rounded its levels, so that it has made up
    for what came late when it has had as many timesteps. ``timesteps`` of the network; None: no fewer than
    levels."""

    negative: bool = True
    max_spikes: int | None = None
    timesteps: int | None = None

    def most(self, activation: Activation) -> int:
        """Spikes a timestep of its neurons."""
        if self.max_spikes is not None:
            return self.max_spikes
        if activation.levels is None:
            return 1
        return activation.levels if self.negative else self.share(activation)

    def share(self, activation: Activation) -> int:
        """Spikes a timestep that its largest value is: as many as there may be, but of an activation that is
        rounded no more than give its levels in all timesteps."""
        if activation.levels is None:
            return self.most(activation)
        needed = -(-activation.levels // (self.timesteps or activation.levels))
        return needed if self.max_spikes is None else min(needed, self.max_spikes)


@dataclass(frozen=True, eq=False)
class NetMaximum(Pool):
    """The maximum of what windows were given so far."""

    def draft(self, name: str, shape: Shape) -> Draft:
        """A maximum that keeps sums."""
        where = self._where(name)

        def build(source: Shape) -> Node:
            node = windows.pool(where, source, MaxPool2d, self.kernel, self.window)
            return replace(node, mode="net", inputs_kept=prod(source))

        return LayerDraft(self.title, build, rule=f"net maximum of {self.kernel[0]}×{self.kernel[1]}")


class _Rewriting:
    """``template`` a node at a time. A spike is worth its threshold: the factor goes behind what passes
    values on, to where the next layer's weights take it in."""

    def __init__(
        self, template: Template, thresholds: Mapping[str, np.ndarray], choice: NeuronChoice
    ) -> None:
        self.template, self.thresholds, self.choice = template, thresholds, choice
        self.made = Template([replace(template.nodes[0])])
        self.places = {0: 0}
        # factors that are still to be applied to a node's value
        self.owed: dict[int, np.ndarray] = {}

    def run(self) -> dict[int, int]:
        for place, node in enumerate(self.template.nodes[1:], 1):
            assert node.operation is not None
            reads, operation, owed = self._rewritten(place, node, node.operation)
            static = all(self.made.nodes[origin].static for origin, _ in reads)
            static = static and not isinstance(operation, Cell)
            self.places[place] = self.made.add(TemplateNode(operation, reads, node.shape, static, node.scope))
            if owed is not None:
                self.owed[place] = owed
        return {place: self._paid(place, 0) for place in list(self.places)}

    def _rewritten(
        self, place: int, node: TemplateNode, operation: Operation
    ) -> tuple[tuple[Read, ...], Operation, np.ndarray | None]:
        """What it reads, what it is, and what each of its values is worth, where they are spikes."""
        sources = [source for source, _ in node.reads]
        spikes = all(source in self.owed for source in sources)
        plain = tuple((self.places[source], delay) for source, delay in node.reads)
        paid = tuple((self._paid(source, place), delay) for source, delay in node.reads)
        if isinstance(operation, Activation):
            threshold = self.thresholds[operation.path]
            return paid, _neurons(operation, threshold, self.choice), threshold
        if isinstance(operation, Pool) and operation.kind == "maximum":
            if not spikes:
                return paid, _refused(operation.title), None
            return plain, self._maximum(operation), self.owed[sources[0]]
        if not spikes:
            return paid, operation, None
        if isinstance(operation, (Pool, Padding)):
            return plain, operation, self.owed[sources[0]]
        if isinstance(operation, Flatten):
            shape = self.template.nodes[sources[0]].shape
            owed = np.repeat(self.owed[sources[0]], prod(shape[1:])) if len(shape) > 1 else None
            return plain, operation, self.owed[sources[0]] if owed is None else owed
        if isinstance(operation, Concatenation):
            return plain, operation, np.concatenate([self.owed[source] for source in sources])
        return paid, operation, None

    def _maximum(self, operation: Pool) -> Pool:
        if not self.choice.negative:
            # spikes that can't be taken back add up to more than the maximum, whichever rule pools them
            return operation
        return NetMaximum(operation.title, operation.kind, operation.kernel, operation.window)

    def _paid(self, place: int, reader: int) -> int:
        """The node that gives ``reader`` the value of ``place``, its factor applied: one a reader, so that
        each layer's weights can take it in."""
        if place not in self.owed:
            return self.places[place]
        node = self.template.nodes[place]
        assert node.operation is not None
        worth = Affine(f"worth of {node.operation.title}", self.owed[place], np.zeros(()), reader=reader)
        reads = ((self.places[place], 0),)
        return self.made.add(TemplateNode(worth, reads, node.shape, False, f"{node.scope}.worth".lstrip(".")))


def spiking_template(
    template: Template, thresholds: Mapping[str, np.ndarray], choice: NeuronChoice
) -> tuple[Template, dict[int, int]]:
    """``template`` with neurons for its Activations, by ``thresholds`` (C,) of their paths, and the place of
    what stands for each of its nodes."""
    rewriting = _Rewriting(template, thresholds, choice)
    return rewriting.made, rewriting.run()


def activations_first(template: Template) -> Template:
    """Where a maximum is taken of values that are then activated alone, it is taken of the activations: the
    same, as they rise with what they read, and spikes can be pooled."""
    nodes = [replace(node) for node in template.nodes]
    readers: dict[int, list[int]] = {}
    for place, node in enumerate(nodes):
        for source, _ in node.reads:
            readers.setdefault(source, []).append(place)
    for place, node in enumerate(nodes):
        if not isinstance(node.operation, Activation) or len(node.reads) != 1:
            continue
        source = node.reads[0][0]
        pool = nodes[source]
        if isinstance(pool.operation, Pool) and pool.operation.kind == "maximum":
            if len(readers[source]) > 1:
                continue
            shape = nodes[pool.reads[0][0]].shape
            nodes[source] = replace(node, reads=pool.reads, shape=shape)
            nodes[place] = replace(pool, reads=((source, node.reads[0][1]),), shape=node.shape)
    return Template(nodes)


def _refused(title: str) -> Unsupported:
    return Unsupported(
        title, "a maximum of values that are no activations", "put the activation in front of the pool"
    )


def _neurons(activation: Activation, threshold: np.ndarray, choice: NeuronChoice) -> Cell:
    parameters = {"threshold": threshold.astype(np.float32), "initial": (threshold / 2).astype(np.float32)}
    most = choice.most(activation)

    def make(found: Parameters) -> Neuron:
        return Neuron(
            found.node.name, (), found.shape, membrane=np.ones((), np.float32),
            threshold=found.positive("threshold"), initial=found.float32("initial"), reset="subtract",
            multiple=choice.negative or most > 1, max_spikes=most, takes_back=choice.negative,
        )  # fmt: skip

    return Cell(activation.title, activation.path, make, parameters, approximate=_APPROXIMATE)
