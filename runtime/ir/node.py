"""What every node has, and what it answers to those that work on graphs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np

from snnrt.brief import brief_repr
from snnrt.errors import ModelError

if TYPE_CHECKING:
    from snnrt.ir.spec import Kind, ValueType

Shape = tuple[int, ...]
State = dict[str, np.ndarray]
"""Arrays (N, …) that a node keeps from step to step, by name."""


@dataclass(frozen=True)
class Edge:
    """Reads ``source``'s output of this timestep (delay 0) or of the step before (delay 1)."""

    source: str
    delay: int = 0


class Step(Protocol):
    """What the reference gives a node's step (:mod:`snnrt.reference.run`)."""

    integer: bool
    dtype: np.dtype
    """Of the output."""
    order: np.ndarray | None
    """Of a vector input: the index of each element in the order of summation (None: natural)."""
    x: np.ndarray
    """The network's input at this timestep, (N, *shape) float32."""

    def multiply(self, node: Node, rows: np.ndarray, group: int, groups: int) -> np.ndarray:
        """One group's integer weights times ``rows`` (M, fan_in): (M, outputs / groups) int64."""
        ...

    def count(self, event: str, values: np.ndarray) -> None:
        """Adds ``values`` (N,) to the node's counts of ``event`` (:class:`snnrt.results.counts.Counts`)."""
        ...

    def observe(self, node: Node, membrane: np.ndarray) -> None:
        """Shows a membrane before it is kept."""
        ...


@dataclass(frozen=True)
class StateBlock:
    """One of a node's states: ``bytes`` in the arena."""

    name: str
    bytes: int


@dataclass(frozen=True, eq=False)
class Node:
    """A node: ``inputs`` in order, ``shape`` of its output without batch and time.

    A kind is a subclass in a module of its own in :mod:`snnrt.ir.nodes`. What it does not say itself is
    what a node does that passes values on element by element.
    """

    KIND: ClassVar[Kind]
    kind: ClassVar[str] = "node"
    name: str
    inputs: tuple[Edge, ...]
    shape: Shape

    def __init_subclass__(cls) -> None:
        # before dataclass() writes one that prints arrays
        cls.__repr__ = brief_repr  # type: ignore[assignment, method-assign]
        kind = cls.__dict__.get("KIND")
        if kind is not None:
            cls.kind = kind.name

    def with_(self, **changes: object) -> Node:
        """A copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def elements(self) -> int:
        """Elements of the output."""
        return int(np.prod(self.shape, dtype=np.int64))

    def in_words(self) -> str:
        """What it computes, on one line, with its parameters."""
        return self.KIND.meaning

    # structure

    @property
    def is_constant(self) -> bool:
        """Whether its output stays as it is where all that it reads does."""
        return "static" in self.KIND.traits

    def output_shape(self, sources: list[Shape]) -> Shape:
        """The output's shape for the inputs' shapes; ModelError where they do not go together."""
        if any(shape != sources[0] for shape in sources):
            raise complaint(self, "inputs", "tensors of equal shape", ", ".join(map(str, sources)))
        return sources[0]

    def output_type(self, integer: bool, source: ValueType | None) -> ValueType | None:
        """The output's type, ``source`` being the first input's; None where that must be known first."""
        return source

    def largest(self, sources: list[int]) -> int:
        """The largest magnitude of a bits or int16 output, for those of the inputs."""
        return sources[0]

    @property
    def bounded_by_inputs(self) -> bool:
        """Whether :meth:`largest` looks at the inputs."""
        return True

    def check(self, integer: bool) -> None:
        """ModelError unless the fields and arrays are what docs/ir.md allows; the shape is checked before."""

    def check_types(self, integer: bool, types: Mapping[str, ValueType]) -> None:
        """ModelError unless it can take the types of values that its inputs give."""
        taken = self.KIND.reads.get(types[self.name], ())
        for edge in self.inputs:
            if types[edge.source] not in taken:
                found = f"the {types[edge.source]} output of {edge.source!r}"
                raise complaint(self, "input", " or ".join(taken) + " values", found)

    def check_largest(self, largest: Mapping[str, int]) -> None:
        """ModelError unless, in integers, it can take the largest values that its inputs give."""

    # memory

    def states(self, integer: bool, type_: ValueType) -> tuple[StateBlock, ...]:
        """What is kept from step to step, in the order of the block; ``type_`` is the output's."""
        return ()

    # the file

    def fields(self) -> dict[str, object]:
        """Values of the kind's parameters by name, but for the state's offset."""
        return {parameter.name: getattr(self, parameter.name) for parameter in self.KIND.parameters}

    @classmethod
    def options(cls, fields: Mapping[str, int | float], type_: ValueType) -> dict[str, object]:
        """Constructor arguments from a record's parameters; the inverse of :meth:`fields`."""
        return dict(fields)

    def prepared(self) -> Node:
        """The same node with what only the file needs made explicit."""
        return self

    # the reference

    def start(self, inputs: int, integer: bool) -> State:
        """The states of ``inputs`` inputs before their first step."""
        return {}

    def step(self, run: Step, sources: list[np.ndarray], state: State) -> np.ndarray:
        """One timestep for N inputs: ``sources`` (N, *shape) each; changes ``state`` in place."""
        raise TypeError(f"node {self.name!r}: no reference for kind {self.kind}")

    # integers

    def holds_current(self, sources: list[bool]) -> bool | None:
        """Whether the int8 output is an int32 current, given that of the inputs; None: not known yet."""
        return True if any(sources) else False if sources else None

    def unit(self, sources: list[np.ndarray]) -> np.ndarray:
        """What one unit of each output element is worth, for those of the inputs, float64 of ``shape``."""
        return np.maximum.reduce(sources)

    @property
    def compared(self) -> tuple[Edge, ...]:
        """Inputs whose elements are compared with each other: in integers all count in one unit."""
        return ()

    def least_unit_of_inputs(self, least: np.ndarray, source: Shape) -> np.ndarray:
        """What the inputs' unit must at least be for the output's to be ``least``."""
        return least

    shares_unit: ClassVar[bool] = True
    """Whether inputs that meet in it must count in one unit, where it has several."""

    def least_units_of_inputs(self, least: np.ndarray, sources: list[Shape]) -> list[np.ndarray]:
        """:meth:`least_unit_of_inputs` of each input, whose shapes are ``sources``."""
        return [self.least_unit_of_inputs(least, source) for source in sources]

    def value_unit(self, source: float) -> float:
        """What 1 of an int16 or bits output is worth where 1 of the input is worth ``source``."""
        return source

    def quantised(self) -> Node:
        """The node's form in integers, where that does not depend on units."""
        return self

    def worst_current(self, sources: list[float]) -> float:
        """A bound of the magnitude of an int32 output, for those of the inputs."""
        return sources[0]

    # costs

    def passed_peak(self, sources: list[int | None], integer: bool) -> int | None:
        """The largest value passed on, as a whole number in the inputs' units; None: any real number."""
        return sources[0] if sources else None

    def step_events(self) -> dict[str, int]:
        """Events of one step that do not depend on values, as targets charge them."""
        return {}


def complaint(node: Node, field: str, expected: str, found: object) -> ModelError:
    """The one-line error about ``field`` of ``node``."""
    return ModelError(f"node {node.name!r} ({node.kind}): {field}: expected {expected}, found {found}")
