"""Spikes that compete for positions: what lateral inhibition and k-winners-take-all share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

import numpy as np

from snnrt.ir.node import Edge, Node, Shape, State, StateBlock, Step, complaint
from snnrt.ir.spec import MAX_DIMENSION, Parameter, ValueType

STATE = Parameter("state", "u32", "arena offset of its states")
RADIUS = Parameter("radius", "u32", "of the window around a winner, in positions")


def bit_bytes(count: int) -> int:
    """Bytes of so many bits in words of 32."""
    return (count + 31) // 32 * 4


@dataclass(frozen=True, eq=False)
class Competition(Node):
    """Reads spikes and, where there is a second input, the potentials that decide between those of a step.

    Winners are chosen greedily: of the spikes at elements that are still open the one with the highest
    potential, then the next. What has won passes all its spikes, nothing else passes any.
    """

    radius: int = 0

    @property
    def most(self) -> int:
        """Winners of an input, over all its timesteps."""
        return self.elements

    @property
    def one_a_map(self) -> bool:
        """Whether a winner closes its map."""
        return False

    @property
    def reach(self) -> int | None:
        """How far around a winner positions are closed; None: none is, only its map."""
        return None if self.one_a_map and self.radius == 0 else self.radius

    @property
    def compared(self) -> tuple[Edge, ...]:
        """The potentials."""
        return self.inputs[1:]

    def need(self, field: str, lowest: int) -> None:
        """ModelError unless the field is an integer from ``lowest`` to MAX_DIMENSION."""
        value = getattr(self, field)
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not whole or not lowest <= value <= MAX_DIMENSION:
            raise complaint(self, field, f"an integer from {lowest} to {MAX_DIMENSION}", repr(value))

    def output_type(self, integer: bool, source: ValueType | None) -> ValueType:
        """Spikes."""
        return "bits"

    def largest(self, sources: list[int]) -> int:
        """One spike."""
        return 1

    @property
    def bounded_by_inputs(self) -> bool:
        """Spikes are 1, whatever the potentials are."""
        return False

    def check_types(self, integer: bool, types: Mapping[str, ValueType]) -> None:
        """Spikes, then numbers."""
        super().check_types(integer, types)
        for place, edge in enumerate(self.inputs):
            spikes = place == 0
            if spikes != (types[edge.source] == "bits"):
                wanted = "spikes as its first" if spikes else "numbers, the potentials, as its second"
                raise complaint(self, "input", wanted, f"the {types[edge.source]} output of {edge.source!r}")

    def states(self, integer: bool, type_: ValueType) -> tuple[StateBlock, ...]:
        """Which elements have won, which positions are closed; with one winner a map also which maps, and
        how many winners there were."""
        blocks = [
            StateBlock("won", bit_bytes(self.elements)),
            StateBlock("closed", bit_bytes(prod(self.shape[1:]))),
        ]
        if self.one_a_map:
            blocks += [StateBlock("maps", bit_bytes(self.shape[0])), StateBlock("spent", 4)]
        return tuple(blocks)

    def fields(self) -> dict[str, object]:
        """All but the state's offset."""
        names = [parameter.name for parameter in self.KIND.parameters if parameter is not STATE]
        return {name: getattr(self, name) for name in names}

    def start(self, inputs: int, integer: bool) -> State:
        """Nobody has won, everything is open."""
        return {
            "won": np.zeros((inputs, *self.shape), bool),
            "closed": np.zeros((inputs, *(self.shape[1:] or (1, 1))), bool),
        }

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """The spikes of winners, uint8."""
        spikes = sources[0] != 0
        # of elements as the graph has them: where they stand among equals
        place = np.arange(self.elements)
        if run.order is not None:
            place[run.order] = np.arange(self.elements)
        for i in range(len(spikes)):
            candidates = np.flatnonzero(spikes[i] & ~state["won"][i])
            keys = [place[candidates]]
            if len(sources) > 1:
                # NumPy sorts a NaN behind all numbers
                keys.append(-sources[1][i].ravel()[candidates].astype(np.float64))
            for element in candidates[np.lexsort(keys)]:
                self._claim(int(element), state["won"][i], state["closed"][i])
        return (spikes & state["won"]).astype(run.dtype)

    def _claim(self, element: int, won: np.ndarray, closed: np.ndarray) -> None:
        """The element wins, if it may."""
        c, y, x = np.unravel_index(element, (self.shape[0], *closed.shape))
        taken = closed[y, x] or (self.one_a_map and won[c].any())
        if taken or np.count_nonzero(won) >= self.most:
            return
        won.reshape(self.shape[0], *closed.shape)[c, y, x] = True
        if self.reach is not None:
            top, left = max(0, y - self.reach), max(0, x - self.reach)
            closed[top : y + self.reach + 1, left : x + self.reach + 1] = True

    def holds_current(self, sources: list[bool]) -> bool:
        """Spikes are none."""
        return False

    def unit(self, sources: list[np.ndarray]) -> np.ndarray:
        """A spike is 1."""
        return np.ones(self.shape)

    def least_unit_of_inputs(self, least: np.ndarray, source: Shape) -> np.ndarray:
        """Spikes ask for nothing."""
        return np.zeros(source)

    def value_unit(self, source: float) -> float:
        """A spike is 1."""
        return 1.0

    def passed_peak(self, sources: list[int | None], integer: bool) -> int | None:
        """A spike."""
        return 1

    def step_events(self) -> dict[str, int]:
        """Words of spikes: looked at for candidates, searched once, and written. What candidates of a step
        cost, and the searches for further winners, depend on the spikes and are not charged."""
        return {"scan_word": 3 * bit_bytes(self.elements) // 4}
