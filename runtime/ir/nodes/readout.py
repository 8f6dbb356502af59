"""Logits: what is read over the timesteps, accumulated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from snnrt.ir.arithmetic import saturate
from snnrt.ir.array_checks import check_array, check_range, check_scale, check_word, complaint
from snnrt.ir.node import Node, Shape
from snnrt.ir.spec import READOUT_MODES, Array, Kind, Parameter, ValueType

ReadoutMode = Literal["sum", "mean", "last", "maximum", "first_spike"]
ONE_Q16 = 65536
MAX_SHIFT = 31


def readout_multipliers(scale: np.ndarray, logit_scale: float = 1.0) -> tuple[np.ndarray, int]:
    """int32 multipliers m (classes,) and shift with m / 2^shift ≈ scale·logit_scale·65536, as precise as
    int32 allows.

    ``scale`` (classes,) float32 is the real logit one unit of each accumulator stands for. The
    shift is the largest of 0 … 31 with which the largest multiplier fits; ties round to even.
    """
    wanted = np.asarray(scale, np.float64) * logit_scale * ONE_Q16
    largest = float(wanted.max(initial=0.0))
    shift = 31 if largest == 0.0 else max(0, min(31, 31 - math.frexp(largest)[1]))
    if shift and np.rint(math.ldexp(largest, shift)) > 2**31 - 1:
        shift -= 1
    return np.minimum(np.rint(np.ldexp(wanted, shift)), 2**31 - 1).astype(np.int32), shift


@dataclass(frozen=True, eq=False)
class Readout(Node):
    """Logits of the timesteps so far, from an accumulator a class:

    - ``sum`` of what is read (of spikes: how many), or ``mean``, that over t;
    - ``last``: what is read now; ``maximum``: the largest so far (of a leaky integrator: its membrane);
    - ``first_spike``: T + 1 − t of the first timestep t that reads more than 0, at least 1; 0: none yet. So
      logits differ by as many steps as the spikes do, and the class is the one that spikes first.

    In integers ``scale`` (classes,) float32 is one unit of each accumulator, as logits are shown; what the
    exit rule and the choice of the class compute with is ``multipliers`` (classes,) int32 ≥ 0 and ``shift``,
    made of the scale where they are None.

    ``logit_scale`` () float32 > 0: exit rules take the softmax of the logits times it (an inverse
    temperature; None: 1). Logits are shown without. In integers it is in the multipliers.
    """

    KIND = Kind(
        name="readout",
        number=9,
        meaning="accumulates its input; its output is the accumulator",
        reads={"int32": ("bits", "int16", "int32"), "float32": ("bits", "float32")},
        parameters=(
            Parameter("mode", "u32", "0 sum, 1 mean, 2 last, 3 maximum, 4 first_spike"),
            Parameter("shift", "u32", "of the multipliers, 0 … 31; 0 in float32"),
        ),
        arrays=(
            Array("multipliers", "outputs", "int32", None, "logits in Q16 an accumulator's unit", True),
            Array("scale", "outputs", "float32", None, "the real logit that a unit stands for", True),
            Array("logit_scale", "scalar", "float32", "float32", "exit rules see the logits times it; 1"),
        ),
        traits=frozenset({"memory"}),
        same_shape=True,
        place="before last",
    )
    mode: ReadoutMode = "sum"
    scale: np.ndarray | None = None
    multipliers: np.ndarray | None = None
    shift: int | None = None
    logit_scale: np.ndarray | None = None

    @property
    def exit_scale(self) -> float:
        """What exit rules see the logits times."""
        return 1.0 if self.logit_scale is None else float(self.logit_scale)

    def in_words(self) -> str:
        """What the logits are."""
        seen = "" if self.logit_scale is None else f"; exit rules see them times {self.exit_scale:g}"
        return f"logits: {self.mode.replace('_', ' ')} over timesteps{seen}"

    def in_fixed_point(self) -> tuple[np.ndarray, int]:
        """The multipliers and their shift: its own, else what the scale gives. Integers only."""
        if self.multipliers is not None and self.shift is not None:
            return self.multipliers, self.shift
        assert self.scale is not None
        return readout_multipliers(self.scale, self.exit_scale)

    def accumulate(self, total: np.ndarray, x: np.ndarray, step: int, timesteps: int) -> np.ndarray:
        """The accumulators (N, classes), int64 or float32, after reading ``x`` in timestep ``step``, from 1
        on, of ``timesteps`` that the network has at most."""
        x = x.astype(total.dtype)
        if self.mode == "last" or (self.mode == "maximum" and step == 1):
            return x
        if self.mode == "maximum":
            return np.where(x > total, x, total)
        if self.mode == "first_spike":
            left = total.dtype.type(max(1, timesteps + 1 - step))
            return np.where((x > 0) & (total == 0), left, total)
        return total + x if total.dtype == np.float32 else saturate(total + x)

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
        check_word(self, "mode", self.mode, READOUT_MODES)
        if integer and self.scale is None:
            raise complaint(self, "scale", "what one unit of each accumulator is worth", "none")
        check_scale(self, self.scale, (self.shape,), integer)
        if self.logit_scale is not None:
            check_array(self, "logit_scale", self.logit_scale, np.float32, ((),))
            check_range(self, "logit_scale", self.logit_scale, 0.0, np.inf, open_low=True)
        if self.multipliers is None:
            self._check_multipliers_fit()
            return
        if not integer:
            raise complaint(self, "multipliers", "none in float32", "some")
        check_array(self, "multipliers", self.multipliers, np.int32, (self.shape,))
        check_range(self, "multipliers", self.multipliers, 0, 2**31 - 1)
        if not isinstance(self.shift, (int, np.integer)) or not 0 <= self.shift <= MAX_SHIFT:
            raise complaint(self, "shift", f"0 to {MAX_SHIFT}", self.shift)

    def _check_multipliers_fit(self) -> None:
        if self.scale is None or self.logit_scale is None:
            return
        largest = 2.0**31 / (ONE_Q16 * float(self.scale.max()))
        if self.exit_scale >= largest:
            raise complaint(self, "logit_scale", f"a number below {largest:g}", f"{self.exit_scale:g}")

    def prepared(self) -> Node:
        """With the multipliers that its scale gives, where it has none."""
        if self.scale is None:
            return self
        multipliers, shift = self.in_fixed_point()
        return replace(self, multipliers=multipliers, shift=shift)

    def fields(self) -> dict[str, object]:
        """The mode's code and the shift."""
        return {"mode": READOUT_MODES.code(self.mode), "shift": self.shift or 0}

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """The inverse of :meth:`fields`."""
        shift = int(fields["shift"]) if type_ == "int32" else None
        return {"mode": READOUT_MODES.value(int(fields["mode"])), "shift": shift}

    def step_events(self) -> dict[str, int]:
        """Elements accumulated."""
        return {"readout_element": self.elements}
