"""Pooling by the maximum; of spikes: any, or only the earliest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnrt.ir.arithmetic import windows
from snnrt.ir.array_checks import check_word
from snnrt.ir.node import Shape, State, StateBlock, Step, complaint
from snnrt.ir.nodes.pool2d import Pool2d
from snnrt.ir.spec import VALUE_TYPES, WINDOW, Enumeration, Kind, Parameter, ValueType

MODES = Enumeration("MAX_POOL", ("any", "earliest"))


@dataclass(frozen=True, eq=False)
class MaxPool2d(Pool2d):
    """Maximum over each window; padding, smaller than the kernel, takes no part.

    Of spikes ``any``: one where any element of the window spikes. ``earliest`` (of spikes only): that, but
    each output fires once, at the first timestep where it can (SpykeTorch's pooling of first spikes).
    """

    KIND = Kind(
        name="max_pool2d",
        number=11,
        meaning="maximum over each window, padding left out",
        reads={type_: (type_,) for type_ in VALUE_TYPES.values},
        passes=VALUE_TYPES.values,
        parameters=(
            Parameter("state", "u32", "arena offset of a bit an output, which has fired; any: 0xFFFFFFFF"),
            *WINDOW,
            Parameter("mode", "u32", "0 any, 1 earliest (bits only)"),
        ),
        traits=frozenset({"static", "memory", "state"}),
        switch="MAX_POOL2D",
        enumerations=(MODES,),
    )
    mode: Literal["any", "earliest"] = "any"

    @property
    def is_constant(self) -> bool:
        """The earliest spike is another one at each timestep."""
        return self.mode == "any"

    def in_words(self) -> str:
        """And of spikes which."""
        return super().in_words() + (", the earliest spike only" if self.mode == "earliest" else "")

    def output_shape(self, sources: list[Shape]) -> Shape:
        """(channels, height, width)."""
        shape = super().output_shape(sources)
        top, bottom, left, right = self.padding
        if max(top, bottom) >= self.kernel[0] or max(left, right) >= self.kernel[1]:
            raise complaint(self, "padding", f"less than the kernel {self.kernel}", self.padding)
        return shape

    def check(self, integer: bool) -> None:
        """The mode."""
        check_word(self, "mode", self.mode, MODES)

    def check_types(self, integer: bool, types: Mapping[str, ValueType]) -> None:
        """The earliest is of spikes."""
        super().check_types(integer, types)
        source = self.inputs[0].source
        if self.mode == "earliest" and types[source] != "bits":
            found = f"the {types[source]} output of {source!r}"
            raise complaint(self, "input", "spikes, for the earliest", found)

    def states(self, integer: bool, type_: ValueType) -> tuple[StateBlock, ...]:
        """Which outputs have fired."""
        return () if self.mode == "any" else (StateBlock("fired", (self.elements + 31) // 32 * 4),)

    def fields(self) -> dict[str, object]:
        """The window and the mode's code."""
        return {**super().fields(), "mode": MODES.code(self.mode)}

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """The inverse of :meth:`fields`."""
        return {**super().options(fields, type_), "mode": MODES.value(int(fields["mode"]))}

    def start(self, inputs: int, integer: bool) -> State:
        """Nothing has fired."""
        return {} if self.mode == "any" else {"fired": np.zeros((inputs, *self.shape), bool)}

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """The largest of each window, the first of equals, in ascending (kernel_y, kernel_x)."""
        x = sources[0]
        values = windows(x, self.kernel, self.stride, self.padding)
        inside = windows(np.ones((1, *x.shape[1:]), bool), self.kernel, self.stride, self.padding)
        largest = np.zeros((x.shape[0], *self.shape), x.dtype)
        begun = np.zeros((1, *self.shape), bool)
        for y in range(self.kernel[0]):
            for left in range(self.kernel[1]):
                value, there = values[..., y, left], inside[..., y, left]
                largest = np.where(there & (~begun | (value > largest)), value, largest)
                begun = begun | there
        if self.mode == "earliest":
            largest = np.where(state["fired"], x.dtype.type(0), largest)
            state["fired"] = state["fired"] | (largest != 0)
        return largest.astype(run.dtype)
