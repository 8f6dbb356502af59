"""k-winners-take-all: the first k neurons that spike, one a map."""

from __future__ import annotations

from dataclasses import dataclass

from snnrt.ir.nodes.competition import RADIUS, STATE, Competition
from snnrt.ir.spec import Kind, Parameter


@dataclass(frozen=True, eq=False)
class Winners(Competition):
    """Lets only the first ``k`` neurons spike, at most one of each map.

    Reads spikes, and as a second input the potentials of the same shape that decide between spikes of one
    step: the highest wins, of equals (or without potentials) the lowest (map, row, column). A winner closes
    its map, and with ``radius`` r from 1 on also every position up to r rows and columns away in all maps
    (0: no position). Winners pass all their spikes, all others none; once k have won nobody else does until
    the reset. That is SpykeTorch's ``get_k_winners`` step by step, with the potentials of the first spike.
    A vector (features,) is that many maps of one position: ``radius`` 0 lets k neurons of it win.

    In integers potentials of all maps are compared, so all count in one unit.
    """

    KIND = Kind(
        name="winners",
        number=18,
        meaning="spikes of the first k neurons, one a map",
        reads={"bits": ("bits", "int16", "int32", "float32")},
        edges=(1, 2),
        parameters=(STATE, Parameter("k", "u32", "winners of an input"), RADIUS),
        traits=frozenset({"memory", "state"}),
        same_shape=True,
        switch="COMPETITION",
    )
    k: int = 1

    @property
    def most(self) -> int:
        """k."""
        return self.k

    @property
    def one_a_map(self) -> bool:
        """Always."""
        return True

    def check(self, integer: bool) -> None:
        """k and the radius."""
        self.need("k", 1)
        self.need("radius", 0)
