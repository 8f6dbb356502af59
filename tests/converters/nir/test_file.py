"""Graphs in memory as sources."""

import nir
import numpy as np
import pytest
from nir_files import ends, read, save

import snnrt
from snnrt.converters.nir.file import NirGraph, take_nir
from snnrt.errors import ModelError

F = np.float32


def lif():
    return nir.LIF(*(np.full(4, value, F) for value in (2e-4, 2, 0, 0.5, 0)))


def nodes():
    return ends((4,), (4,), w=nir.Linear(np.eye(4, dtype=F)), lif=lif())


EDGES = [("input", "w"), ("w", "lif"), ("lif", "output")]


def test_a_graph_is_as_its_file(tmp_path):
    graph = nir.NIRGraph(nodes(), EDGES)
    network = snnrt.convert(graph, framework="snntorch", name="n")
    expected = read(save(tmp_path / "n.nir", nodes()), framework="snntorch").graph
    assert [node.name for node in network.graph] == [node.name for node in expected]
    assert network.graph["lif"].membrane == expected["lif"].membrane == F(0.5)
    assert snnrt.convert(graph, framework="snntorch").graph.metadata["name"] == "network"


def test_nested_graphs_stay_nested():
    inner = nir.NIRGraph(ends((4,), (4,), lif=lif()), [("input", "lif"), ("lif", "output")])
    outer = nir.NIRGraph(ends((4,), (4,), g=inner), [("input", "g"), ("g", "output")], type_check=False)
    found = take_nir(outer)
    assert isinstance(found.nodes["g"], NirGraph)
    assert snnrt.convert(outer, framework="snntorch").graph["g.lif"].kind == "neuron"


def test_tensors_of_a_framework_become_arrays():
    class Tensor:
        """What a tensor answers."""

        def __init__(self, values):
            self.values = values

        def detach(self):
            return self

        def cpu(self):
            return self.values

    graph = nir.NIRGraph(nodes(), EDGES)
    graph.nodes["w"].weight = Tensor(np.eye(4, dtype=F))
    converted = snnrt.convert(graph, framework="snntorch")
    np.testing.assert_array_equal(converted.graph["w"].weights, np.eye(4))
    assert isinstance(graph.nodes["w"].weight, Tensor)


def test_refused():
    with pytest.raises(ModelError, match="edge 'w' → 'no' names 'no', which is not a node"):
        snnrt.convert(nir.NIRGraph(nodes(), [*EDGES, ("w", "no")], type_check=False))
    graph = nir.NIRGraph(nodes(), EDGES)
    graph.nodes["w"] = 3
    with pytest.raises(
        ModelError,
        match=r"NIRGraph: node 'w' \(int\): type int is not known; expected one of NIR",
    ):
        snnrt.convert(graph)
    with pytest.raises(ModelError, match="Linear: expected a NIRGraph with Input and Output"):
        take_nir(nir.Linear(np.eye(4, dtype=F)))
