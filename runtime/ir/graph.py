"""The graph: what a network means, in the shapes a user thinks in.

Shapes are ``(channels, height, width)`` or ``(features,)``; a timestep is not an axis.
The file (``docs/ir.md``) stores the same graph channel-last; :mod:`snnrt.format.layout` turns
one into the other. A graph in integer arithmetic holds integers in the same fields
(``docs/ir.md``, "Integer numbers"), with ``scale`` saying what one unit is worth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal

import numpy as np

from snnrt.ir.frozen import frozen_metadata, frozen_node

Arithmetic = Literal["float32", "integer"]
Numbers = Literal["float32", "int8"]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Edge:
    """Reads ``source``'s output of this timestep (delay 0) or of the step before (delay 1)."""

    source: str
    delay: int = 0


@dataclass(frozen=True, eq=False)
class Node:
    """A node: ``inputs`` in order, ``shape`` of its output without batch and time."""

    kind: ClassVar[str] = "node"
    name: str
    inputs: tuple[Edge, ...]
    shape: Shape

    def with_(self, **changes: object) -> Node:
        """A copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Input(Node):
    """The source. ``constant``: the same current at every timestep; ``spikes``: a tensor over time.

    ``low`` and ``high`` state the range of the values. In int8, a value x enters as
    ``clip(round_half_even(x / scale), -peak, peak)``, int16.
    """

    kind: ClassVar[str] = "input"
    encoding: Literal["constant", "spikes"] = "constant"
    low: float = 0.0
    high: float = 1.0
    scale: float = 1.0
    peak: int = 1


@dataclass(frozen=True, eq=False)
class Dense(Node):
    """``weights`` (out, in), ``bias`` (out,). int8: int8 and int32, ``scale`` (out,) float32."""

    kind: ClassVar[str] = "dense"
    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    bias: np.ndarray | None = None
    scale: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Conv2d(Node):
    """``weights`` (out, in / groups, kernel_h, kernel_w); ``padding`` (top, bottom, left, right)."""

    kind: ClassVar[str] = "conv2d"
    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 0, 0), np.float32))
    bias: np.ndarray | None = None
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)
    dilation: tuple[int, int] = (1, 1)
    groups: int = 1
    scale: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Pool2d(Node):
    """Fields of both poolings; padding counts as zeros, the average divides by the whole kernel."""

    kernel: tuple[int, int] = (2, 2)
    stride: tuple[int, int] = (2, 2)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class SumPool2d(Pool2d):
    """Sum over each window."""

    kind: ClassVar[str] = "sum_pool2d"


@dataclass(frozen=True, eq=False)
class AvgPool2d(Pool2d):
    """Mean over each window, padding included. float32 only: int8 folds 1/k² into the next scale."""

    kind: ClassVar[str] = "avg_pool2d"


@dataclass(frozen=True, eq=False)
class Flatten(Node):
    """(C, H, W) → (C·H·W,), row-major over (C, H, W)."""

    kind: ClassVar[str] = "flatten"


@dataclass(frozen=True, eq=False)
class Add(Node):
    """Sum of one to four inputs of equal shape. With one delayed input: a delay of one step.

    ``as_current``: in int8 the sum is an int32 current (what a neuron reads), else int16 values.
    """

    kind: ClassVar[str] = "add"
    as_current: bool = False


Integration = Literal["decay", "euler", "divide", "divide_leak"]
SynapseOrder = Literal["decay_then_add", "add_then_decay", "use_then_decay", "previous"]


@dataclass(frozen=True, eq=False)
class Neuron(Node):
    """IF, LIF, current-based LIF and leaky integrators: one step, whose flags say whose rules.

    Every parameter is an array of shape ``()`` (scalar), ``(channels,)`` or the node's shape.

    ``integration`` says what ``membrane`` is and how u is computed from v, the current i,
    ``leak`` l, ``gain`` g and ``bias`` b (absent: l = 0, g = 1, b = 0):

    - ``decay``: membrane = α;  u = α·v + g·i + b
    - ``euler``: membrane = k = dt/τ;  u = v + k·((l − v) + g·i) + b
    - ``divide``: membrane = τ/dt;  u = v + (g·i − (v − l)) / τ + b
    - ``divide_leak``: membrane = τ/dt;  u = (v − (v − l)/τ) + g·i + b

    ``synapse`` (absent: i = x, no synaptic current) and ``synapse_order``, state c:

    - ``decay_then_add``: c = αs·c + x; i = c
    - ``add_then_decay``: c = αs·(c + x); i = c
    - ``use_then_decay``: i = c + x; c = i − ks·i, where ``synapse`` = ks = dt/τs
    - ``previous``: i = c; c = αs·c + x

    ``threshold`` absent: a leaky integrator whose output is its membrane.
    ``strict``: fires where u > θ, else where u ≥ θ. ``multiple``: n = trunc(u/θ) spikes where
    u > 0, at most ``max_spikes``. ``reset``: ``subtract`` (u − n·θ), ``value`` (``reset_value``)
    or ``none``. ``reset_next``: the reset of step t is applied in step t + 1 (subtract: θ taken
    off after leak and input; value: u replaced by the reset value).
    ``lower_bound``: v = max(v, bound) after the reset. ``initial``: v before the first step (0).

    int8: parameters are int32, ``membrane`` and ``synapse`` Q15 (0 … 32768), integration is
    ``decay``, ``gain`` and ``leak`` are folded away, ``scale`` (float32) is one unit of v,
    ``state_bits`` 32 or 16.
    """

    kind: ClassVar[str] = "neuron"
    membrane: np.ndarray = field(default_factory=lambda: np.ones((), np.float32))
    synapse: np.ndarray | None = None
    gain: np.ndarray | None = None
    bias: np.ndarray | None = None
    leak: np.ndarray | None = None
    threshold: np.ndarray | None = None
    reset_value: np.ndarray | None = None
    lower_bound: np.ndarray | None = None
    initial: np.ndarray | None = None
    scale: np.ndarray | None = None
    integration: Integration = "decay"
    synapse_order: SynapseOrder = "decay_then_add"
    strict: bool = False
    multiple: bool = False
    max_spikes: int = 1
    reset: Literal["subtract", "value", "none"] = "value"
    reset_next: bool = False
    state_bits: Literal[16, 32] = 32

    PARAMETERS: ClassVar[tuple[str, ...]] = (
        "membrane", "synapse", "gain", "bias", "leak", "threshold",
        "reset_value", "lower_bound", "initial", "scale",
    )  # fmt: skip

    @property
    def model(self) -> str:
        """The field's name for this neuron: IF, LIF, CubaLIF, I, LI or CubaLI."""
        leaks = not bool(np.all(self.membrane == self._no_leak))
        name = ("LI" if leaks else "I") if self.threshold is None else ("LIF" if leaks else "IF")
        return ("Cuba" if self.synapse is not None else "") + name

    @property
    def _no_leak(self) -> float:
        if self.integration == "decay":
            return 32768 if self.membrane.dtype == np.int32 else 1.0
        return 0.0 if self.integration == "euler" else np.inf


