"""A map as a vector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.ir.node import Node, Shape, State, Step
from snnrt.ir.spec import VALUE_TYPES, Kind


@dataclass(frozen=True, eq=False)
class Flatten(Node):
    """(C, H, W) → (C·H·W,), row-major over (C, H, W), or over (H, W, C) with ``channels_last``.

    Frameworks flatten the first way; files are laid out the second way. A file in which vectors of different
    maps meet, which the first way could not name, is read with the second.
    """

    KIND = Kind(
        name="flatten",
        number=6,
        meaning="the same memory as its source, seen as a vector",
        reads={type_: (type_,) for type_ in VALUE_TYPES.values},
        passes=VALUE_TYPES.values,
        traits=frozenset({"static", "alias"}),
    )

    channels_last: bool = False

    def in_words(self) -> str:
        """The order of the elements."""
        return f"the map as a vector, {'channels last' if self.channels_last else 'row by row'}"

    def output_shape(self, sources: list[Shape]) -> Shape:
        """(C·H·W,)."""
        return (int(np.prod(sources[0])),)

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """Row-major."""
        return self._flat(sources[0])

    def _flat(self, values: np.ndarray) -> np.ndarray:
        """(N, C, H, W) → (N, C·H·W)."""
        if self.channels_last and values.ndim == 4:
            values = values.transpose(0, 2, 3, 1)
        return values.reshape(values.shape[0], -1)

    def unit(self, sources: list[np.ndarray]) -> np.ndarray:
        """The source's."""
        return self._flat(sources[0][None])[0]

    def least_unit_of_inputs(self, least: np.ndarray, source: Shape) -> np.ndarray:
        """The output's."""
        if self.channels_last and len(source) == 3:
            channels, height, width = source
            return least.reshape(height, width, channels).transpose(2, 0, 1)
        return least.reshape(source)
