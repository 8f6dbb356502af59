"""Delays of several timesteps, one for all elements, for each channel or for each element."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from snnrt.ir.arithmetic import broadcast
from snnrt.ir.array_checks import check_array, check_range, complaint
from snnrt.ir.node import Node, State, StateBlock, Step
from snnrt.ir.spec import LARGEST_INT16, VALUE_TYPES, Array, Kind, Parameter, ValueType, output_bytes


@dataclass(frozen=True, eq=False)
class Delay(Node):
    """What its input was ``steps`` timesteps before, 0 before the first. ``steps``, int32, 0 to 32767 and not
    all 0: a scalar, (channels,) or the node's shape."""

    KIND = Kind(
        name="delay",
        number=13,
        meaning="its input of so many timesteps before",
        reads={type_: (type_,) for type_ in VALUE_TYPES.values},
        passes=VALUE_TYPES.values,
        parameters=(
            Parameter("state", "u32", "arena offset of its states"),
            Parameter("longest", "u32", "the largest of steps, 1 … 32767"),
        ),
        arrays=(Array("steps", "neurons", "int32", "int32", "timesteps that a value waits", True, "steps"),),
        traits=frozenset({"memory", "state"}),
        same_shape=True,
        switch="DELAY",
    )
    steps: np.ndarray = field(default_factory=lambda: np.ones((), np.int32))

    def in_words(self) -> str:
        """The steps."""
        least = int(self.steps.min())
        count = f"{least}" if least == self.longest else f"{least} … {self.longest}"
        return f"its input of {count} timestep{'' if count == '1' else 's'} before"

    @property
    def longest(self) -> int:
        """Timesteps that are kept."""
        return int(self.steps.max())

    def check(self, integer: bool) -> None:
        """Whole steps."""
        check_array(self, "steps", self.steps, np.int32, ((), (self.shape[0],), self.shape))
        check_range(self, "steps", self.steps, 0, LARGEST_INT16)
        if self.longest == 0:
            raise complaint(self, "steps", "one of at least 1", "all 0; leave the node out")

    def check_types(self, integer: bool, types: Mapping[str, ValueType]) -> None:
        """And the ring fits an arena."""
        super().check_types(integer, types)
        ring = self.longest * output_bytes(self.elements, types[self.name])
        if ring >= 2**31:
            raise complaint(self, "steps", "a ring of fewer than 2^31 bytes", f"{ring}; delay fewer elements")

    def states(self, integer: bool, type_: ValueType) -> tuple[StateBlock, ...]:
        """The next slot of the ring, and the ring."""
        ring = self.longest * output_bytes(self.elements, type_)
        return StateBlock("next", 4), StateBlock("ring", ring)

    def fields(self) -> dict[str, object]:
        """What is kept."""
        return {"longest": self.longest}

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """None: it follows from the steps."""
        return {}

    def start(self, inputs: int, integer: bool) -> State:
        """Zeros."""
        ring = np.zeros((inputs, self.longest, *self.shape), np.int64 if integer else np.float32)
        return {"next": np.zeros(inputs, np.int64), "ring": ring}

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """The slot of so many steps before is read before the oldest is written over."""
        steps, ring = broadcast(self.steps, self.shape), state["ring"]
        output = sources[0].astype(ring.dtype)
        if len(ring):
            slot = int(state["next"][0])
            for waited in np.unique(steps[steps > 0]):
                output = np.where(steps == waited, ring[:, (slot - waited) % self.longest], output)
            ring[:, slot] = sources[0]
            state["next"] = np.full_like(state["next"], (slot + 1) % self.longest)
        return output.astype(run.dtype)

    def step_events(self) -> dict[str, int]:
        """Elements read and kept."""
        return {"add_element": 2 * self.elements}
