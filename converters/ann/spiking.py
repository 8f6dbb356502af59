"""Activations of a template become integrate-and-fire neurons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from snnrt.converters.common.parameters import Parameters
from snnrt.converters.torch.operations import Activation, Affine, Cell, Flatten, Operation, Pool
from snnrt.converters.torch.template import Read, Template, TemplateNode
from snnrt.ir.graph import Neuron, Shape

RULE = "integrate-and-fire from half its threshold on; fires where v ≥ threshold; reset: subtract it at once"


def spiking_template(
    template: Template, thresholds: Mapping[str, np.ndarray]
) -> tuple[Template, dict[int, int]]:
    """``template`` with neurons for its Activations, by ``thresholds`` (C,) of their paths, and what stands
    for each of its nodes.

    A spike is worth its threshold: the factor goes behind pools and flattens, where the next layer's weights
    take it in.
    """
    made = Template([replace(template.nodes[0])])
    places = {0: 0}
    # factors that are still to be applied to a node's value
    owed: dict[int, np.ndarray] = {}

    def paid(reads: tuple[Read, ...], reader: int) -> tuple[Read, ...]:
        return tuple((_paid(made, template, places, owed, source, reader), delay) for source, delay in reads)

    for place, node in enumerate(template.nodes[1:], 1):
        operation = node.operation
        assert operation is not None
        if isinstance(operation, Activation):
            threshold = thresholds[operation.path]
            reads = paid(node.reads, place)
            cell = _neurons(operation, threshold)
            places[place] = made.add(TemplateNode(cell, reads, node.shape, False, node.scope))
            made.nodes[places[place]].reads = reads
            owed[place] = threshold
            continue
        if isinstance(operation, (Pool, Flatten)) and node.reads[0][0] in owed and len(node.reads) == 1:
            source = node.reads[0][0]
            reads = ((places[source], node.reads[0][1]),)
            owed[place] = _behind(operation, owed[source], template.nodes[source].shape)
        else:
            reads = paid(node.reads, place)
        static = all(made.nodes[origin].static for origin, _ in reads)
        places[place] = made.add(TemplateNode(operation, reads, node.shape, static, node.scope))
    return made, {place: _paid(made, template, places, owed, place, 0) for place in places}


def _paid(
    made: Template, template: Template, places: Mapping[int, int], owed: Mapping[int, np.ndarray], place: int,
    reader: int,
) -> int:  # fmt: skip
    """The node of ``made`` that gives ``reader`` the value of ``place``, its factor applied: one a reader, so
    that each layer's weights can take it in."""
    if place not in owed:
        return places[place]
    node = template.nodes[place]
    assert node.operation is not None
    worth = Affine(f"worth of {node.operation.title}", owed[place], np.zeros(()), reader)
    return made.add(TemplateNode(worth, ((places[place], 0),), node.shape, False, f"{node.scope}.worth"))


def _behind(operation: Operation, factor: np.ndarray, shape: Shape) -> np.ndarray:
    """A factor a channel, behind a pool the same, behind a flatten one an element."""
    if isinstance(operation, Flatten) and len(shape) > 1:
        return np.repeat(factor, int(np.prod(shape[1:])))
    return factor


def _neurons(activation: Activation, threshold: np.ndarray) -> Cell:
    parameters = {"threshold": threshold.astype(np.float32), "initial": (threshold / 2).astype(np.float32)}

    def make(found: Parameters) -> Neuron:
        one = np.ones((), np.float32)
        return Neuron(
            found.node.name, (), found.shape, membrane=one, threshold=found.positive("threshold"),
            initial=found.float32("initial"), reset="subtract",
        )  # fmt: skip

    return Cell(activation.title, activation.path, make, parameters, RULE)
