"""Convolutions whose output is never there as a whole: a few rows, and the neurons behind, at a time.

A map of currents takes 4 bytes an element, more than anything else of most convolutional networks, and is
read once, by the neurons behind. So the core computes as many rows as make whole words of spikes, updates
their neurons, and goes on (csrc/nodes/neuron.c).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from snnrt.ir.array_checks import complaint
from snnrt.ir.node import Node, Shape
from snnrt.ir.nodes.conv2d import Conv2d
from snnrt.ir.nodes.neuron import Neuron

_WORD = 32


def rows_of_map(shape: Shape) -> int:
    """The fewest rows of a map (channels, height, width) that have a multiple of 32 elements; 0 where the map
    has no more."""
    channels, height, width = shape
    rows = _WORD // math.gcd(channels * width, _WORD)
    return rows if rows < height else 0


def rows_elements(node: Node) -> int:
    """Elements of a node's output that are there at a time, where these are not all; else 0."""
    rows = node.rows or 0 if isinstance(node, Conv2d) else 0
    return rows * node.shape[0] * node.shape[2] if rows else 0


def can_go_by_rows(nodes: Sequence[Node], index: int) -> bool:
    """Whether the neurons that come next, and nothing else, read the convolution at ``index``, undelayed."""
    node, reader = nodes[index], nodes[index + 1]
    readers = [edge for other in nodes for edge in other.inputs if edge.source == node.name]
    return (
        isinstance(node, Conv2d)
        and isinstance(reader, Neuron)
        and [edge.source for edge in reader.inputs] == [node.name]
        and len(readers) == 1
        and readers[0].delay == 0
        and node.inputs[0].delay == 0
    )


def with_rows(nodes: Sequence[Node], kept: frozenset[str]) -> list[Node]:
    """``nodes`` with rows chosen for the convolutions that leave them open (None): by rows where that is
    possible and the value is not one of ``kept``, which are computed once an input."""
    made: list[Node] = []
    for index, node in enumerate(nodes):
        if isinstance(node, Conv2d) and node.rows is None:
            possible = node.name not in kept and can_go_by_rows(nodes, index)
            node = node.with_(rows=rows_of_map(node.shape) if possible else 0)
        made.append(node)
    return made


def computed_anew(nodes: Sequence[Node]) -> list[Node]:
    """``nodes`` with every convolution by rows that can be, those of a constant input too: these are then
    computed at every timestep, and their currents take the room of a few rows."""
    return [
        node.with_(rows=rows_of_map(node.shape) if can_go_by_rows(nodes, index) else 0)
        if isinstance(node, Conv2d)
        else node
        for index, node in enumerate(nodes)
    ]


def check_rows(nodes: Sequence[Node]) -> None:
    """ModelError where a convolution goes by rows and cannot, or by rows that do not make whole words."""
    for index, node in enumerate(nodes):
        if not isinstance(node, Conv2d) or not node.rows:
            continue
        if not can_go_by_rows(nodes, index):
            raise complaint(node, "rows", "0, since more reads it than the neurons that come next", node.rows)
        if not 0 < node.rows < node.shape[1] or rows_elements(node) % _WORD:
            raise complaint(
                node,
                "rows",
                f"fewer than {node.shape[1]} that have a multiple of {_WORD} elements, "
                f"{node.shape[0] * node.shape[2]} in each",
                node.rows,
            )
