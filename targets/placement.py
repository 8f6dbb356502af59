"""Where a network lies on a chip, and what of the chip stays empty."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass

from snnrt.errors import TargetError
from snnrt.ir.graph import Graph
from snnrt.targets import in_memory, neuromorphic
from snnrt.targets.costs import LayerMapping, summed_areas
from snnrt.targets.in_memory_mapping import blocks_a_tile, blocks_used, drawing, mapping_of
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.loading import load_target
from snnrt.targets.target import Neuromorphic, Target


@dataclass(frozen=True)
class Placement:
    """``layers`` of an in-memory target, or what is asked of a neuromorphic one, with what does not fit."""

    target: Target
    layers: tuple[LayerMapping, ...]
    demand: neuromorphic.Demand | None
    warnings: tuple[str, ...]
    areas: dict[str, float]

    def lines(self) -> list[str]:
        """The drawing, or the demand beside what there is, in words."""
        lines = [f"{self.target.name}: {self.target.title}", ""]
        if isinstance(self.target, InMemory):
            lines += drawing(self.layers, self.target)
            if self.areas:
                lines.append(f"area {sum(self.areas.values()) / 1e6:.5g} mm²")
        elif isinstance(self.target, Neuromorphic) and self.demand is not None:
            for name, asked in asdict(self.demand).items():
                figure = self.target.figures.get(name)
                there = "unknown" if figure is None else f"{int(figure.si)}"
                lines.append(f"{name.replace('_', ' ')}: {asked}, of a chip {there}")
            lines.append(f"chips: {self.demand.chips(self.target)}")
        return lines + [f"warning: {line}" for line in self.warnings]

    def to_dict(self) -> dict[str, object]:
        """JSON-able."""
        document: dict[str, object] = {"target": self.target.name, "warnings": list(self.warnings)}
        if isinstance(self.target, InMemory):
            used, a_tile = blocks_used(self.layers), blocks_a_tile(self.target)
            document |= {
                "layers": [asdict(layer) for layer in self.layers],
                "blocks": used,
                "tiles": -(-used // a_tile),
                "empty_blocks": -(-used // a_tile) * a_tile - used,
                "area_mm2": sum(self.areas.values()) / 1e6,
            }
        elif isinstance(self.target, Neuromorphic) and self.demand is not None:
            document |= asdict(self.demand) | {"chips": self.demand.chips(self.target)}
        return document


def placement(graph: Graph, target: Target | str | os.PathLike[str]) -> Placement:
    """Where ``graph`` lies on ``target``. Raises TargetError for an unknown target, and for a
    microcontroller."""
    hardware = target if isinstance(target, Target) else load_target(target)
    if isinstance(hardware, InMemory):
        layers = mapping_of(graph, hardware)
        warned = in_memory.warnings(layers, hardware)
        return Placement(
            hardware, layers, None, warned, summed_areas(in_memory.area_terms(graph, hardware, layers))
        )
    if isinstance(hardware, Neuromorphic):
        warned = neuromorphic.warnings(graph, hardware)
        return Placement(hardware, (), neuromorphic.demand(graph, hardware), warned, {})
    raise TargetError(
        f"{hardware.name}: a {hardware.kind} has no places for layers; expected a target of kind imc "
        f"or neuromorphic"
    )
