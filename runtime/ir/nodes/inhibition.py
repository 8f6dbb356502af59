"""Lateral inhibition: a position belongs to the map that spikes there first."""

from __future__ import annotations

from dataclasses import dataclass

from snnrt.ir.nodes.competition import RADIUS, STATE, Competition
from snnrt.ir.spec import Kind


@dataclass(frozen=True, eq=False)
class Inhibition(Competition):
    """Lets at most one map spike at each position: the one that spikes there first.

    Reads spikes, and as a second input the potentials of the same shape that decide between spikes of one
    step: the highest wins, of equals (or without potentials) the lowest (map, row, column). Whoever has won
    passes all its further spikes; all other maps are silent at its position until the reset, and with
    ``radius`` r at every position up to r rows and columns away (SpykeTorch's pointwise inhibition: 0).
    A vector (features,) is that many maps of one position: a single neuron wins.

    In integers potentials of all maps are compared, so all count in one unit.
    """

    KIND = Kind(
        name="inhibition",
        number=17,
        meaning="spikes of the map that spikes first at a position; others are silenced",
        reads={"bits": ("bits", "int16", "int32", "float32")},
        edges=(1, 2),
        parameters=(STATE, RADIUS),
        traits=frozenset({"memory", "state"}),
        same_shape=True,
        switch="COMPETITION",
    )

    def check(self, integer: bool) -> None:
        """The radius."""
        self.need("radius", 0)
