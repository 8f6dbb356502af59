"""Pooling by averages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.ir.array_checks import complaint
from snnrt.ir.node import Node, State, Step
from snnrt.ir.nodes.sum_pool2d import AddingPool2d, SumPool2d
from snnrt.ir.spec import WINDOW, Kind


@dataclass(frozen=True, eq=False)
class AvgPool2d(AddingPool2d):
    """Mean over each window, padding included. float32 only: integers fold 1/k² into the next scale."""

    KIND = Kind(
        name="avg_pool2d",
        number=5,
        meaning="mean over each window, padding included",
        reads={"float32": ("bits", "float32")},
        parameters=WINDOW,
        traits=frozenset({"static", "memory"}),
        switch="POOL2D",
    )

    def check(self, integer: bool) -> None:
        """Only in float32."""
        if integer:
            raise complaint(self, "kind", "sum_pool2d in int8 (1/k² belongs in the next scale)", self.kind)

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """The sum, divided by the whole kernel."""
        return np.asarray(super().step(run, sources, state) / np.float32(self.taps))

    def value_unit(self, source: float) -> float:
        """Its integer form is the sum."""
        return source / self.taps

    def quantised(self) -> Node:
        """The sum."""
        return SumPool2d(self.name, self.inputs, self.shape, self.kernel, self.stride, self.padding)
