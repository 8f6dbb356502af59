"""What a neuron of a recorded run is to snnrt, and who knows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np

from snnrt.converters.common.rollup.operations import Affine, Cell, Delayed, Operation

TimeAxes = Literal["single", "TN", "NT", "NT merged"]
"""What one call of a neuron takes: one timestep, or all in axes in this order."""


@dataclass(frozen=True, eq=False)
class Branch:
    """What a neuron reads of its input: the features ``rows``, through ``operations``, which may be cells."""

    rows: np.ndarray
    operations: tuple[Operation, ...]


@dataclass(frozen=True, eq=False)
class Adapted:
    """A neuron: ``cell``, then ``after``; ``feedback``: what its spikes of the step before pass through
    before they are added to its input, under ``feedback_name``.

    ``branches``: if any, the cell reads their sum and not its input. ``feedback_waits``: nothing comes back
    at the first step, not even a bias. ``spikes``: which output they are; ``fires``: False of an integrator,
    whose output is its membrane; ``several``: it may fire more than once a step; ``uncapped``: its framework
    does not limit them. ``membranes``: outputs that
    are a membrane which can be read. ``before``: what its input passes through inside of it.
    ``passes_state``: its state is an argument of the next call. ``timesteps``: of neurons that read one input
    and give so many timesteps. ``reduced``: its output is one of all timesteps, ``maximum``, ``mean`` or
    ``last``; ``each``: a tensor for each of them.
    """

    cell: Cell | Delayed
    time: TimeAxes = "single"
    after: Affine | None = None
    feedback: tuple[Operation, ...] = ()
    feedback_name: str = "recurrent"
    feedback_waits: bool = False
    branches: tuple[Branch, ...] = ()
    spikes: int = 0
    fires: bool = True
    membranes: dict[int | str, Operation] = field(default_factory=dict)
    before: tuple[Operation, ...] = ()
    passes_state: bool = False
    timesteps: int | None = None
    reduced: str = ""
    several: bool = False
    uncapped: bool = False


class Neurons(Protocol):
    """Knows the neurons of a recording by their ``cell``."""

    def adapt_time(self, module: Any) -> TimeAxes:
        """Axes of one call."""

    def sample_axes(self, module: Any) -> int | None:
        """Axes of one input at one timestep, where they are fixed."""

    def makes_time(self, module: Any) -> bool:
        """Does it give timesteps of an input that has none?"""

    def merged_timesteps(self, module: Any, places: int) -> int:
        """Timesteps in an axis of so many places that is batch and time in one."""

    def adapt(self, module: Any, path: str) -> Adapted:
        """What the neuron is. Raises NotSupported where its settings have no form in snnrt."""

    def saw_spikes(self, path: str, most: int) -> None:
        """A neuron that its framework does not cap gave ``most`` in one step."""
