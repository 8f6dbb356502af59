"""The graph builder: what it builds is what was meant, and each wrong call says what is wrong with it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

import snnrt
from snnrt import GraphBuilder
from snnrt.errors import ModelError
from snnrt.format.file_format import encode
from snnrt.ir.build import Value
from snnrt.ir.graph import Add, AvgPool2d, Conv2d, Dense, Edge, Exit, Flatten, Graph, Input, Neuron, Readout
from snnrt.ir.nodes import NODES
from snnrt.ir.nodes.sum_pool2d import AddingPool2d
from snnrt.ir.spec import WINDOW, Kind
from snnrt.reference.run import Reference


def real(value: float) -> np.ndarray:
    return np.array(value, np.float32)


def test_graph_is_the_one_written_out() -> None:
    rng = np.random.default_rng(0)
    kernel, bias, matrix = rng.normal(size=(3, 1, 3, 3)), rng.normal(size=3), rng.normal(size=(2, 12))
    g = GraphBuilder((1, 4, 4), encoding="spikes", timesteps=5)
    x = g.conv2d(g.input, kernel, bias, stride=1, padding=1)
    x = g.lif(x, beta=0.9, threshold=1.5, reset="subtract", strict=True)
    x = g.flatten(g.avg_pool2d(x, kernel=2, stride=(2, 2)))
    x = g.dense(x, matrix, name="vote")
    x = g.if_(g.add(x, g.delayed("back", (2,)), name="sum"), reset="value")
    g.dense(x, np.eye(2), name="back")
    graph = g.finish(x, readout="mean", exit=("entropy", 0.25), metadata={"name": "by hand"})
    nodes = (
        Input("input", (), (1, 4, 4), encoding="spikes"),
        Conv2d(
            "conv2d1", (Edge("input"),), (3, 4, 4), weights=kernel.astype(np.float32),
            bias=bias.astype(np.float32), padding=(1, 1, 1, 1),
        ),
        Neuron(
            "lif1", (Edge("conv2d1"),), (3, 4, 4), membrane=real(0.9), threshold=real(1.5), reset="subtract",
            strict=True,
        ),
        AvgPool2d("avg_pool2d1", (Edge("lif1"),), (3, 2, 2)),
        Flatten("flatten1", (Edge("avg_pool2d1"),), (12,)),
        Dense("vote", (Edge("flatten1"),), (2,), weights=matrix.astype(np.float32)),
        Add("sum", (Edge("vote"), Edge("back", 1)), (2,)),
        Neuron("if1", (Edge("sum"),), (2,), membrane=real(1.0), threshold=real(1.0), reset="value"),
        Dense("back", (Edge("if1"),), (2,), weights=np.eye(2, dtype=np.float32)),
        Readout("readout", (Edge("if1"),), (2,), mode="mean"),
        Exit("exit", (Edge("readout"),), (2,), rule="entropy", threshold=0.25),
    )  # fmt: skip
    assert encode(graph) == encode(Graph(nodes, 5, metadata={"name": "by hand"}))


def test_integers_are_taken_as_they_are() -> None:
    g = GraphBuilder((2,), arithmetic="integer", timesteps=3, peak=3, high=3.0)
    x = g.if_(g.dense(g.input, [[1, 0], [0, 1]]), threshold=2)
    graph = g.finish(x, scale=[1, 1])
    assert graph["dense1"].weights.dtype == np.int8
    assert graph["if1"].membrane.dtype == np.int32 and graph["if1"].membrane == 32768
    assert Reference(graph).run(np.array([[1.0, 3.0]])).logits.tolist() == [[1.0, 3.0]]


def test_arrays_of_the_right_type_are_not_copied() -> None:
    weights = np.broadcast_to(real(0.5), (3, 100_000))
    g = GraphBuilder(100_000)
    g.dense(g.input, weights)
    assert g.nodes[-1].weights is weights


def test_values_know_their_shapes() -> None:
    g = GraphBuilder((2, 9, 8))
    assert g.input.shape == (2, 9, 8)
    pooled = g.sum_pool2d(g.input, kernel=(3, 2), stride=2, padding=(1, 0))
    assert pooled.shape == (2, 5, 4)
    assert g.conv2d(pooled, np.ones((4, 1, 3, 1)), groups=2, dilation=(2, 1)).shape == (4, 1, 4)
    assert g.flatten(pooled).shape == (40,)


def test_finish_leaves_the_builder_as_it_is() -> None:
    g = GraphBuilder(3)
    x = g.dense(g.input, np.ones((2, 3)))
    early, late = g.finish(x), g.finish(g.lif(x, 0.5))
    assert [node.name for node in early] == ["input", "dense1", "readout", "exit"]
    assert [node.name for node in late] == ["input", "dense1", "lif1", "readout", "exit"]


def test_names_made_from_kinds_avoid_those_given_and_promised() -> None:
    g = GraphBuilder(3)
    g.delayed("dense1", 3)
    g.lif(g.input, 0.5, name="dense2")
    assert g.dense(g.input, np.eye(3)).name == "dense3"


def test_every_kind_is_a_method_with_its_fields() -> None:
    for kind in NODES:
        assert hasattr(GraphBuilder, kind.kind) == (kind.KIND.place == "inside"), kind
    signature = inspect.signature(GraphBuilder.conv2d)
    assert list(signature.parameters)[:4] == ["self", "x", "weights", "bias"]
    assert signature.parameters["stride"].default == (1, 1)
    assert inspect.signature(GraphBuilder.add).parameters["values"].kind is inspect.Parameter.VAR_POSITIONAL
    assert GraphBuilder.neuron.__doc__ == Neuron.__doc__


def test_a_new_kind_needs_nothing_here() -> None:
    @dataclass(frozen=True, eq=False)
    class RootPool2d(AddingPool2d):
        KIND = Kind("root_pool2d", 77, "", {"float32": ("float32",)}, parameters=WINDOW)

    g = GraphBuilder((1, 6, 6))
    x = g.node(RootPool2d, g.input, 3, stride=3)
    assert (x.name, x.shape, g.nodes[-1].kernel) == ("root_pool2d1", (1, 2, 2), (3, 3))


def test_a_refused_call_adds_nothing() -> None:
    g = GraphBuilder(3, arithmetic="integer", peak=32767)
    current = g.dense(g.input, np.eye(3, dtype=int))
    wrong: list[Callable[[], Value]] = [
        lambda: g.lif(current, 40000, 3, name="again"),
        lambda: g.add(g.input, g.input, name="again"),
        lambda: g.dense(current, np.eye(3, dtype=int), name="again"),
    ]
    for call in wrong:
        with pytest.raises(ModelError):
            call()
    x = g.lif(current, 16384, 3, name="again")
    assert [node.name for node in g.finish(x, scale=[1, 1, 1])][:3] == ["input", "dense1", "again"]


class Case:
    """Builders with something in them, which the wrong calls below start from."""

    def __init__(self) -> None:
        self.f = GraphBuilder((1, 4, 4))
        self.image = self.f.conv2d(self.f.input, np.ones((2, 1, 3, 3)), name="conv")
        self.flat = self.f.flatten(self.image, name="flat")
        self.i = GraphBuilder(3, arithmetic="integer")
        self.current = self.i.dense(self.i.input, np.ones((2, 3), int), name="drive")
        self.back = self.f.delayed("back", (8,))


WRONG: list[tuple[str, Callable[[Case], object], tuple[str, ...]]] = [
    ("width", lambda c: c.f.dense(c.flat, np.ones((3, 9))), ("'dense1'", "(9,)", "(8,)")),
    ("no value", lambda c: c.f.dense(np.ones((3, 8))), ("'dense1'", "a value of this builder", "ndarray")),
    ("another's", lambda c: c.f.lif(c.current, 0.5), ("'lif1'", "a value of this builder", "drive")),
    ("two values", lambda c: c.f.flatten(c.flat, c.flat), ("'flatten1'", "expected 1, found 2")),
    ("none", lambda c: c.f.add(), ("'add1'", "1 to 255", "0")),
    ("unequal", lambda c: c.f.add(c.flat, c.image), ("'add1'", "equal shape", "(2, 2, 2)")),
    ("vector", lambda c: c.f.sum_pool2d(c.flat, name="p"), ("'p'", "(channels, height, width)", "(8,)")),
    ("field", lambda c: c.f.lif(c.flat, 0.5, thresold=2), ("'lif1'", "'thresold'", "threshold")),
    ("field twice", lambda c: c.f.dense(c.flat, [[1]], weights=[[1]]), ("'dense1'", "once", "weights")),
    ("fields", lambda c: c.f.dense(c.flat, [[1]], None, None, 1), ("'dense1'", "once")),
    ("ragged", lambda c: c.f.dense(c.flat, [[1], [1, 2]]), ("'dense1'", "weights", "unequal length")),
    ("text", lambda c: c.f.lif(c.flat, "high"), ("'lif1'", "membrane", "numbers")),
    ("range", lambda c: c.f.lif(c.flat, 1.5), ("'lif1'", "membrane", "1.5")),
    ("infinite", lambda c: c.f.lif(c.flat, 0.5, 1e300), ("'lif1'", "threshold", "finite")),
    ("kernel", lambda c: c.f.sum_pool2d(c.image, kernel=2.5), ("'sum_pool2d1'", "kernel", "2.5")),
    (
        "pairs",
        lambda c: c.f.conv2d(c.image, np.ones((1, 2, 1, 1)), stride=(1, 1, 1)),
        ("stride", "(1, 1, 1)"),
    ),
    ("window", lambda c: c.f.sum_pool2d(c.image, kernel=3), ("'sum_pool2d1'", "kernel", "fits")),
    ("name", lambda c: c.f.lif(c.flat, 0.5, name="conv"), ("'conv'", "no other node")),
    ("no name", lambda c: c.f.lif(c.flat, 0.5, name=""), ("name", "''")),
    ("reals", lambda c: c.i.dense(c.i.input, np.ones((2, 3))), ("'dense1'", "weights", "int8", "float64")),
    ("real leak", lambda c: c.i.lif(c.current, 0.9, 3), ("'lif1'", "membrane", "integers", "float64")),
    ("beyond", lambda c: c.i.dense(c.i.input, np.full((2, 3), 200)), ("'dense1'", "-128 to 127", "200")),
    ("current", lambda c: c.i.dense(c.current, np.ones((2, 2), int)), ("'dense1'", "int32", "'drive'")),
    ("no current", lambda c: c.i.lif(c.i.input, 1, 3), ("'lif1'", "as_current")),
    ("sum", lambda c: c.i.dense(c.i.input, np.ones((1, 3), int), [2**30]), ("'dense1'", "2^30")),
    ("promise", lambda c: c.f.dense(c.flat, np.ones((3, 8)), name="back"), ("'back'", "(8,)", "(3,)")),
    ("promised twice", lambda c: c.f.delayed("back", 3), ("'back'", "(8,)", "3")),
    ("promised late", lambda c: c.f.delayed("conv", (2, 2, 2)), ("'conv'", "still to come")),
    ("flattened late", lambda c: c.f.flatten(c.back), ("'flatten1'", "no delay")),
    ("unkept", lambda c: c.f.finish(c.flat), ("'back'", "(8,)", "none")),
    ("exit", lambda c: c.i.finish(c.current, exit=("entropy",), scale=[1, 1]), ("'exit'", "threshold")),
    ("no rule", lambda c: c.i.finish(c.current, exit=None, scale=[1, 1]), ("exit rule", "None")),
    ("rule", lambda c: c.i.finish(c.current, exit="median", scale=[1, 1]), ("exit rule", "median")),
    ("mode", lambda c: c.i.finish(c.current, readout="max", scale=[1, 1]), ("'readout'", "max")),
    ("scale", lambda c: c.i.finish(c.current), ("'readout'", "scale")),
    ("logits", lambda c: c.i.finish(c.flat), ("'readout'", "a value of this builder", "flat")),
    ("shape", lambda c: GraphBuilder((2, 2)), ("'input'", "(2, 2)")),
    ("encoding", lambda c: GraphBuilder(2, encoding="rate"), ("'input'", "rate")),
    ("arithmetic", lambda c: GraphBuilder(2, arithmetic="int4"), ("arithmetic", "int4")),
    ("input field", lambda c: GraphBuilder(2, peek=3), ("'input'", "'peek'", "peak")),
]


@pytest.mark.parametrize(("call", "words"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_wrong_calls_say_what_is_wrong(call: Callable[[Case], object], words: tuple[str, ...]) -> None:
    case = Case()
    with pytest.raises(ModelError) as caught:
        call(case)
    text = str(caught.value)
    assert "\n" not in text and "expected" in text and "found" in text
    for word in words:
        assert word in text, f"{word!r} not in {text!r}"


def test_logits_are_of_this_step() -> None:
    g = GraphBuilder(3)
    back = g.delayed("back", 3)
    g.lif(g.add(g.input, back), 0.5, name="back")
    with pytest.raises(ModelError, match=r"'readout'.*delayed input.*'back'"):
        g.finish(back)


def test_no_such_kind() -> None:
    with pytest.raises(AttributeError, match="max_pool3d"):
        GraphBuilder(2).max_pool3d(1)
    assert snnrt.GraphBuilder is GraphBuilder
