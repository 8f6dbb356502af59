"""What a traced ONNX model computed: tensors, and the nodes that gave them, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(eq=False)
class Tensor:
    """``array`` that ``node`` (None: a constant, or an input) gave.

    ``varies``: it depends on the network's input or state, and not on its shape alone. ``number``: its
    place in the order in which tensors came.
    """

    array: np.ndarray = field(repr=False)
    varies: bool = False
    node: TracedNode | None = field(default=None, repr=False)
    number: int = 0
    name: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the array."""
        return tuple(self.array.shape)

    @property
    def constant(self) -> np.ndarray | None:
        """The array, where it is the same whatever the input."""
        return None if self.varies else self.array


Traced = Tensor | list[Any] | None
"""A tensor, a sequence of tensors, or an input that is left out."""


@dataclass(eq=False)
class TracedNode:
    """One node, run once: ``kind`` is its operator, ``scope`` the path of the module that it comes from."""

    kind: str
    name: str
    scope: str
    inputs: list[Traced]
    attributes: dict[str, Any]
    outputs: list[Tensor] = field(default_factory=list)

    def tensors(self) -> list[Tensor]:
        """Its inputs that are there, those of sequences too."""
        found: list[Tensor] = []
        for one in self.inputs:
            found += one if isinstance(one, list) else [] if one is None else [one]
        return found

    def constant(self, place: int) -> np.ndarray | None:
        """The input in ``place``, where it is there and constant."""
        found = self.inputs[place] if place < len(self.inputs) else None
        return found.constant if isinstance(found, Tensor) else None


@dataclass(eq=False)
class Trace:
    """``nodes`` whose outputs vary, in order; ``tensors`` that vary, by their number."""

    nodes: list[TracedNode] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    bytes: int = 0
    work: int = 0

    def give(self, array: np.ndarray, node: TracedNode | None = None, name: str = "") -> Tensor:
        """A new tensor that varies."""
        tensor = Tensor(array, True, node, len(self.tensors), name)
        self.tensors.append(tensor)
        return tensor
