"""Every rule of docs/ir.md that nodes together can break gives one line that names the node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from strategies import random_graph

from snnrt.errors import ModelError
from snnrt.ir.element_order import channel_last, element_orders
from snnrt.ir.graph import (
    Add,
    AvgPool2d,
    Conv2d,
    Dense,
    Edge,
    Exit,
    Flatten,
    Graph,
    Input,
    Neuron,
    Node,
    Readout,
    SumPool2d,
)
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.value_types import largest_values, output_types


def scalar(value: float, integer: bool) -> np.ndarray:
    return np.array(value, np.int32 if integer else np.float32)


def image_graph(integer: bool = False) -> Graph:
    """(2, 5, 5) spikes → conv → LIF → sum pool → flatten → dense → add with feedback → LIF → readout."""
    weight = np.int8 if integer else np.float32
    nodes: tuple[Node, ...] = (
        Input("input", (), (2, 5, 5), encoding="spikes"),
        Conv2d(
            "conv", (Edge("input"),), (4, 5, 5), weights=np.ones((4, 2, 3, 3), weight), padding=(1, 1, 1, 1)
        ),
        Neuron("lif", (Edge("conv"),), (4, 5, 5), membrane=scalar(1, integer), threshold=scalar(1, integer)),
        SumPool2d("pool", (Edge("lif"),), (4, 2, 2)),
        Flatten("flatten", (Edge("pool"),), (16,)),
        Dense("dense", (Edge("flatten"),), (3,), weights=np.ones((3, 16), weight)),
        Add("sum", (Edge("dense"), Edge("back", 1)), (3,), as_current=True),
        Neuron("out", (Edge("sum"),), (3,), membrane=scalar(1, integer), threshold=scalar(1, integer)),
        Dense("back", (Edge("out"),), (3,), weights=np.ones((3, 3), weight)),
        Readout("readout", (Edge("out"),), (3,), scale=np.ones(3, np.float32) if integer else None),
        Exit("exit", (Edge("readout"),), (3,), rule="entropy", threshold=0.3),
    )
    return Graph(nodes, timesteps=4, arithmetic="integer" if integer else "float32")


def changed(graph: Graph, name: str, /, **changes: object) -> Graph:
    """``graph`` with fields of one node changed."""
    return graph.with_(nodes=tuple(n.with_(**changes) if n.name == name else n for n in graph))


def refused(graph: Graph, *words: str) -> None:
    with pytest.raises(ModelError) as caught:
        check_graph(graph)
    text = str(caught.value)
    assert "\n" not in text
    for word in words:
        assert word in text, f"{word!r} not in {text!r}"


@pytest.mark.parametrize("integer", [False, True])
def test_valid_graphs_pass(integer: bool) -> None:
    check_graph(image_graph(integer))


@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_random_graphs_are_valid(numbers: str) -> None:
    for seed in range(150):
        check_graph(random_graph(np.random.default_rng(seed), numbers)[0])


Change = tuple[str, Callable[[Graph], Graph], tuple[str, ...]]

STRUCTURE: list[Change] = [
    ("arithmetic", lambda g: g.with_(arithmetic="int4"), ("int4",)),
    ("no timesteps", lambda g: g.with_(timesteps=0), ("timesteps", "0")),
    ("many timesteps", lambda g: g.with_(timesteps=65536), ("65536",)),
    ("too few nodes", lambda g: g.with_(nodes=g.nodes[-2:]), ("3 to 1024",)),
    ("too many nodes", lambda g: g.with_(nodes=g.nodes * 94), ("3 to 1024", "1034")),
    ("no readout", lambda g: g.with_(nodes=(*g.nodes[:-2], g.nodes[-1])), ("readout",)),
    ("second input", lambda g: g.with_(nodes=(g.input, g.input.with_(name="b"), *g.nodes[1:])), ("input",)),
    ("same name", lambda g: changed(g, "lif", name="conv"), ("conv", "twice")),
    ("no name", lambda g: changed(g, "lif", name=""), ("name",)),
    ("unknown source", lambda g: changed(g, "conv", inputs=(Edge("nobody"),)), ("conv", "nobody")),
    ("no inputs", lambda g: changed(g, "sum", inputs=()), ("sum", "1 to 255")),
    ("256 inputs", lambda g: changed(g, "sum", inputs=(Edge("dense"),) * 256), ("sum", "256")),
    ("delay of two", lambda g: changed(g, "sum", inputs=(Edge("dense"), Edge("back", 2))), ("sum", "delay")),
    ("later source", lambda g: changed(g, "sum", inputs=(Edge("dense"), Edge("back"))), ("sum", "back")),
    ("delayed earlier", lambda g: changed(g, "sum", inputs=(Edge("dense", 1),)), ("sum", "after it")),
    ("reads readout", lambda g: changed(g, "sum", inputs=(Edge("readout", 1),)), ("sum", "readout")),
    ("exit reads", lambda g: changed(g, "exit", inputs=(Edge("out"),)), ("exit", "readout")),
    ("flatten delayed", lambda g: changed(g, "flatten", inputs=(Edge("pool", 1),)), ("flatten",)),
    ("unequal add", lambda g: changed(g, "sum", inputs=(Edge("dense"), Edge("flatten"))), ("sum", "equal")),
    ("rule", lambda g: g.with_exit("median", 0.1), ("median",)),
    ("threshold", lambda g: g.with_exit("entropy", 1.1), ("1.1",)),
    (
        "order of classes",
        lambda g: changed(changed(g, "readout", inputs=(Edge("flatten"),), shape=(16,)), "exit", shape=(16,)),
        ("flatten", "order"),
    ),
]


@pytest.mark.parametrize(("change", "words"), [c[1:] for c in STRUCTURE], ids=[c[0] for c in STRUCTURE])
def test_structure(change: Callable[[Graph], Graph], words: tuple[str, ...]) -> None:
    refused(change(image_graph()), *words)


def averaged(graph: Graph) -> Graph:
    pool = graph["pool"]
    average = AvgPool2d(pool.name, pool.inputs, pool.shape)
    return graph.with_(nodes=tuple(average if node is pool else node for node in graph))


INTEGERS: list[Change] = [
    ("average", averaged, ("pool", "sum_pool2d")),
    ("dense on a current", lambda g: changed(g, "out", threshold=None), ("back", "int32")),
    ("neuron on spikes", lambda g: changed(g, "lif", inputs=(Edge("input"),), shape=(2, 5, 5)), ("lif",)),
    ("sum as spikes", lambda g: changed(g, "sum", as_current=False), ("sum", "as_current")),
    (
        "counts beyond int16",
        lambda g: changed(g, "lif", multiple=True, max_spikes=20000),
        ("pool", "80000", "32767"),
    ),
]


@pytest.mark.parametrize(("change", "words"), [c[1:] for c in INTEGERS], ids=[c[0] for c in INTEGERS])
def test_integers(change: Callable[[Graph], Graph], words: tuple[str, ...]) -> None:
    graph = change(image_graph(integer=True))
    if graph["lif"].shape == (2, 5, 5):
        graph = replace(graph, nodes=tuple(n for n in graph if n.name != "conv"))
        graph = changed(graph, "pool", shape=(2, 2, 2))
        graph = changed(graph, "flatten", shape=(8,))
        graph = changed(graph, "dense", weights=np.ones((3, 8), np.int8))
    refused(graph, *words)


def test_sums_up_to_the_bound_are_fine() -> None:
    graph = image_graph(integer=True)
    room = 2**30 - 16 * 127 * 4
    check_graph(changed(graph, "dense", bias=np.full(3, room, np.int32)))
    refused(changed(graph, "dense", bias=np.full(3, -room - 1, np.int32)), "dense", "2^30")


def test_int16_loop_without_a_neuron_is_refused() -> None:
    nodes = (
        Input("input", (), (2,)),
        Add("first", (Edge("input"), Edge("second", 1)), (2,)),
        Add("second", (Edge("first"),), (2,)),
        Readout("readout", (Edge("second"),), (2,), scale=np.ones(2, np.float32)),
        Exit("exit", (Edge("readout"),), (2,)),
    )
    refused(Graph(nodes, 3, "integer"), "loop")
    check_graph(Graph((*nodes[:3], nodes[3].with_(scale=None), nodes[4]), 3))


def test_poolings_in_a_circle_are_refused() -> None:
    unit = {"kernel": (1, 1), "stride": (1, 1)}
    nodes = (
        Input("input", (), (2,)),
        SumPool2d("a", (Edge("b", 1),), (1, 2, 2), **unit),
        SumPool2d("b", (Edge("a"),), (1, 2, 2), **unit),
        Readout("readout", (Edge("input"),), (2,), scale=np.ones(2, np.float32)),
        Exit("exit", (Edge("readout"),), (2,)),
    )
    refused(Graph(nodes, 3, "integer"), "reads itself")


def test_delayed_flatten_must_come_before_what_it_flattens() -> None:
    graph = image_graph()
    nodes = list(graph.nodes)
    # reads flatten[t−1] between pool and flatten: the flatten is the pool's memory, already new
    late = Dense("late", (Edge("flatten", 1),), (3,), weights=np.ones((3, 16), np.float32))
    refused(graph.with_(nodes=(*nodes[:4], late, *nodes[4:])), "late", "pool")
    check_graph(graph.with_(nodes=(*nodes[:3], late, *nodes[3:])))


def test_types_and_largest_values() -> None:
    graph = image_graph(integer=True)
    types = output_types(graph)
    assert types == {
        "input": "int16", "conv": "int32", "lif": "bits", "pool": "int16", "flatten": "int16",
        "dense": "int32", "sum": "int32", "out": "bits", "back": "int32", "readout": "int32", "exit": "int32",
    }  # fmt: skip
    assert largest_values(graph) == {"input": 1, "lif": 1, "pool": 4, "flatten": 4, "out": 1}
    assert set(output_types(image_graph()).values()) == {"float32", "bits"}


def test_order_follows_a_flatten_until_the_next_dense() -> None:
    graph = image_graph()
    orders = element_orders(graph)
    expected = [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]
    assert orders["flatten"] is not None and orders["flatten"].tolist() == expected
    assert channel_last((4, 2, 2)).tolist() == expected
    assert {name for name, order in orders.items() if order is not None} == {"flatten"}
    lif = Neuron("lif2", (Edge("flatten"),), (16,), membrane=scalar(1, False), threshold=scalar(1, False))
    other = Dense("other", (Edge("lif2"),), (16,), weights=np.eye(16, dtype=np.float32))
    both = Add("both", (Edge("other"), Edge("lif2")), (16,))
    nodes = graph.nodes
    extended = graph.with_(
        nodes=(*nodes[:5], lif, other, both, nodes[5].with_(inputs=(Edge("both"),)), *nodes[6:])
    )
    check_graph(extended)
    kept = {name for name, order in element_orders(extended).items() if order is not None}
    assert kept == {"flatten", "lif2", "other", "both"}


def test_two_orders_cannot_meet() -> None:
    graph = image_graph()
    nodes = graph.nodes
    unit = {"kernel": (1, 1), "stride": (1, 1)}
    tall = Conv2d(
        "tall", (Edge("pool"),), (2, 2, 4), weights=np.ones((2, 4, 1, 1), np.float32), padding=(0, 0, 1, 1)
    )
    copy = SumPool2d("copy", (Edge("tall"),), (2, 2, 4), **unit)
    flat = Flatten("flat", (Edge("copy"),), (16,))
    both = Add("both", (Edge("flat"), Edge("flatten")), (16,))
    bad = graph.with_(
        nodes=(*nodes[:5], tall, copy, flat, both, nodes[5].with_(inputs=(Edge("both"),)), *nodes[6:])
    )
    refused(bad, "flat", "order")
