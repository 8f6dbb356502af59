"""Accumulated logits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.array_checks import check_scale, complaint
from snnrt.ir.node import Node, Shape
from snnrt.ir.spec import READOUT_MODES, Array, Kind, Parameter, ValueType

ONE_Q16 = 65536


def readout_multipliers(scale: np.ndarray) -> tuple[np.ndarray, int]:
    """int32 multipliers m (classes,) and shift with m / 2^shift ≈ scale·65536, as precise as int32 allows.

    ``scale`` (classes,) float32 is the real logit one unit of each accumulator stands for. The
    shift is the largest of 0 … 62 with which the largest multiplier fits; ties round to even.
    """
    wanted = np.asarray(scale, np.float64) * ONE_Q16
    largest = float(wanted.max(initial=0.0))
    shift = 62 if largest == 0.0 else max(0, min(62, 31 - math.frexp(largest)[1]))
    if shift and np.rint(math.ldexp(largest, shift)) > 2**31 - 1:
        shift -= 1
    return np.minimum(np.rint(np.ldexp(wanted, shift)), 2**31 - 1).astype(np.int32), shift


@dataclass(frozen=True, eq=False)
class Readout(Node):
    """Accumulated logits over the timesteps so far: ``sum``, or ``mean`` (the sum over t).

    In integers ``scale`` (classes,) float32 is one unit of each accumulator.
    """

    KIND = Kind(
        name="readout",
        number=9,
        meaning="accumulates its input; its output is the accumulator",
        reads={"int32": ("bits", "int16", "int32"), "float32": ("bits", "float32")},
        parameters=(
            Parameter("mode", "u32", "0 sum, 1 mean"),
            Parameter("shift", "u32", "of the multipliers, 0 … 62; 0 in float32"),
        ),
        arrays=(
            Array("multipliers", "outputs", "int32", None, "logits in Q16 an accumulator's unit", True),
            Array("scale", "outputs", "float32", None, "the real logit that a unit stands for", True),
        ),
        traits=frozenset({"memory"}),
        same_shape=True,
        place="before last",
    )
    mode: Literal["sum", "mean"] = "sum"
    scale: np.ndarray | None = None

    @property
    def multipliers(self) -> np.ndarray | None:
        """Of :func:`readout_multipliers`; None in float32."""
        return None if self.scale is None else readout_multipliers(self.scale)[0]

    def output_shape(self, sources: list[Shape]) -> Shape:
        """(classes,)."""
        if len(sources[0]) != 1:
            raise complaint(self, "input", "a vector of logits (put a flatten before it)", sources[0])
        return sources[0]

    def output_type(self, integer: bool, source: ValueType | None) -> ValueType:
        """The accumulator's."""
        return "int32" if integer else "float32"

    @property
    def bounded_by_inputs(self) -> bool:
        """An accumulator saturates."""
        return False

    def check(self, integer: bool) -> None:
        """The mode, and in integers the scale."""
        if self.mode not in READOUT_MODES:
            raise complaint(self, "mode", "sum or mean", repr(self.mode))
        if integer and self.scale is None:
            raise complaint(self, "scale", "what one unit of each accumulator is worth", "none")
        check_scale(self, self.scale, (self.shape,), integer)

    def fields(self) -> dict[str, object]:
        """The mode's code and the shift."""
        shift = 0 if self.scale is None else readout_multipliers(self.scale)[1]
        return {"mode": READOUT_MODES.code(self.mode), "shift": shift}

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """The mode: the shift follows from the scale."""
        return {"mode": READOUT_MODES.value(int(fields["mode"]))}

    def check_stored(self, fields: Mapping[str, int | float], arrays: Mapping[str, np.ndarray]) -> None:
        """ModelError where the stored integers contradict the scale."""
        if self.scale is None:
            return
        multipliers, shift = readout_multipliers(self.scale)
        if not np.array_equal(arrays["multipliers"], multipliers) or fields["shift"] != shift:
            raise ModelError(
                f"node {self.name!r}: the logits' multipliers contradict their scales; convert again"
            )

    def step_events(self) -> dict[str, int]:
        """Elements accumulated."""
        return {"readout_element": self.elements}
