"""What a graph holds cannot be changed, by whatever name it is reached."""

from __future__ import annotations

import copy
import json
import pickle

import numpy as np
import pytest
from small_networks import SMALL_NETWORKS, dense_lif

from snnrt.errors import ModelError
from snnrt.ir.frozen import frozen_array, frozen_metadata
from snnrt.ir.graph import Dense


@pytest.mark.parametrize("name", SMALL_NETWORKS)
@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_no_array_of_a_graph_can_be_written(name, numbers):
    graph, _ = SMALL_NETWORKS[name](numbers)
    arrays = [value for node in graph for value in vars(node).values() if isinstance(value, np.ndarray)]
    assert arrays
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


def test_the_arrays_that_a_graph_was_made_of_are_the_callers():
    graph, _ = dense_lif("float32")
    index = next(place for place, node in enumerate(graph) if isinstance(node, Dense))
    mine = graph.nodes[index].weights.copy()
    nodes = list(graph.nodes)
    # a read-only view of memory that its owner can still write to
    view = mine[:]
    view.setflags(write=False)
    nodes[index] = nodes[index].with_(weights=view)
    made = graph.with_(nodes=tuple(nodes))
    before = made.nodes[index].weights.copy()
    mine[...] = 7
    np.testing.assert_array_equal(made.nodes[index].weights, before)


def test_a_graph_made_of_another_shares_its_arrays():
    graph, _ = dense_lif("float32")
    again = graph.with_exit("never", 0.0)
    assert all(one is other for one, other in zip(graph.nodes[:-1], again.nodes[:-1]))


def test_an_array_over_bytes_is_taken_as_it_is():
    array = np.frombuffer(b"1234", np.uint8)
    assert frozen_array(array) is array
    assert frozen_array(np.frombuffer(bytearray(b"1234"), np.uint8)).flags.writeable is False


def test_metadata_refuses_every_change_and_is_still_json():
    given = {"a": [1, {"b": (2, 3)}], "c": "text"}
    graph, _ = dense_lif("float32")
    graph = graph.with_(metadata=given)
    given["a"][1]["b"] = "mine"
    metadata = graph.metadata
    assert metadata == {"a": [1, {"b": [2, 3]}], "c": "text"}
    assert json.loads(json.dumps(metadata)) == metadata
    for change in (
        lambda: metadata.update(c=1),
        lambda: metadata.__setitem__("c", 1),
        lambda: metadata.pop("c"),
        lambda: metadata.setdefault("d", 1),
        lambda: metadata["a"].append(1),
        lambda: metadata["a"].__setitem__(0, 1),
        lambda: metadata["a"].sort(),
        lambda: metadata["a"][1].clear(),
        lambda: metadata["a"][1]["b"].__delitem__(0),
    ):
        with pytest.raises(TypeError, match="a graph does not change"):
            change()
    assert metadata | {"c": 1} == {"a": [1, {"b": [2, 3]}], "c": 1}
    for again in (pickle.loads(pickle.dumps(metadata)), copy.deepcopy(metadata)):
        assert again == metadata
        with pytest.raises(TypeError):
            again["c"] = 1


def test_metadata_that_is_too_deep_or_within_itself_is_refused():
    deep: list[object] = []
    for _ in range(900):
        deep = [deep]
    circle: dict[str, object] = {}
    circle["circle"] = circle
    for value in (deep, circle):
        with pytest.raises(ModelError, match="metadata: expected at most 64 levels"):
            frozen_metadata(value)
