"""Neurons of one file that follow different rules."""

import nir
import numpy as np
import pytest
from nir_files import dyadic, ends, read, run, save

import snnrt
from snnrt.comparison import source_graph
from snnrt.errors import ModelError

F = np.float32
X = dyadic((3, 12, 4), 0, 1.5)
MIXED = dyadic((4, 4), 3)


def lif(beta=0.5):
    tau = F(1e-4) / (F(1) - np.full(4, beta, F))
    return nir.LIF(tau, tau / F(1e-4), np.zeros(4, F), np.full(4, 0.5, F), np.zeros(4, F))


def file(tmp_path):
    eye = np.eye(4, dtype=F)
    nodes = ends((4,), (4,), w=nir.Linear(eye), one=lif(), v=nir.Linear(MIXED), two=lif(0.75))
    return save(tmp_path / "net.nir", nodes)


def test_layers_that_differ_in_reset(tmp_path):
    """Each as a network of its own would compute it."""
    path = file(tmp_path)
    imported, spikes, _ = run(path, X, layers={"two": {"reset": "zero"}})
    _, subtracted, _ = run(path, X, reset="subtract")
    np.testing.assert_array_equal(spikes["one"], subtracted["one"])
    alone = save(tmp_path / "two.nir", ends((4,), (4,), w=nir.Linear(MIXED), two=lif(0.75)))
    _, reset, _ = run(alone, spikes["one"].astype(F), reset="zero")
    np.testing.assert_array_equal(spikes["two"], reset["two"])
    assert (spikes["two"] != subtracted["two"]).any()
    assert imported.graph["one"].reset_next and imported.graph["two"].reset == "value"
    assert sum(line.startswith("reset: subtract") for line in imported.assumptions) == 1


def test_a_layer_of_another_framework(tmp_path):
    imported = read(file(tmp_path), layers={"two": {"framework": "nir", "dt": 1e-4}})
    assert imported.assumptions[0].startswith("framework = snntorch (inferred")
    assert imported.graph["one"].integration == "decay" and imported.graph["two"].integration == "euler"
    assert "'two': reset: to v_reset, at once (NIR's definition)" in imported.assumptions


@pytest.mark.parametrize("framework", [None, "snntorch"])
def test_names_that_are_no_neurons(tmp_path, framework):
    with pytest.raises(ModelError, match=r"layers: expected neurons of the file \(one, two\), found 'w'"):
        read(file(tmp_path), framework=framework, layers={"w": {"reset": "zero"}})


def test_choices_that_contradict_each_other_name_the_layer(tmp_path):
    with pytest.raises(ModelError, match="layer 'two': multiple: snnTorch resets one spike"):
        read(file(tmp_path), framework="snntorch", layers={"two": {"multiple": True}})
    with pytest.raises(ModelError, match=r"framework norse: the file contradicts it: node 'two' \(LIF\)"):
        read(file(tmp_path), framework="snntorch", layers={"two": {"framework": "norse"}})


def test_the_metadata_keep_them_for_another_import(tmp_path):
    path = file(tmp_path)
    layers = {"two": {"reset": "zero", "reset_delay": False}}
    network = snnrt.convert(path, framework="snntorch", layers=layers)
    network.save(tmp_path / "net.snnrt")
    loaded = snnrt.load(tmp_path / "net.snnrt")
    assert loaded.graph.metadata["source"]["options"]["layers"] == layers
    again = source_graph(path, loaded.graph)
    assert again["one"].reset_next and not again["two"].reset_next and again["two"].reset == "value"
