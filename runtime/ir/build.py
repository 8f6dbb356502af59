"""Graphs written by hand: a call a node, shapes inferred, a mistake named by the call that makes it."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, takewhile
from typing import TYPE_CHECKING, Any

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.exit_choice import Exit as ExitChoice
from snnrt.ir.graph import Arithmetic, Exit, Graph, Input, Neuron, Readout
from snnrt.ir.graph_checks import check_edges, check_graph, check_shape
from snnrt.ir.node import Edge, Node, Shape, complaint
from snnrt.ir.node_fields import accepted_fields, field_names, mistake
from snnrt.ir.nodes import NODES, Conv2d, Pad2d
from snnrt.ir.nodes.exit import packed_terms
from snnrt.ir.spec import ONE_Q15, ValueType
from snnrt.ir.transposed import as_convolution
from snnrt.ir.value_types import largest_value


@dataclass(frozen=True, eq=False)
class Value:
    """What a node gives, for other nodes to read: ``shape`` is (channels, height, width) or (features,).

    ``delay`` is in timesteps: 1 for a value of the step before (:meth:`GraphBuilder.delayed`).
    """

    name: str
    shape: Shape
    delay: int = 0


class GraphBuilder:
    """Grows a graph from its input; each call adds a node and returns its :class:`Value`.

    A classifier of images:

        g = snnrt.GraphBuilder((1, 28, 28), encoding="constant", timesteps=4)
        x = g.conv2d(g.input, weights1, bias1, padding=1)       # weights (32, 1, 3, 3)
        x = g.lif(x, beta=0.9, threshold=1.0, reset="subtract")
        x = g.sum_pool2d(x, kernel=2, stride=2)
        x = g.dense(g.flatten(x), weights2)                     # weights (10, 32 · 14 · 14)
        graph = g.finish(x, readout="sum", exit=snnrt.Exit.entropy(0.2))
        snnrt.Network(graph).save("model.snnrt")

    A loop reads a step late what comes later:

        back = g.delayed("feedback", x.shape)
        x = g.lif(g.add(x, back), beta=0.9)
        g.dense(x, weights, name="feedback")

    ``shape`` of an input is (channels, height, width) or (features,). ``encoding``: ``constant`` (the same
    values at every timestep) or ``spikes`` (a tensor over time). ``timesteps``: the most that an input takes.
    ``fields``: ``low``, ``high``, ``scale`` and ``peak`` of :class:`snnrt.ir.graph.Input`, called ``name``.

    Every kind of node is a method: its values first, then its fields, in the order of its class or by name.
    Nodes run in the order of the calls. A node is called ``name``, or after its kind (``conv2d1``).

    Numbers and lists do where arrays are meant, and a number where a pair is (``stride=2``); ``padding`` is
    one number, (rows, columns) or (top, bottom, left, right). With ``arithmetic="float32"`` real arrays
    become float32. With ``"integer"`` arrays hold the device's integers (docs/ir.md, "Integer numbers": leaks
    in 1/32768) and are taken as they are: real numbers are refused, :func:`snnrt.convert` quantises.

    Every method raises ModelError, which names the node and says what was expected and found; nothing is
    added then.
    """

    def __init__(
        self, shape: int | Sequence[int], *, encoding: str = "constant", timesteps: int = 4,
        arithmetic: Arithmetic = "float32", name: str = "input", **fields: Any,
    ) -> None:  # fmt: skip
        self.timesteps = timesteps
        self.arithmetic: Arithmetic = arithmetic
        self._nodes: list[Node] = []
        self._values: dict[str, Value] = {}
        self._promised: dict[str, Value] = {}
        self._types: dict[str, ValueType] = {}
        self._largest: dict[str, int] = {}
        if arithmetic not in ("float32", "integer"):
            raise ModelError(f"graph: arithmetic: expected float32 or integer, found {arithmetic!r}")
        accepted = accepted_fields(Input, name, {"encoding": encoding, **fields}, arithmetic)
        self.input = self._append(Input(name, (), _shape(shape), **accepted))
        """The network's input."""

    if TYPE_CHECKING:

        def __getattr__(self, kind: str) -> Callable[..., Value]: ...

    def node(self, kind: type[Node], *arguments: Any, name: str | None = None, **fields: Any) -> Value:
        """A node of a class of :mod:`snnrt.ir.nodes`: ``g.node(Dense, x, weights)``, or ``g.dense(…)``."""
        name = self._free_name(kind.kind) if name is None else name
        sources = list(takewhile(lambda argument: isinstance(argument, Value), arguments))
        places = field_names(kind)
        given = dict(zip(places, arguments[len(sources) :]))
        if len(arguments) - len(sources) > len(places) or given.keys() & fields.keys():
            raise mistake(kind, name, "fields", "each once", ", ".join([*map(repr, given), *fields]))
        for source in sources or arguments[:1]:
            self._check_value(kind, name, source)
        edges = tuple(Edge(source.name, source.delay) for source in sources)
        node = kind(name, edges, (), **accepted_fields(kind, name, {**given, **fields}, self.arithmetic))
        check_edges(node)
        return self._append(node.with_(shape=node.output_shape([source.shape for source in sources])))

    def lif(
        self, x: Value, beta: Any, threshold: Any = 1.0, reset: str = "subtract", *, name: str | None = None,
        **fields: Any,
    ) -> Value:  # fmt: skip
        """Leaky integrate-and-fire: u = beta·v + x, a spike where u ≥ threshold, then v is reset.

        ``beta`` and ``threshold`` are a number, one a channel, or one a neuron; ``reset``: ``subtract`` (the
        threshold), ``value`` (to ``reset_value``, 0 by default) or ``none``. ``fields``: every other field
        of :class:`snnrt.ir.graph.Neuron`, as for ``g.neuron``, which also makes leaky integrators.
        """
        fields = {"membrane": beta, "threshold": threshold, "reset": reset, **fields}
        return self.node(Neuron, x, name=self._free_name("lif") if name is None else name, **fields)

    def if_(
        self, x: Value, threshold: Any = 1.0, reset: str = "subtract", *, name: str | None = None,
        **fields: Any,
    ) -> Value:  # fmt: skip
        """Integrate-and-fire: :meth:`lif` without a leak."""
        name = self._free_name("if") if name is None else name
        return self.lif(x, ONE_Q15 if self._integer else 1.0, threshold, reset, name=name, **fields)

    def conv_transpose2d(
        self, x: Value, weights: Any, bias: Any = None, *, stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0, output_padding: int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1, groups: int = 1, name: str | None = None, **fields: Any,
    ) -> Value:  # fmt: skip
        """A transposed convolution: the arguments of ``torch.nn.ConvTranspose2d``, weights (in, out / groups,
        kernel_h, kernel_w). It is a ``conv2d``, behind a ``pad2d`` (``name``.spread) where pixels move apart.
        """
        name = self._free_name("conv_transpose2d") if name is None else name
        weights = np.asarray(weights)
        if weights.ndim != 4 or groups < 1 or weights.shape[0] % groups or weights.shape[0] != x.shape[0]:
            expected = f"({x.shape[0]}, outputs / groups, kernel_h, kernel_w), {groups} groups"
            raise mistake(Conv2d, name, "weights", expected, weights.shape)
        pad, conv = as_convolution(
            weights, _pair(stride), _pair(padding), _pair(output_padding), _pair(dilation), groups
        )
        if pad:
            x = self.node(Pad2d, x, name=f"{name}.spread", **pad)
        return self.node(Conv2d, x, name=name, bias=bias, **conv, **fields)

    def loihi(
        self, x: Value, du: Any, dv: Any, threshold: Any, bias: Any = 0, *, name: str | None = None,
        **fields: Any,
    ) -> Value:  # fmt: skip
        """Loihi's neuron in its own integers, in a graph with ``arithmetic="integer"``.

        u = u·(4096 − du)/4096 + 64·x, which wraps at 24 bits; v = v·(4096 − dv)/4096 + u + 64·bias, clipped;
        products go towards zero; a spike where v > 64·threshold, then v = 0 (Lava's fixed-point LIF, whose
        ``du`` is one less than this; ``bias``: its mantissa times 2^(exponent − 6)). ``du``, ``dv`` 0 … 4096,
        ``threshold`` and ``bias`` int32: a number, one a channel, or one a neuron.
        """
        name = self._free_name("loihi") if name is None else name
        decays = {"membrane": 4096 - np.asarray(dv), "synapse": 4096 - np.asarray(du)}
        scaled = {"threshold": 64 * np.asarray(threshold), "bias": 64 * np.asarray(bias)}
        flags = {"loihi": True, "strict": True, "reset": "value"}
        return self.node(Neuron, x, name=name, **{**decays, **scaled, **flags, **fields})

    def delayed(self, name: str, shape: int | Sequence[int]) -> Value:
        """What a node still to come, called ``name`` and of ``shape``, gave in the step before (first: 0)."""
        if name in self._values:
            expected = "the name of a node still to come, made after the node that reads it"
            raise ModelError(f"node {name!r}: delayed: expected {expected}, found one that is there")
        promised = self._promised.setdefault(name, Value(name, _shape(shape), delay=1))
        if promised.shape != _shape(shape):
            raise ModelError(f"node {name!r}: delayed: expected {promised.shape} as before, found {shape}")
        return promised

    def finish(
        self, logits: Value, readout: str = "sum", exit: ExitChoice | str | tuple[str, float] = "never", *,
        scale: Any = None, logit_scale: Any = None, names: tuple[str, str] = ("readout", "exit"),
        metadata: Mapping[str, object] | None = None,
    ) -> Graph:  # fmt: skip
        """The checked graph whose logits are ``logits`` (classes,), accumulated; the builder stays as it is.

        ``readout``: ``sum`` or ``mean`` over the timesteps. ``exit``: a :class:`snnrt.Exit` or its text, or
        a rule and its threshold from 0 to 1, ``("entropy", 0.2)``. ``scale`` (classes,), in
        integers only: the real logit that one unit is worth. ``logit_scale``: a number that exit rules see
        the logits times (1). ``names``: of the readout and the exit.
        """
        for name, value in self._promised.items():
            if name not in self._values:
                expected = f"a node of that name and of shape {value.shape}, which delayed() promised"
                raise ModelError(f"node {name!r}: expected {expected}, found none")
        terms = None
        if isinstance(exit, ExitChoice) or (isinstance(exit, str) and ":" in exit):
            chosen = ExitChoice.of(exit)
            exit = (chosen.rule, chosen.threshold)
            terms = packed_terms(chosen.terms, logits.shape[0]) if chosen.terms else None
        rule = tuple(exit) if isinstance(exit, (tuple, list)) else (exit, 0.0)
        if len(rule) != 2:
            expected = "the name of a rule, or a rule and its threshold"
            raise mistake(Exit, names[1], "rule", expected, repr(exit))
        self._check_value(Readout, names[0], logits)
        fields = {"mode": readout, "scale": scale, "logit_scale": logit_scale}
        accepted = accepted_fields(Readout, names[0], fields, self.arithmetic)
        ends = (
            Readout(names[0], (Edge(logits.name, logits.delay),), logits.shape, **accepted),
            Exit(names[1], (Edge(names[0]),), logits.shape, rule[0], rule[1], terms=terms),  # type: ignore[arg-type]
        )
        graph = Graph((*self._nodes, *ends), self.timesteps, self.arithmetic, dict(metadata or {}))
        check_graph(graph)
        return graph

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes so far, in the order in which they run."""
        return tuple(self._nodes)

    @property
    def _integer(self) -> bool:
        return self.arithmetic == "integer"

    def _free_name(self, stem: str) -> str:
        names = (f"{stem}{number}" for number in count(1))
        return next(name for name in names if name not in self._values and name not in self._promised)

    def _check_value(self, kind: type[Node], name: str, value: object) -> None:
        known = isinstance(value, Value) and value in (
            self._values.get(value.name),
            self._promised.get(value.name),
        )
        if not known:
            found = f"another's {value.name!r}" if isinstance(value, Value) else type(value).__name__
            raise mistake(kind, name, "input", "a value of this builder", found)

    def _append(self, node: Node) -> Value:
        if not isinstance(node.name, str) or not node.name or node.name in self._values:
            raise complaint(node, "name", "a text that no other node is called", repr(node.name))
        promised = self._promised.get(node.name)
        if promised is not None and promised.shape != node.shape:
            raise complaint(node, "shape", f"{promised.shape} as delayed() promised", node.shape)
        check_shape(node)
        node.check(self._integer)
        self._note_type(node)
        self._nodes.append(node)
        return self._values.setdefault(node.name, Value(node.name, node.shape))

    def _note_type(self, node: Node) -> None:
        """Checks the values that the node reads, as far as they are known: what is delayed comes later."""
        names = [edge.source for edge in node.inputs]
        types = {name: self._types[name] for name in names if name in self._types}
        type_ = node.output_type(self._integer, types.get(names[0]) if names else None)
        if type_ is None:
            return
        if all(name in types for name in names):
            node.check_types(self._integer, {**types, node.name: type_})
        counted = [name for name in names if types.get(name) not in ("int32", "float32")]
        if self._integer and all(name in self._largest for name in counted):
            node.check_largest(self._largest)
            if type_ in ("bits", "int16"):
                bounds = [self._largest[name] for name in names] if node.bounded_by_inputs else []
                self._largest[node.name] = largest_value(node, bounds)
        self._types[node.name] = type_


def _shape(shape: int | Sequence[int]) -> Shape:
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _pair(value: int | tuple[int, int]) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else value


def _method(kind: type[Node]) -> Callable[..., Value]:
    """``GraphBuilder``'s method of a kind."""

    def make(self: GraphBuilder, *arguments: Any, name: str | None = None, **fields: Any) -> Value:
        return self.node(kind, *arguments, name=name, **fields)

    empty, by_name = inspect.Parameter.empty, inspect.Parameter.KEYWORD_ONLY
    one = inspect.Parameter("x", inspect.Parameter.POSITIONAL_ONLY, annotation="Value")
    many = inspect.Parameter("values", inspect.Parameter.VAR_POSITIONAL, annotation="Value")
    single = kind.KIND.edges == (1, 1)
    place = inspect.Parameter.POSITIONAL_OR_KEYWORD if single else by_name
    shown = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_ONLY), one if single else many]
    for field in dataclasses.fields(kind):
        if field.name in field_names(kind):
            required = field.default is dataclasses.MISSING and shown[-1].default is empty
            default = empty if required else None if field.default is dataclasses.MISSING else field.default
            shown.append(inspect.Parameter(field.name, place, default=default, annotation=field.type))
    shown.append(inspect.Parameter("name", by_name, default=None, annotation="str | None"))
    make.__name__, make.__doc__ = kind.kind, kind.__doc__
    make.__qualname__ = f"GraphBuilder.{kind.kind}"
    make.__signature__ = inspect.Signature(shown, return_annotation="Value")  # type: ignore[attr-defined]
    return make


for _kind in NODES:
    if _kind.KIND.place == "inside":
        setattr(GraphBuilder, _kind.kind, _method(_kind))
