"""Events counted while a network runs, for each input and each node."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from snnrt.brief import brief_repr


@dataclass(frozen=True)
class Counts:
    """Arrays of shape (inputs, nodes), uint64, nodes in graph order; ``timesteps`` (inputs,).

    - ``spikes``: of neurons, the spikes they fired (several a step counted each)
    - ``row_activations``: of dense and conv2d, non-zero inputs summed over output positions
      (a crossbar drives one row for each); a static node counts once an input
    - ``synaptic_operations``: row activations times the outputs each reaches
      (outputs / groups for a convolution)
    - ``active_windows``: of dense and conv2d, output positions (groups counted each) with at
      least one non-zero input
    - ``neuron_updates``: of neurons, state updates
    - ``capped_updates``: of neurons that fire several times a step, updates in which ``max_spikes`` held them
      to fewer spikes than their membrane asked for
    """

    nodes: tuple[str, ...]
    spikes: np.ndarray
    row_activations: np.ndarray
    synaptic_operations: np.ndarray
    active_windows: np.ndarray
    neuron_updates: np.ndarray
    capped_updates: np.ndarray
    timesteps: np.ndarray

    FIELDS = (
        "spikes", "row_activations", "synaptic_operations", "active_windows", "neuron_updates",
        "capped_updates",
    )  # fmt: skip

    __repr__ = brief_repr

    @classmethod
    def zeros(cls, nodes: tuple[str, ...], inputs: int) -> Counts:
        """All counts zero."""
        arrays = {name: np.zeros((inputs, len(nodes)), np.uint64) for name in cls.FIELDS}
        return cls(nodes=nodes, timesteps=np.zeros(inputs, np.int64), **arrays)

    @classmethod
    def of_events(cls, nodes: tuple[str, ...], timesteps: np.ndarray, events: np.ndarray) -> Counts:
        """Of ``events`` (inputs, nodes, FIELDS) uint64, which it looks at, and ``timesteps`` (inputs,)."""
        counts = object.__new__(cls)
        # a frozen class sets each field by a call, which takes longer than all else here
        counts.__dict__.update(zip(cls.FIELDS, events.transpose(2, 0, 1)), nodes=nodes, timesteps=timesteps)
        return counts

    def capped(self) -> dict[str, tuple[int, int]]:
        """Of each neuron that ``max_spikes`` held back at least once: in how many updates, of how many."""
        held, updates = self.capped_updates.sum(axis=0), self.neuron_updates.sum(axis=0)
        return {name: (int(some), int(every)) for name, some, every in zip(self.nodes, held, updates) if some}
