"""Tensors side by side: channels of maps, or features of vectors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

import numpy as np

from snnrt.ir.node import Node, Shape, State, Step, complaint
from snnrt.ir.spec import MAX_EDGES, VALUE_TYPES, Kind, ValueType


@dataclass(frozen=True, eq=False)
class Concatenate(Node):
    """Inputs one after the other: maps of equal height and width along their channels, vectors along their
    features. All inputs hold one type of values: an ``add`` of one input makes numbers of spikes."""

    KIND = Kind(
        name="concatenate",
        number=12,
        meaning="its inputs side by side: channels of maps, or features of vectors",
        reads={type_: (type_,) for type_ in VALUE_TYPES.values},
        passes=VALUE_TYPES.values,
        edges=(2, MAX_EDGES),
        traits=frozenset({"static", "memory"}),
        switch="CONCATENATE",
    )
    shares_unit: ClassVar[bool] = False

    def output_shape(self, sources: list[Shape]) -> Shape:
        """The first axis of each, added up."""
        if any(shape[1:] != sources[0][1:] for shape in sources):
            raise complaint(
                self, "inputs", "vectors, or maps of equal height and width", ", ".join(map(str, sources))
            )
        return (sum(shape[0] for shape in sources), *sources[0][1:])

    def largest(self, sources: list[int]) -> int:
        """That of any input."""
        return max(sources)

    def check_types(self, integer: bool, types: Mapping[str, ValueType]) -> None:
        """One type for all."""
        kinds = {edge.source: types[edge.source] for edge in self.inputs}
        if len(set(kinds.values())) > 1:
            found = ", ".join(f"{type_} of {name!r}" for name, type_ in kinds.items())
            raise complaint(self, "inputs", "values of one type (an add of one input makes numbers)", found)
        super().check_types(integer, types)

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """Moves values."""
        return np.concatenate(sources, axis=1)

    def unit(self, sources: list[np.ndarray]) -> np.ndarray:
        """Each input's own."""
        return np.concatenate(sources)

    def least_units_of_inputs(self, least: np.ndarray, sources: list[Shape]) -> list[np.ndarray]:
        """The part that is the input's."""
        ends = np.cumsum([0, *(shape[0] for shape in sources)])
        return [least[begin:end] for begin, end in pairwise(ends)]

    def worst_current(self, sources: list[float]) -> float:
        """That of any input."""
        return max(sources)

    def passed_peak(self, sources: list[int | None], integer: bool) -> int | None:
        """That of any input."""
        known = [source for source in sources if source is not None]
        return max(known) if sources and len(known) == len(sources) else None

    def step_events(self) -> dict[str, int]:
        """Elements moved."""
        return {"add_element": self.elements}
