"""Which convolutions go by rows, and by how many."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder, ModelError
from snnrt.format import file_format
from snnrt.format.layout import prepare
from snnrt.ir.graph import Conv2d, Graph
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.memory_plan import plan_memory
from snnrt.ir.rows import check_rows, computed_anew, rows_of_map
from snnrt.network import Network


def network(channels: int = 8, size: int = 12, encoding: str = "spikes", read_twice: bool = False) -> Graph:
    g = GraphBuilder((1, size, size), encoding=encoding, timesteps=3)
    kernel = np.full((channels, 1, 3, 3), 0.25, np.float32)
    current = g.conv2d(g.input, kernel, padding=1, name="map")
    x = g.neuron(current, membrane=0.5, threshold=1.0, name="spikes")
    if read_twice:
        x = g.neuron(g.add(current, x), membrane=0.5, threshold=1.0)
    return g.finish(g.flatten(g.sum_pool2d(x, (size, size))))


def rows(graph: Graph) -> int | None:
    return next(node.rows for node in graph if isinstance(node, Conv2d))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((8, 12, 12), 1), ((3, 28, 28), 8), ((1, 7, 5), 0), ((1, 33, 5), 32), ((32, 1, 4), 0), ((32, 2, 4), 1)],
)
def test_rows_make_whole_words_and_never_the_whole_map(shape, expected):
    assert rows_of_map(shape) == expected
    assert expected * shape[0] * shape[2] % 32 == 0


def test_rows_are_chosen_where_only_the_next_neurons_read_them():
    assert rows(network()) is None
    assert rows(prepare(network())) == 1
    assert rows(prepare(network(read_twice=True))) == 0
    # a constant input's current is computed once, and kept
    assert rows(prepare(network(encoding="constant"))) == 0


def test_the_arena_has_room_for_the_rows_only():
    graph = prepare(network())
    whole = graph.with_(nodes=tuple(n.with_(rows=0) if n.name == "map" else n for n in graph))
    plans = plan_memory(graph), plan_memory(whole)
    assert [plan.bytes["map", "output"] for plan in plans] == [4 * 8 * 12, 4 * 8 * 12 * 12]
    assert plans[0].arena_bytes <= plans[1].arena_bytes - 4 * 8 * 12 * 10


def test_what_rows_are_made_of_is_not_overwritten_by_their_spikes():
    g = GraphBuilder((8, 16, 16), encoding="spikes", timesteps=2)
    first = g.neuron(g.add(g.input, as_current=True), membrane=0, threshold=0.5, name="first")
    second = g.conv2d(first, np.ones((8, 8, 3, 3), np.float32), padding=1, name="map")
    spikes = g.neuron(second, membrane=0.5, threshold=1.0, name="second")
    graph = prepare(g.finish(g.flatten(g.sum_pool2d(spikes, (16, 16)))))
    plan = plan_memory(graph)
    first_at, second_at = plan.offsets["first", "output"], plan.offsets["second", "output"]
    bytes_ = plan.bytes["first", "output"]
    assert second_at >= first_at + bytes_ or first_at >= second_at + plan.bytes["second", "output"]


def test_a_constant_input_can_be_computed_anew():
    graph = prepare(network(encoding="constant"))
    anew = graph.with_(nodes=tuple(computed_anew(graph.nodes)))
    check_graph(anew)
    assert rows(anew) == 1 and "map" not in anew.static_nodes() and "map" in graph.static_nodes()
    assert plan_memory(anew).arena_bytes < plan_memory(graph).arena_bytes


def test_rows_survive_the_file():
    model = Network(network()).model
    assert rows(model.graph) == 1
    assert rows(file_format.decode(model.raw)) == 1
    assert file_format.encode(file_format.decode(model.raw)) == model.raw


@pytest.mark.parametrize(
    ("graph", "count", "said"),
    [
        (network(read_twice=True), 1, "rows: expected 0, since more reads it"),
        (network(), 12, "rows: expected fewer than 12"),
        (network(channels=3), 1, "that have a multiple of 32 elements"),
    ],
)
def test_other_rows_are_refused(graph, count, said):
    nodes = [node.with_(rows=count) if node.name == "map" else node for node in graph]
    with pytest.raises(ModelError, match=said):
        check_rows(nodes)
    with pytest.raises(ModelError, match="node 'map'"):
        Network(graph.with_(nodes=tuple(nodes)))
