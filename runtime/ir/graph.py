"""The graph: what a network means, in the shapes a user thinks in.

Shapes are ``(channels, height, width)`` or ``(features,)``; a timestep is not an axis.
The file (``docs/ir.md``) stores the same graph channel-last; :mod:`snnrt.format.layout` turns
one into the other. A graph in integer arithmetic holds integers in the same fields
(``docs/ir.md``, "Integer numbers"), with ``scale`` saying what one unit is worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

import numpy as np

from snnrt.ir.arithmetic import broadcast
from snnrt.ir.exit_choice import Exit as ExitChoice
from snnrt.ir.node import Edge, Node, Shape
from snnrt.ir.nodes import (
    Add,
    AvgPool2d,
    Concatenate,
    Conv2d,
    Delay,
    Dense,
    Exit,
    Flatten,
    Input,
    Neuron,
    Readout,
    SumPool2d,
)
from snnrt.ir.nodes.neuron import Integration, SynapseOrder
from snnrt.ir.nodes.pool2d import Pool2d
from snnrt.ir.nodes.weighted import Weighted

__all__ = [
    "Add", "Arithmetic", "AvgPool2d", "Concatenate", "Conv2d", "Delay", "Dense", "Edge", "Exit", "Flatten",
    "Graph", "Input", "Integration", "Neuron", "Node", "Numbers", "Pool2d", "Profile", "Readout", "Shape",
    "SumPool2d", "SynapseOrder", "Weighted", "arithmetic_of", "broadcast",
]  # fmt: skip

from snnrt.ir.frozen import frozen_metadata, frozen_node
from snnrt.texts import shortened

OF_EXIT = ("exit_promise", "monitor_promise")
"""In the metadata, what was found for one exit and is of no other."""
Arithmetic = Literal["float32", "integer"]
Numbers = Literal["float32", "int8"]
Profile = Literal["float32", "int8", "loihi"]
"""Numbers, and whose integers neurons compute in."""


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes in execution order: one Input first, one Readout and one Exit last.

    ``metadata`` is JSON-able: ``name``, ``class_names``, ``source`` (framework and what was
    assumed), ``accuracy`` and whatever a user adds; it never changes a result. A graph does not change:
    arrays that could be written to are copied when it is made, and the metadata refuses changes.
    """

    nodes: tuple[Node, ...]
    timesteps: int
    arithmetic: Arithmetic = "float32"
    metadata: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", tuple(frozen_node(node) for node in self.nodes))
        object.__setattr__(self, "metadata", frozen_metadata(self.metadata))

    def __repr__(self) -> str:
        lines = [f"{node.name}: {node.kind} {node.shape}" for node in self.nodes]
        if len(lines) > 16:
            lines = [*lines[:8], f"… {len(lines) - 15} more", *lines[-7:]]
        numbers = f"{self.numbers}, {self.timesteps} timesteps, {len(self.nodes)} nodes"
        return "\n    ".join([f"<snnrt.Graph {numbers}", *(shortened(line, 76) for line in lines)]) + ">"

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __getitem__(self, name: str) -> Node:
        return self.nodes[self.index(name)]

    def index(self, name: str) -> int:
        """Position of the node called ``name``; KeyError if there is none."""
        for position, node in enumerate(self.nodes):
            if node.name == name:
                return position
        raise KeyError(name)

    @property
    def integer(self) -> bool:
        """Whether the network computes in integers (docs/ir.md, "Integer numbers")."""
        return self.arithmetic == "integer"

    @property
    def numbers(self) -> Numbers:
        """The profile of arithmetic and weights together, as commands name it."""
        return "int8" if self.integer else "float32"

    @property
    def profile(self) -> Profile:
        """``numbers``, or ``loihi`` where neurons compute in Loihi's integers."""
        return "loihi" if any(isinstance(n, Neuron) and n.loihi for n in self.nodes) else self.numbers

    def with_(self, **changes: object) -> Graph:
        """A copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def with_exit(self, exit: ExitChoice | str, threshold: float | None = None) -> Graph:
        """A copy with another exit: a :class:`snnrt.Exit`, its text, or a rule and its ``threshold``.

        What was promised of the exit before (``exit_promise``, docs/exit_rules.md) is not of this one; nor is
        its drift monitor."""
        node: Node
        if threshold is None:
            node = self.exit.choosing(ExitChoice.of(exit))
        else:
            node = self.exit.with_(
                rule=exit, threshold=float(threshold), threshold_q=None, terms=None, monitor=None
            )
        metadata = {key: value for key, value in self.metadata.items() if key not in OF_EXIT}
        return self.with_(nodes=(*self.nodes[:-1], node), metadata=metadata)

    def with_logit_scale(self, scale: float) -> Graph:
        """A copy whose exit rules see the logits times ``scale`` (docs/exit_rules.md); 1: as they are.

        Thresholds stay, and mean something else: what was promised of the exit is not kept. Raises ModelError
        for a scale that is not above 0, or beyond what the readout's integers hold."""
        given = None if scale == 1 else np.array(scale, np.float32)
        readout = self.readout.with_(logit_scale=given)
        if self.integer:
            readout = readout.with_(multipliers=None, shift=None)
        readout.check(self.integer)
        watched = self.exit.with_(monitor=None)
        metadata = {key: value for key, value in self.metadata.items() if key not in OF_EXIT}
        return self.with_(nodes=(*self.nodes[:-2], readout, watched), metadata=metadata)

    @property
    def input(self) -> Input:
        """The source node."""
        node = self.nodes[0]
        assert isinstance(node, Input)
        return node

    @property
    def readout(self) -> Readout:
        """The accumulated logits."""
        node = self.nodes[-2]
        assert isinstance(node, Readout)
        return node

    @property
    def exit(self) -> Exit:
        """The exit rule."""
        node = self.nodes[-1]
        assert isinstance(node, Exit)
        return node

    @cached_property
    def firing(self) -> tuple[tuple[int, str], ...]:
        """Position and name of each neuron that can fire."""
        return tuple(
            (place, node.name)
            for place, node in enumerate(self.nodes)
            if isinstance(node, Neuron) and node.spikes
        )

    @cached_property
    def output_map(self) -> Shape | None:
        """(channels, height, width) where the classes are the elements of a map, numbered with the channels
        last; None where the output is a vector."""
        edge = self.readout.inputs[0]
        node = self[edge.source]
        if not isinstance(node, Flatten) or not node.channels_last or edge.delay or node.inputs[0].delay:
            return None
        shape = self[node.inputs[0].source].shape
        return shape if len(shape) == 3 else None

    def static_nodes(self) -> frozenset[str]:
        """Nodes whose value is the same at every timestep: a constant input and what is
        stateless after it. They are computed once an input (not once a timestep)."""
        static: set[str] = set()
        for node in self.nodes:
            if node.is_constant and all(edge.delay == 0 and edge.source in static for edge in node.inputs):
                static.add(node.name)
        return frozenset(static)


def arithmetic_of(numbers: str) -> Arithmetic:
    """The arithmetic of a profile: integer for ``int8``."""
    return "float32" if numbers == "float32" else "integer"
