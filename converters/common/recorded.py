"""What a source's own framework computed on an example, to hold the imported network against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.graph import Graph

LEAST_AGREEMENT = 0.99
"""Of a layer's spikes: float32 sums in another order move a few, another rule moves many."""
MEMBRANE_WITHIN = 1e-4
"""Of a layer's largest membrane: so far float32 sums in another order may move one."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """``inputs`` as :meth:`snnrt.Network.run` takes them, (N, …) or (N, T, …); ``spikes`` (N, T, …) of each
    neuron by its node's name, numbers of spikes; ``timesteps`` T; ``membranes`` (N, T, …) of neurons that
    never fire."""

    inputs: np.ndarray
    spikes: Mapping[str, np.ndarray]
    timesteps: int
    membranes: Mapping[str, np.ndarray] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Of all nodes that were recorded."""
        return (*self.spikes, *self.membranes)

    def as_recorded(self, graph: Graph) -> Graph:
        """``graph`` for these inputs: as many timesteps, and an axis of time where they have one (a constant
        input may be chosen for a source that takes a value at each timestep)."""
        timed = self.inputs.ndim == len(graph.input.shape) + 2
        if timed and graph.input.is_constant:
            over_time = graph.input.with_(encoding="spikes")
            graph = graph.with_(nodes=(over_time, *graph.nodes[1:]))
        return graph.with_(timesteps=self.timesteps)


def differing(recorded: Recorded, spikes: Mapping[str, np.ndarray]) -> dict[str, tuple[int, int]]:
    """Of each neuron's node: how many spikes of ``spikes`` differ, and of how many."""
    return {
        name: (int((spikes[name].reshape(expected.shape) != expected).sum()), expected.size)
        for name, expected in recorded.spikes.items()
    }


def agreement(
    recorded: Recorded,
    spikes: Mapping[str, np.ndarray],
    source: str,
) -> tuple[str, ...]:
    """What to tell about ``spikes`` (and membranes), which the graph gave: nothing where all are equal.

    Raises ModelError where a layer's differ by more than the order of float32 sums explains; it names the
    first neuron and timestep. Membranes are compared where all spikes are equal.
    """
    differing = total = 0
    first: tuple[int, str, tuple[int, ...]] | None = None
    for name, expected in recorded.spikes.items():
        found = spikes[name].reshape(expected.shape)
        same = found == expected
        differing += int((~same).sum())
        total += same.size
        if not same.all():
            where = tuple(int(one) for one in np.argwhere(~same)[np.argwhere(~same)[:, 1].argmin()])
            if first is None or where[1] < first[0]:
                first = (where[1], name, where)
    if first is None:
        _check_membranes(recorded, spikes, source)
        return ()
    step, name, where = first
    expected, found = recorded.spikes[name], spikes[name].reshape(recorded.spikes[name].shape)
    worst = min(
        float((spikes[one].reshape(given.shape) == given).mean()) for one, given in recorded.spikes.items()
    )
    words = (
        f"{name!r} neuron {where[2:]} at timestep {step + 1} gives {int(found[where])} where {source} gives "
        f"{int(expected[where])}"
    )
    if worst < LEAST_AGREEMENT:
        raise ModelError(
            f"the converted network does not reproduce {source} on the example: {words}; {differing} of "
            f"{total} spikes differ. Something in it is computed in another way than snnrt took it for"
        )
    # an integrator behind spikes that differ moves with them
    return (
        f"{differing} of {total} spikes differ on the example (float32 sums in another order): first {words}",
    )


def _check_membranes(recorded: Recorded, given: Mapping[str, np.ndarray], source: str) -> None:
    for name, expected in recorded.membranes.items():
        found = given[name].reshape(expected.shape)
        far = ~(np.abs(found - expected) <= MEMBRANE_WITHIN * max(float(np.abs(expected).max()), 1e-30))
        if far.any():
            where = tuple(int(one) for one in np.argwhere(far)[np.argwhere(far)[:, 1].argmin()])
            raise ModelError(
                f"the converted network does not reproduce {source} on the example: the membrane of {name!r} "
                f"neuron {where[2:]} at timestep {where[1] + 1} is {found[where]:g} where {source} gives "
                f"{expected[where]:g}. Something in it is computed in another way than snnrt took it for"
            )
