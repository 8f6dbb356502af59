"""The graph that a model is compared with is read as the model was."""

from __future__ import annotations

from pathlib import Path

import pytest

import snnrt
from snnrt.comparison.source import check_same, source_graph, spiking
from snnrt.errors import ModelError

SHIPPED = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"


@pytest.mark.parametrize("options", [{"reset": "zero"}, {"reset_delay": False}, {"lower_bound": -0.5}])
def test_options_of_the_conversion_are_used_again(options):
    net = snnrt.convert(SHIPPED, framework="snntorch", timesteps=3, **options)
    source = source_graph(SHIPPED, net.graph)
    rules = [node.in_words() for node in source if node.kind == "neuron"]
    assert rules == [node.in_words() for node in net.graph if node.kind == "neuron"]
    assert rules != [
        node.in_words() for node in source_graph(SHIPPED, net.graph, reset="none") if node.kind == "neuron"
    ]


def test_a_graph_a_network_and_a_file(tmp_path):
    net = snnrt.convert(SHIPPED, framework="snntorch", timesteps=3)
    net.save(tmp_path / "a.snnrt")
    assert source_graph(net, net.graph) is net.graph and source_graph(net.graph, net.graph) is net.graph
    assert spiking(source_graph(tmp_path / "a.snnrt", net.graph)) == ["lif1", "lif2"]


def test_another_network():
    net = snnrt.convert(SHIPPED, framework="snntorch", timesteps=3)
    check_same(net.graph, net.graph)
    with pytest.raises(ModelError, match="another network: timesteps: expected 3 as in the model, found 4"):
        check_same(net.graph, snnrt.convert(SHIPPED, framework="snntorch", timesteps=4).graph)
