"""A graph that grows at random: the public builder, and what a draw must know of the values so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from node_cases import CASES

from snnrt import GraphBuilder
from snnrt.ir.build import Value
from snnrt.ir.graph import Node, Shape, arithmetic_of


@dataclass(frozen=True)
class Style:
    """What kind of graph: ``device``: only what int8 can hold; ``exact``: coarse values, so that u meets θ;
    ``extreme``: integers near their limits, so that sums saturate."""

    numbers: str
    device: bool
    exact: bool
    extreme: bool


class GrowingGraph:
    """Knows for each value whether int8 holds it as a current, and else how large it can be."""

    def __init__(
        self, rng: np.random.Generator, style: Style, timesteps: int,
        draw_input: Callable[[GrowingGraph], tuple[Shape, dict[str, object]]] | None = None,
    ) -> None:  # fmt: skip
        self.rng = rng
        self.style = style
        self.integer = style.numbers == "int8"
        shape, fields = (draw_input or CASES["input"].draw)(self)
        arithmetic = arithmetic_of(style.numbers)
        self.g = GraphBuilder(shape, timesteps=timesteps, arithmetic=arithmetic, **fields)
        self.current: dict[str, bool] = {}
        self.largest: dict[str, int] = {}
        self.input = self._noted(self.g.input)

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def node(self, kind: type[Node], *sources: Value, **fields: object) -> Value:
        """A node of any kind, as the builder makes it."""
        return self._noted(self.g.node(kind, *sources, **fields), *sources)

    def _noted(self, value: Value, *sources: Value) -> Value:
        node = self.g.nodes[-1]
        known = [source.name for source in sources if not source.delay]
        type_ = node.output_type(True, None)
        current = any(self.current[name] for name in known) if type_ is None else type_ == "int32"
        self.current[value.name] = current
        self.largest[value.name] = 0 if current else node.largest([self.largest[name] for name in known])
        return value

    def type(self, x: Value) -> str:
        """Of its values."""
        types: dict[str, str] = {}
        for node in self.g.nodes:
            source = types.get(node.inputs[0].source) if node.inputs else None
            types[node.name] = node.output_type(self.integer, source)
        return types[x.name]

    def weighable(self, x: Value) -> bool:
        """Whether weights may read it."""
        return not (self.style.device and self.current[x.name])

    def held(self, x: Value, fan_in: int) -> Value:
        """``x``, or a neuron after it where sums of ``fan_in`` of its values could pass 2³⁰."""
        if self.integer and fan_in * 127 * self.largest[x.name] >= 2**30:
            return self.neuron(x)
        return x

    def granularity(self, shape: Shape) -> Shape:
        """Of a parameter: a scalar, one a channel, or one a neuron."""
        return [(), (shape[0],), shape][int(self.rng.integers(3))]

    def neuron(self, x: Value, thresholded: bool = True) -> Value:
        return CASES["neuron"].draw(self, x, thresholded)

    def same(self, x: Value, shape: Shape, name: str | None = None) -> Value | None:
        """Weights from ``x`` to a value of ``shape``; None where they cannot be."""
        if len(shape) == 3 and x.shape[1:] == shape[1:]:
            return CASES["conv2d"].draw(self, x, outputs=shape[0], same=True, name=name)
        if len(shape) == 1 and len(x.shape) == 1:
            return CASES["dense"].draw(self, x, outputs=shape[0], name=name)
        return None
