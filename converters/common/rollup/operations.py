"""What a recorded function is to the network: an operation on one timestep's tensors, without a batch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

import numpy as np

from snnrt.converters.common import layers, windows
from snnrt.converters.common.drafts import (
    DelayDraft,
    Draft,
    LayerDraft,
    MergeDraft,
    NeuronDraft,
    UnsupportedDraft,
)
from snnrt.converters.common.parameters import Parameters
from snnrt.converters.common.source_node import SourceNode
from snnrt.converters.common.windows import Window
from snnrt.ir.graph import AvgPool2d, Concatenate, Neuron, Node, Pool2d, Shape, SumPool2d
from snnrt.ir.nodes import MaxPool2d, Pad2d


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation; ``title`` is the source's word for it."""

    title: str

    stem: ClassVar[str] = "layer"
    """Of the name, where no module gives one."""

    def draft(self, name: str, shape: Shape) -> Draft:
        """Its draft under ``name``; it gives ``shape``."""
        raise NotImplementedError

    def key(self) -> tuple[object, ...]:
        """Equal for operations that compute the same."""
        found: list[object] = [type(self)]
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name == "title":
                continue
            found.append((value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value)
        return tuple(found)

    def _where(self, name: str) -> SourceNode:
        return SourceNode(name, self.title)


@dataclass(frozen=True, eq=False)
class Linear(Operation):
    """``weights`` (outputs, inputs), ``bias`` (outputs,) or None."""

    weights: np.ndarray
    bias: np.ndarray | None = None
    stem: ClassVar[str] = "linear"

    def draft(self, name: str, shape: Shape) -> Draft:
        """A dense layer."""
        where = self._where(name)
        return LayerDraft(
            self.title,
            lambda source: layers.dense(where, source, self.weights, self.bias),
            features=self.weights.shape[1],
            rule=f"{self.weights.shape[1]} to {self.weights.shape[0]} features",
        )


@dataclass(frozen=True, eq=False)
class Convolution(Operation):
    """``weights`` (outputs, inputs / groups, kernel…)."""

    weights: np.ndarray
    bias: np.ndarray | None
    window: Window
    stem: ClassVar[str] = "conv"

    def draft(self, name: str, shape: Shape) -> Draft:
        """A convolution of one or two axes."""
        where, axes = self._where(name), self.weights.ndim - 2
        return LayerDraft(
            self.title,
            lambda source: windows.convolution(where, source, self.weights, self.bias, self.window, axes),
            axes=axes,
            rule=f"kernel {'×'.join(map(str, self.weights.shape[2:]))}, {self.weights.shape[0]} channels",
        )


@dataclass(frozen=True, eq=False)
class Affine(Operation):
    """``scale``·x + ``shift``: each (), (channels,) or of the sample's shape, float64. ``reader``: of several
    that are alike, tells whose it is."""

    scale: np.ndarray
    shift: np.ndarray
    reader: int | None = field(default=None, kw_only=True)
    stem: ClassVar[str] = "affine"

    def draft(self, name: str, shape: Shape) -> Draft:
        """A scale; with a shift, a layer of one weight a channel or a feature."""
        where = self._where(name)
        if not self.shift.any():
            return LayerDraft(
                self.title, lambda source: layers.scale(where, source, self.scale.astype(np.float32)),
                rule="an elementwise product",
            )  # fmt: skip
        scale, shift = (np.broadcast_to(one, shape[:1]) for one in self.by_channel(shape))
        if len(shape) == 1:
            return Linear(self.title, np.diag(scale.astype(np.float32)), shift.astype(np.float32)).draft(
                name, shape
            )
        weights = scale.astype(np.float32).reshape(-1, *[1] * (3 if len(shape) == 3 else 2))
        window = Window(groups=shape[0])
        return Convolution(self.title, weights, shift.astype(np.float32), window).draft(name, shape)

    def by_channel(self, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
        """Scale and shift as scalars or one a channel (feature)."""
        return tuple(one.reshape(-1) if one.ndim <= 1 else one for one in (self.scale, self.shift))  # type: ignore[return-value]

    @property
    def is_by_channel(self) -> bool:
        """One scale and shift for all, or one a channel (feature)."""
        return self.scale.ndim <= 1 and self.shift.ndim <= 1


_POOLS: dict[str, type[Pool2d]] = {
    "sum": SumPool2d, "average": AvgPool2d, "maximum": MaxPool2d,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Pool(Operation):
    """A pool of ``kind`` (sum, average, maximum) with ``kernel`` (rows, columns)."""

    kind: str
    kernel: tuple[int, int]
    window: Window
    stem: ClassVar[str] = "pool"

    def draft(self, name: str, shape: Shape) -> Draft:
        """A pool."""
        where, pool = self._where(name), _POOLS[self.kind]
        return LayerDraft(
            self.title,
            lambda source: windows.pool(where, source, pool, self.kernel, self.window),
            rule=f"{self.kind} of {self.kernel[0]}×{self.kernel[1]}",
        )


@dataclass(frozen=True, eq=False)
class Padding(Operation):
    """Zeros around a map (negative: cropped), and ``spacing`` between its pixels."""

    padding: tuple[int, int, int, int]
    spacing: tuple[int, int] = (1, 1)
    stem: ClassVar[str] = "pad"

    def draft(self, name: str, shape: Shape) -> Draft:
        """A padding."""

        def build(source: Shape) -> Node:
            node = Pad2d(name, (), (), self.padding, self.spacing)
            return node.with_(shape=node.output_shape([source]))

        return LayerDraft(self.title, build, rule="zeros around the map")


@dataclass(frozen=True, eq=False)
class Flatten(Operation):
    """A map as a vector."""

    stem: ClassVar[str] = "flatten"

    def draft(self, name: str, shape: Shape) -> Draft:
        """A flatten."""
        where = self._where(name)
        return LayerDraft(self.title, lambda source: layers.flatten(where, source, 0, -1), rule="a vector")


@dataclass(frozen=True, eq=False)
class Sum(Operation):
    """Its inputs added."""

    stem: ClassVar[str] = "add"

    def draft(self, name: str, shape: Shape) -> Draft:
        """What meets is summed."""
        return LayerDraft(self.title, lambda source: None, rule="a sum")


@dataclass(frozen=True, eq=False)
class Concatenation(Operation):
    """Its inputs one after the other along channels or features."""

    stem: ClassVar[str] = "cat"

    def draft(self, name: str, shape: Shape) -> Draft:
        """A concatenation."""
        return MergeDraft(self.title, lambda: Concatenate(name, (), shape), shape, rule="side by side")


@dataclass(frozen=True, eq=False)
class Cell(Operation):
    """Neurons: ``make`` gives them from their checked ``parameters``.

    ``path``: of their module, which tells them from others.
    """

    path: str
    make: Callable[[Parameters], Neuron]
    parameters: dict[str, Any]
    rule: str = ""
    approximate: str = ""
    stem: ClassVar[str] = "neuron"

    def draft(self, name: str, shape: Shape) -> Draft:
        """Neurons."""
        where = self._where(name)
        return NeuronDraft(
            self.title,
            lambda source, recurrent: self.make(Parameters(where, source, self.parameters)),
            rule=self.rule,
            approximate=self.approximate,
        )

    def key(self) -> tuple[object, ...]:
        """A state is nobody else's."""
        return (Cell, self.path)


@dataclass(frozen=True, eq=False)
class Gate(Operation):
    """Spikes where what it reads, a sum of spikes and of their negatives, is at least ``least``; nothing is
    kept."""

    least: int
    stem: ClassVar[str] = "gate"

    def draft(self, name: str, shape: Shape) -> Draft:
        """Neurons without a memory."""
        # between whole numbers
        threshold = np.array(self.least - 0.5, np.float32)

        def build(source: Shape, recurrent: bool) -> Neuron:
            return Neuron(
                name, (), source, membrane=np.zeros((), np.float32), threshold=threshold, reset="none"
            )

        return NeuronDraft(self.title, build, rule="a product of spikes: fires where all of them do")


@dataclass(frozen=True, eq=False)
class Delayed(Operation):
    """What it read ``steps`` timesteps before, and 0 at first."""

    steps: int
    stem: ClassVar[str] = "delay"

    def draft(self, name: str, shape: Shape) -> Draft:
        """A delay."""
        return DelayDraft(self.title, np.array(float(self.steps)), 1.0)


@dataclass(frozen=True, eq=False)
class Activation(Operation):
    """max(x, 0), at most ``ceiling``, of an ordinary network; ``path`` tells it from others. ``levels``: it
    is rounded to so many steps up to the ceiling, which it was trained for (QCFS)."""

    path: str
    ceiling: float | None = None
    levels: int | None = None
    stem: ClassVar[str] = "activation"

    def key(self) -> tuple[object, ...]:
        """Each has a threshold of its own."""
        return (Activation, self.path)


@dataclass(frozen=True, eq=False)
class Unsupported(Operation):
    """What has no form in snnrt, and what to do."""

    reason: str
    remedy: str

    def draft(self, name: str, shape: Shape) -> Draft:
        """Nothing that can be built."""
        return UnsupportedDraft(self.title, self.reason, self.remedy)
