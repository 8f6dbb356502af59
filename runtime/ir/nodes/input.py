"""The source of a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnrt.ir.array_checks import complaint
from snnrt.ir.node import Node, Shape, State, Step
from snnrt.ir.spec import ENCODINGS, LARGEST_INT16, Kind, Parameter, ValueType


def quantise_input(x: np.ndarray, node: Input) -> np.ndarray:
    """int16 of float32 ``x``: clip(round_half_even(x / scale), −peak, peak), the division in float32."""
    with np.errstate(over="ignore"):
        units = np.asarray(np.asarray(x, np.float32) / np.float32(node.scale))
    # in place: of one small input the calls take longer than the numbers
    np.rint(units, out=units)
    np.minimum(units, np.float32(node.peak), out=units)
    np.maximum(units, np.float32(-node.peak), out=units)
    return units.astype(np.int16)


@dataclass(frozen=True, eq=False)
class Input(Node):
    """The source. ``constant``: the same current at every timestep; ``spikes``: a tensor over time.

    ``low`` and ``high`` state the range of the values. In integers, a value x enters as
    ``clip(round_half_even(x / scale), -peak, peak)``, int16.
    """

    KIND = Kind(
        name="input",
        number=1,
        meaning="the network's input; its values lie with the caller",
        reads={"int16": (), "float32": ()},
        edges=(0, 0),
        parameters=(
            Parameter("encoding", "u32", "0 constant, 1 spikes"),
            Parameter("scale", "f32", "what one unit is worth"),
            Parameter("peak", "i32", "largest magnitude of a value in integers"),
            Parameter("low", "f32", "the range of the values, as a caller gives them"),
            Parameter("high", "f32", ""),
        ),
        traits=frozenset({"static"}),
        place="first",
    )
    encoding: Literal["constant", "spikes"] = "constant"
    low: float = 0.0
    high: float = 1.0
    scale: float = 1.0
    peak: int = 1

    def in_words(self) -> str:
        """Encoding and range."""
        when = "the same at each timestep" if self.encoding == "constant" else "over time"
        return f"values of {self.low:g} … {self.high:g}, {when}"

    @property
    def is_constant(self) -> bool:
        """Whether every timestep reads the same values."""
        return self.encoding == "constant"

    def output_shape(self, sources: list[Shape]) -> Shape:
        """Its own."""
        return self.shape

    def output_type(self, integer: bool, source: ValueType | None) -> ValueType:
        """int16, or float32."""
        return "int16" if integer else "float32"

    def largest(self, sources: list[int]) -> int:
        """Its peak."""
        return int(self.peak)

    @property
    def bounded_by_inputs(self) -> bool:
        """It reads no node."""
        return False

    def check(self, integer: bool) -> None:
        """Encoding, range, and in integers scale and peak."""
        if self.encoding not in ENCODINGS:
            raise complaint(self, "encoding", "constant or spikes", repr(self.encoding))
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low <= self.high):
            raise complaint(self, "range", "finite low ≤ high", f"{self.low} to {self.high}")
        if not integer:
            return
        with np.errstate(over="ignore"):
            scale = np.float32(self.scale)
        if not (np.isfinite(scale) and scale > 0):
            raise complaint(self, "scale", "a positive number", self.scale)
        if not isinstance(self.peak, (int, np.integer)) or not 1 <= self.peak <= LARGEST_INT16:
            raise complaint(self, "peak", f"1 to {LARGEST_INT16}", self.peak)

    def fields(self) -> dict[str, object]:
        """The encoding by its code."""
        return {**super().fields(), "encoding": ENCODINGS.code(self.encoding)}

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """The inverse of :meth:`fields`."""
        return {**fields, "encoding": ENCODINGS.value(int(fields["encoding"]))}

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """What the caller gave, in integers quantised."""
        return quantise_input(run.x, self) if run.integer else run.x

    def holds_current(self, sources: list[bool]) -> bool:
        """Values of its own scale."""
        return False

    def unit(self, sources: list[np.ndarray]) -> np.ndarray:
        """Its scale, as the file holds it."""
        return np.full(self.shape, float(np.float32(self.scale)))

    def value_unit(self, source: float) -> float:
        """Its scale."""
        return float(self.scale)

    def passed_peak(self, sources: list[int | None], integer: bool) -> int | None:
        """The largest number of spikes in an element; None for analog values."""
        if self.is_constant:
            return None
        return int(self.peak) if integer else 1
