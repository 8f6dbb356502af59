"""A sum of tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from snnrt.ir.arithmetic import saturate
from snnrt.ir.array_checks import complaint
from snnrt.ir.node import Node, State, Step
from snnrt.ir.spec import MAX_EDGES, Kind, ValueType


@dataclass(frozen=True, eq=False)
class Add(Node):
    """Sum of inputs of equal shape, from left to right. With one delayed input: a delay of one step.

    ``as_current``: in integers the sum is an int32 current (what a neuron reads), else int16 values.
    """

    KIND = Kind(
        name="add",
        number=7,
        meaning="sum of its inputs, in their order",
        reads={
            "int16": ("bits", "int16"),
            "int32": ("bits", "int16", "int32"),
            "float32": ("bits", "float32"),
        },
        edges=(1, MAX_EDGES),
        passes=("int16",),
        traits=frozenset({"static", "memory"}),
        same_shape=True,
        switch="ADD",
    )
    as_current: bool = False

    def output_type(self, integer: bool, source: ValueType | None) -> ValueType:
        """As ``as_current`` says."""
        return "float32" if not integer else "int32" if self.as_current else "int16"

    def largest(self, sources: list[int]) -> int:
        """All inputs at their largest."""
        return sum(sources)

    def check_types(self, integer: bool, types: Mapping[str, ValueType]) -> None:
        """In integers a sum of currents is a current."""
        for edge in self.inputs:
            if integer and not self.as_current and types[edge.source] == "int32":
                raise complaint(
                    self, "input", "int16 values", f"the int32 output of {edge.source!r}; set as_current"
                )

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """From the type of the output."""
        return {"as_current": type_ in ("int32", "float32")}

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """From left to right."""
        if not run.integer:
            total = sources[0].astype(np.float32)
            for other in sources[1:]:
                total = total + other.astype(np.float32)
            return total
        total = sources[0].astype(np.int64)
        for other in sources[1:]:
            total = saturate(total + other)
        return total.astype(run.dtype)

    def worst_current(self, sources: list[float]) -> float:
        """All inputs at their largest."""
        return sum(sources)

    def passed_peak(self, sources: list[int | None], integer: bool) -> int | None:
        """All inputs at their largest."""
        known = [source for source in sources if source is not None]
        return sum(known) if sources and len(known) == len(sources) else None

    def step_events(self) -> dict[str, int]:
        """Elements added."""
        return {"add_element": self.elements * len(self.inputs)}
