"""A map as a vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.ir.node import Node, Shape, State, Step
from snnrt.ir.spec import VALUE_TYPES, Kind


@dataclass(frozen=True, eq=False)
class Flatten(Node):
    """(C, H, W) → (C·H·W,), row-major over (C, H, W)."""

    KIND = Kind(
        name="flatten",
        number=6,
        meaning="the same memory as its source, seen as a vector",
        reads={type_: (type_,) for type_ in VALUE_TYPES.values},
        traits=frozenset({"static", "alias"}),
    )

    def output_shape(self, sources: list[Shape]) -> Shape:
        """(C·H·W,)."""
        return (int(np.prod(sources[0])),)

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """Row-major."""
        return sources[0].reshape(sources[0].shape[0], -1)

    def unit(self, sources: list[np.ndarray]) -> np.ndarray:
        """The source's."""
        return sources[0].reshape(-1)

    def least_unit_of_inputs(self, least: np.ndarray, source: Shape) -> np.ndarray:
        """The output's."""
        return least.reshape(source)
