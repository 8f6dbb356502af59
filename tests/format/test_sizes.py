"""What a model takes, by hand and against the file itself."""

from __future__ import annotations

import numpy as np
import pytest
from small_networks import SMALL_NETWORKS

from snnrt import GraphBuilder
from snnrt.format.sizes import NodeInfo, file_info
from snnrt.network import Network


def test_by_hand() -> None:
    g = GraphBuilder(10, encoding="spikes", timesteps=3, name="x")
    x = g.dense(g.input, np.ones((20, 10)), np.ones(20), name="first")
    x = g.neuron(x, membrane=np.full(20, 0.5), threshold=1.0, synapse=0.5, reset="subtract", name="lif")
    model = Network(g.finish(g.dense(x, np.ones((3, 20)), name="second"))).model
    found = file_info(model)
    nodes = {node.name: node for node in found.nodes}
    assert list(nodes) == ["x", "first", "lif", "second", "readout", "exit"]
    # 220, 20 + 2 and 60 numbers of four bytes; 20 membranes and 20 currents; 20 spikes in a word
    offset = nodes["first"].arena_offset
    assert nodes["first"] == NodeInfo("first", "float32", 880, 0, 80, offset)
    lif = nodes["lif"]
    assert (lif.dtype, lif.weight_bytes, lif.state_bytes, lif.output_bytes) == ("bits", 88, 160, 4)
    assert (nodes["second"].weight_bytes, nodes["second"].output_bytes) == (240, 12)
    assert (nodes["readout"].dtype, nodes["readout"].output_bytes) == ("float32", 12)
    # neither has memory of its own
    assert nodes["x"] == NodeInfo("x", "float32", 0, 0, 0, None)
    assert nodes["exit"] == NodeInfo("exit", "", 0, 0, 0, None)
    # 160 of states, 12 of logits (to 176) stay; 80 and 12 of currents share a place, behind it 4 of spikes
    assert found.arena_bytes == 264 and found.file_bytes == len(model.raw)


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize("name", SMALL_NETWORKS)
def test_the_arena_holds_every_output(name: str, numbers: str) -> None:
    model = Network(SMALL_NETWORKS[name](numbers)[0]).model
    found = file_info(model)
    assert found.file_bytes == len(model.raw)
    assert sum(node.weight_bytes for node in found.nodes) < found.file_bytes
    for node in found.nodes:
        if node.arena_offset is not None:
            assert node.arena_offset % 8 == 0
            assert node.arena_offset + node.output_bytes <= found.arena_bytes