@dataclass(frozen=True, eq=False)
class Readout(Node):
    """Accumulated logits over the timesteps so far: ``sum``, or ``mean`` (the sum over t).

    int8: ``scale`` (classes,) float32 is one unit of each accumulator.
    """

    kind: ClassVar[str] = "readout"
    mode: Literal["sum", "mean"] = "sum"
    scale: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Exit(Node):
    """Stops at the first timestep that is sure enough (docs/exit_rules.md).

    ``entropy``: normalised entropy < ``threshold``; ``confidence``: largest probability >
    ``threshold``; ``never``: runs all timesteps.
    """

    kind: ClassVar[str] = "exit"
    rule: Literal["entropy", "confidence", "never"] = "never"
    threshold: float = 0.0


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes in execution order: one Input first, one Readout and one Exit last.

    ``metadata`` is JSON-able: ``name``, ``class_names``, ``source`` (framework and what was
    assumed), ``accuracy`` and whatever a user adds; it never changes a result. A graph does not change:
    arrays that could be written to are copied when it is made, and the metadata refuses changes.
    """

    nodes: tuple[Node, ...]
    timesteps: int
    arithmetic: Arithmetic = "float32"
    metadata: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "nodes", tuple(frozen_node(node) for node in self.nodes))
        object.__setattr__(self, "metadata", frozen_metadata(self.metadata))

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)

    def __getitem__(self, name: str) -> Node:
        return self.nodes[self.index(name)]

    def index(self, name: str) -> int:
        """Position of the node called ``name``; KeyError if there is none."""
        for position, node in enumerate(self.nodes):
            if node.name == name:
                return position
        raise KeyError(name)

    @property
    def integer(self) -> bool:
        """Whether the network computes in integers (docs/ir.md, "Integer numbers")."""
        return self.arithmetic == "integer"

    @property
    def numbers(self) -> Numbers:
        """The profile of arithmetic and weights together, as commands name it."""
        return "int8" if self.integer else "float32"

    def with_(self, **changes: object) -> Graph:
        """A copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def with_exit(self, rule: str, threshold: float) -> Graph:
        """A copy with another exit rule."""
        exit_node = self.exit.with_(rule=rule, threshold=float(threshold))
        return self.with_(nodes=(*self.nodes[:-1], exit_node))

    @property
    def input(self) -> Input:
        """The source node."""
        node = self.nodes[0]
        assert isinstance(node, Input)
        return node

    @property
    def readout(self) -> Readout:
        """The accumulated logits."""
        node = self.nodes[-2]
        assert isinstance(node, Readout)
        return node

    @property
    def exit(self) -> Exit:
        """The exit rule."""
        node = self.nodes[-1]
        assert isinstance(node, Exit)
        return node

    def static_nodes(self) -> frozenset[str]:
        """Nodes whose value is the same at every timestep: a constant input and what is
        stateless after it. They are computed once an input (not once a timestep)."""
        static: set[str] = set()
        for node in self.nodes:
            if isinstance(node, Input):
                if node.encoding == "constant":
                    static.add(node.name)
            elif not isinstance(node, (Neuron, Readout, Exit)) and all(
                edge.delay == 0 and edge.source in static for edge in node.inputs
            ):
                static.add(node.name)
        return frozenset(static)


def arithmetic_of(numbers: str) -> Arithmetic:
    """The arithmetic of a profile: integer for ``int8``."""
    return "float32" if numbers == "float32" else "integer"


def broadcast(parameter: np.ndarray, shape: Shape) -> np.ndarray:
    """View a parameter of shape (), (channels,) or ``shape`` as an array of ``shape``."""
    if parameter.shape == () or parameter.shape == shape:
        return np.broadcast_to(parameter, shape)
    return np.broadcast_to(parameter.reshape((-1,) + (1,) * (len(shape) - 1)), shape)
