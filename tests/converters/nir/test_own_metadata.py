"""The graph whole beside NIR's nodes."""

import numpy as np
import pytest
from small_networks import SMALL_NETWORKS

from snnrt.converters.nir.agreement import first_difference
from snnrt.converters.nir.own_metadata import described, digest, restored
from snnrt.errors import ModelError


@pytest.mark.parametrize("numbers", ["float32", "int8"])
@pytest.mark.parametrize("name", SMALL_NETWORKS)
def test_every_field_comes_back(name, numbers):
    graph = SMALL_NETWORKS[name](numbers)[0]
    back = restored(described(graph))
    assert first_difference(graph, back) == "" and back.arithmetic == graph.arithmetic
    assert back.metadata == graph.metadata and back.timesteps == graph.timesteps


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ('"version":1', '"version":2'),
        ('"kind":"dense"', '"kind":"sparse"'),
        ('"timesteps":', '"timesteps":true,"x":'),
        ('"strict":', '"strictly":'),
        ('"delay', "delay"),
        ("{", ""),
    ],
)
def test_what_describes_no_graph(was, now):
    tree = described(SMALL_NETWORKS["dense_lif"]("float32")[0])
    text = tree["document"].replace(": ", ":").replace(", ", ",")
    if was not in text:
        was, now = text[: len(text) // 2], "["
    with pytest.raises(ModelError, match="snnrt's metadata"):
        restored({**tree, "document": text.replace(was, now)})
    with pytest.raises(ModelError, match="snnrt's metadata are damaged"):
        restored({"document": tree["document"]})


def test_the_digest_is_of_all_but_the_metadata():
    tree = {"a": np.ones(3, np.float32), "b": {"type": "LIF", "edges": np.array([b"x", "y"], object)}}
    same = {"b": {"edges": np.array(["x", b"y"], object), "type": "LIF"}, "a": np.ones(3, np.float32)}
    assert digest(tree) == digest({**same, "metadata": {"x": 1}})
    for other in ({"a": np.ones(3)}, {"a": np.ones((3, 1), np.float32)}, {"c": tree["a"], "b": tree["b"]}):
        assert digest(other) != digest(tree)
    assert digest({"a": tree["a"]}) != digest({"a": np.array([1, 1, 2], np.float32)})
