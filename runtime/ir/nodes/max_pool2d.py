"""Pooling by the maximum; of spikes: any, only the earliest, or what windows fired in all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnrt.ir.arithmetic import INT16, windows
from snnrt.ir.array_checks import check_word
from snnrt.ir.node import Shape, State, StateBlock, Step, complaint
from snnrt.ir.nodes.pool2d import Pool2d
from snnrt.ir.spec import VALUE_TYPES, WINDOW, Enumeration, Kind, Parameter, ValueType

MODES = Enumeration("MAX_POOL", ("any", "earliest", "net"))


@dataclass(frozen=True, eq=False)
class MaxPool2d(Pool2d):
    """Maximum over each window; padding, smaller than the kernel, takes no part.

    Of spikes ``any``: one where any element of the window spikes. ``earliest`` (of spikes only): that, but
    each output fires once, at the first timestep where it can (SpykeTorch's pooling of first spikes). ``net``
    (of numbers of spikes, int16 or float32): the maximum of what each element of the window has given since
    the start, less what it was the step before, so that the sum of the outputs is the maximum of the sums.
    ``inputs_kept``: of ``net``, elements of the input, whose sums are kept; else 0.
    """

    KIND = Kind(
        name="max_pool2d",
        number=11,
        meaning="maximum over each window, padding left out",
        reads={type_: (type_,) for type_ in VALUE_TYPES.values},
        passes=VALUE_TYPES.values,
        parameters=(
            Parameter("state", "u32", "arena offset of its states; any: 0xFFFFFFFF"),
            *WINDOW,
            Parameter("mode", "u32", "0 any, 1 earliest (bits only), 2 net (int16 and float32)"),
            Parameter("inputs_kept", "u32", "elements of its input with net, else 0"),
        ),
        traits=frozenset({"static", "memory", "state"}),
        switch="MAX_POOL2D",
        enumerations=(MODES,),
    )
    mode: Literal["any", "earliest", "net"] = "any"
    inputs_kept: int = 0

    @property
    def is_constant(self) -> bool:
        """What has fired before counts."""
        return self.mode == "any"

    def in_words(self) -> str:
        """And of spikes which."""
        added = {"any": "", "earliest": ", the earliest spike only", "net": ", of all that was given so far"}
        return super().in_words() + added[self.mode]

    def output_shape(self, sources: list[Shape]) -> Shape:
        """(channels, height, width)."""
        shape = super().output_shape(sources)
        top, bottom, left, right = self.padding
        if max(top, bottom) >= self.kernel[0] or max(left, right) >= self.kernel[1]:
            raise complaint(self, "padding", f"less than the kernel {self.kernel}", self.padding)
        kept = math.prod(sources[0]) if self.mode == "net" else 0
        if self.inputs_kept != kept:
            raise complaint(self, "inputs_kept", f"{kept} with mode {self.mode!r}", self.inputs_kept)
        return shape

    def check(self, integer: bool) -> None:
        """The mode."""
        check_word(self, "mode", self.mode, MODES)

    def check_types(self, integer: bool, types: Mapping[str, ValueType]) -> None:
        """The earliest is of spikes, what was given so far of numbers of them."""
        super().check_types(integer, types)
        source = self.inputs[0].source
        if self.mode == "earliest" and types[source] != "bits":
            found = f"the {types[source]} output of {source!r}"
            raise complaint(self, "input", "spikes, for the earliest", found)
        if self.mode == "net" and types[source] not in ("int16", "float32"):
            found = f"the {types[source]} output of {source!r}"
            raise complaint(self, "input", "numbers of spikes (int16 or float32), for net", found)

    def states(self, integer: bool, type_: ValueType) -> tuple[StateBlock, ...]:
        """Which outputs have fired, or the sums of the inputs."""
        if self.mode == "net":
            return (StateBlock("sums", self.inputs_kept * (2 if type_ == "int16" else 4)),)
        return () if self.mode == "any" else (StateBlock("fired", (self.elements + 31) // 32 * 4),)

    def fields(self) -> dict[str, object]:
        """The window and the mode's code."""
        return {**super().fields(), "mode": MODES.code(self.mode), "inputs_kept": self.inputs_kept}

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """The inverse of :meth:`fields`."""
        own = {"mode": MODES.value(int(fields["mode"])), "inputs_kept": int(fields["inputs_kept"])}
        return {**super().options(fields, type_), **own}

    def start(self, inputs: int, integer: bool) -> State:
        """Nothing has fired."""
        if self.mode == "net":
            # of the input's shape once it is seen
            return {"sums": np.zeros((inputs, self.inputs_kept), np.int64 if integer else np.float32)}
        return {} if self.mode == "any" else {"fired": np.zeros((inputs, *self.shape), bool)}

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """The largest of each window, the first of equals, in ascending (kernel_y, kernel_x)."""
        x = sources[0]
        if self.mode == "net":
            before = state["sums"].reshape(x.shape)
            now = np.clip(before + x, INT16.min, INT16.max) if run.integer else before + x
            state["sums"] = now.reshape(state["sums"].shape)
            return (self._largest(now) - self._largest(before)).astype(run.dtype)
        largest = self._largest(x)
        if self.mode == "earliest":
            largest = np.where(state["fired"], x.dtype.type(0), largest)
            state["fired"] = state["fired"] | (largest != 0)
        return largest.astype(run.dtype)

    def _largest(self, x: np.ndarray) -> np.ndarray:
        values = windows(x, self.kernel, self.stride, self.padding)
        inside = windows(np.ones((1, *x.shape[1:]), bool), self.kernel, self.stride, self.padding)
        largest = np.zeros((x.shape[0], *self.shape), x.dtype)
        begun = np.zeros((1, *self.shape), bool)
        for y in range(self.kernel[0]):
            for left in range(self.kernel[1]):
                value, there = values[..., y, left], inside[..., y, left]
                largest = np.where(there & (~begun | (value > largest)), value, largest)
                begun = begun | there
        return largest

    def step_events(self) -> dict[str, int]:
        """With net each tap is looked at twice, and sums are kept."""
        events = super().step_events()
        if self.mode == "net":
            events["pool_element"] *= 2
            events["add_element"] = self.inputs_kept
        return events
