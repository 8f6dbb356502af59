"""Pooling by sums, and what it shares with averages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.ir.arithmetic import saturate, windows
from snnrt.ir.node import State, Step
from snnrt.ir.nodes.pool2d import Pool2d
from snnrt.ir.spec import WINDOW, Kind, ValueType


@dataclass(frozen=True, eq=False)
class AddingPool2d(Pool2d):
    """A pooling that adds the elements of a window; padding counts as zeros."""

    def output_type(self, integer: bool, source: ValueType | None) -> ValueType | None:
        """int16 for spikes and values, int32 for currents."""
        if not integer:
            return "float32"
        return None if source is None else "int32" if source == "int32" else "int16"

    def largest(self, sources: list[int]) -> int:
        """A whole window of the input's largest."""
        return sources[0] * self.taps

    def worst_current(self, sources: list[float]) -> float:
        """A whole window."""
        return sources[0] * self.taps

    def passed_peak(self, sources: list[int | None], integer: bool) -> int | None:
        """A whole window: hardware passes on the sum, whose 1/k² belongs to the next scale."""
        return None if not sources or sources[0] is None else sources[0] * self.taps

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """Σ over each window in ascending (kernel_y, kernel_x)."""
        x = sources[0]
        view = windows(x, self.kernel, self.stride, self.padding)
        total = np.zeros((x.shape[0], *self.shape), np.int64 if run.integer else np.float32)
        for y in range(self.kernel[0]):
            for left in range(self.kernel[1]):
                total = total + view[..., y, left]
                if run.integer:
                    total = saturate(total)
        return total.astype(run.dtype)


@dataclass(frozen=True, eq=False)
class SumPool2d(AddingPool2d):
    """Sum over each window."""

    KIND = Kind(
        name="sum_pool2d",
        number=4,
        meaning="sum over each window",
        reads={"int16": ("bits", "int16"), "int32": ("int32",), "float32": ("bits", "float32")},
        passes=("int16", "int32"),
        parameters=WINDOW,
        traits=frozenset({"static", "memory"}),
        switch="POOL2D",
    )
