"""Graphs as NIR files: the same graph back, and NIR's nodes for everyone else."""

import h5py
import nir
import numpy as np
import pytest
from nir_files import WIDE, dyadic, ends, save
from small_networks import (
    SMALL_NETWORKS,
    competition,
    image_conv,
    max_pools,
    moved_values,
    readout_only,
    value_chain,
)

import snnrt
from snnrt.converters.nir.agreement import first_difference
from snnrt.converters.nir.importer import import_nir
from snnrt.converters.nir.writer import nir_nodes, write_nir
from snnrt.errors import ModelError, OutputError
from snnrt.ir.graph import Conv2d, Neuron
from snnrt.reference.run import Reference

F = np.float32
X = dyadic((3, 12, 4), 0, 1.5)


OTHERS = (competition, image_conv, max_pools, moved_values, readout_only, value_chain)
NETWORKS = {**SMALL_NETWORKS, **{make.__name__: make for make in OTHERS}}


@pytest.mark.parametrize("isolated", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_round_trip_is_exact(tmp_path, name, isolated):
    network = snnrt.Network(NETWORKS[name]("float32")[0])
    network.save(tmp_path / "net.nir")
    back = import_nir(tmp_path / "net.nir", isolated=isolated)
    assert back.whole and first_difference(network.graph, back.graph) == ""
    assert back.graph.metadata == network.graph.metadata and back.graph.timesteps == network.timesteps
    assert snnrt.convert(tmp_path / "net.nir").to_bytes() == network.to_bytes()


def test_weights_are_stored_once(tmp_path):
    graph = image_conv("float32")[0]
    write_nir(graph, tmp_path / "net.nir")
    with h5py.File(tmp_path / "net.nir") as file:
        weights = [node for node in graph if isinstance(node, Conv2d) and node.weights.size > 16]
        assert weights
        for node in weights:
            found = file[f"node/nodes/{node.name}/weight"]
            assert h5py.h5o.get_info(found.id).rc == 2
            np.testing.assert_array_equal(found[()], node.weights)


def lif(beta=0.5):
    tau = F(1e-4) / (F(1) - np.full(4, beta, F))
    return nir.LIF(tau, tau / F(1e-4), np.zeros(4, F), np.full(4, 0.5, F), np.zeros(4, F))


def spikes(graph):
    return Reference(graph).run(X, record=("spikes",)).spikes


def without_metadata(path):
    with h5py.File(path, "r+") as file:
        del file["node/metadata"]
    return path


EYE = np.eye(4, dtype=F)
NEURONS = {
    "snntorch": lif(0.75),
    "spikingjelly": nir.LIF(*(np.full(4, value) for value in (3e-4, 1, 0, 0.5, 0))),
    "nir": nir.LIF(*(np.full(4, value, F) for value in (3e-4, 2, 0.125, 0.5, 0.25))),
    "cuba": nir.CubaLIF(
        *(np.full(4, value, F) for value in (4e-4, 2e-4, 2, 0, 0.25, 0)), w_in=np.full(4, 4, F)
    ),
    "if": nir.IF(*(np.full(4, value, F) for value in (1e4, 0.5, 0))),
}


@pytest.mark.parametrize("name", NEURONS)
def test_other_readers_get_the_same_spikes_under_the_same_framework(tmp_path, name):
    """NIR's own nodes say all but the rules of the framework."""
    framework = {"cuba": "nir", "if": "nir"}.get(name, name)
    nodes = ends(
        (4,),
        (4,),
        w=nir.Affine(EYE, np.full(4, 0.25, F)),
        one=NEURONS[name],
        v=nir.Linear(EYE / 2),
        two=lif(),
    )
    layers = {"two": {"framework": "snntorch"}}
    given = {"framework": framework, "layers": layers, "encoding": "spikes", "timesteps": 12, **WIDE}
    graph = import_nir(save(tmp_path / "a.nir", nodes), isolated=False, **given).graph
    write_nir(graph, tmp_path / "b.nir")
    again = import_nir(without_metadata(tmp_path / "b.nir"), isolated=False, **given).graph
    mine, theirs = spikes(graph), spikes(again)
    assert mine.keys() == theirs.keys() and any(one.any() for one in mine.values())
    for key, found in mine.items():
        np.testing.assert_array_equal(found, theirs[key], key)
    nir.read(tmp_path / "b.nir")


def test_cycles_delays_and_sums_are_edges_and_nodes(tmp_path):
    nodes = ends(
        (4,), (4,), w=nir.Linear(EYE), lif=lif(), back=nir.Linear(EYE / 2), d=nir.Delay(np.full(4, 3e-4, F))
    )
    edges = [("input", "w"), ("w", "lif"), ("lif", "back"), ("back", "lif"), ("lif", "d")]
    edges += [("d", "output"), ("w", "output")]
    given = {"framework": "snntorch", "encoding": "spikes", "timesteps": 12, "isolated": False, **WIDE}
    graph = import_nir(save(tmp_path / "a.nir", nodes, edges), **given).graph
    write_nir(graph, tmp_path / "b.nir")
    again = import_nir(without_metadata(tmp_path / "b.nir"), **given).graph
    np.testing.assert_array_equal(spikes(graph)["lif"], spikes(again)["lif"])
    np.testing.assert_array_equal(Reference(graph).run(X).logits, Reference(again).run(X).logits)


def test_a_file_that_was_changed_is_read_by_its_nodes(tmp_path):
    path = save(tmp_path / "a.nir", ends((4,), (4,), w=nir.Linear(EYE), lif=lif()))
    snnrt.convert(path).save(tmp_path / "b.nir")
    with h5py.File(tmp_path / "b.nir", "r+") as file:
        weight = file["node/nodes/w/weight"]
        weight[...] = 2 * EYE
    network = snnrt.convert(tmp_path / "b.nir")
    assert network.assumptions[0].startswith("the file was changed since snnrt wrote it")
    np.testing.assert_array_equal(network.graph["w"].weights, 2 * EYE)


@pytest.mark.parametrize("value", ["text", 3, np.ones(3)])
def test_a_digest_that_is_none(tmp_path, value):
    path = save(tmp_path / "a.nir", ends((4,), (4,), w=nir.Linear(EYE), lif=lif()))
    snnrt.convert(path).save(tmp_path / "b.nir")
    with h5py.File(tmp_path / "b.nir", "r+") as file:
        del file["node/metadata/snnrt/digest"]
        file["node/metadata/snnrt/digest"] = value
    assert "changed since" in import_nir(tmp_path / "b.nir", isolated=False).assumptions[0]


def test_choices_for_a_file_of_ours(tmp_path):
    path = save(tmp_path / "a.nir", ends((4,), (4,), w=nir.Linear(EYE), lif=lif()))
    snnrt.convert(path, exit="entropy:0.5", timesteps=5).save(tmp_path / "b.nir")
    assert str(snnrt.convert(tmp_path / "b.nir").exit) == "entropy:0.5"
    network = snnrt.convert(tmp_path / "b.nir", exit="never", timesteps=7, name="other", reset="zero")
    assert (str(network.exit), network.timesteps) == ("never", 7)
    assert network.graph.metadata["name"] == "other" and network.graph["lif"].reset == "subtract"
    assert "the rules that were given are not used" in network.assumptions[-1]


def test_a_built_network_goes_on_to_int8(tmp_path):
    """It has no source in its metadata."""
    snnrt.Network(SMALL_NETWORKS["dense_lif"]("float32")[0]).save(tmp_path / "net.nir")
    network = snnrt.convert(tmp_path / "net.nir", numbers="int8")
    assert network.graph.integer and "no data was seen" in network.assumptions[-1]


def test_what_nir_does_not_say_is_told():
    graph = max_pools("float32")[0]
    nodes, _, unsaid = nir_nodes(graph)
    pool = next(node.name for node in graph if node.kind == "max_pool2d")
    assert nodes[pool] == {"type": "snnrt.max_pool2d"}
    assert f"node {pool!r} (max_pool2d): NIR has no node for it; only snnrt can read the file" in unsaid


def test_neurons_that_nir_does_not_have():
    every = SMALL_NETWORKS["every_kind"]("float32")[0]
    neuron = next(node for node in every if isinstance(node, Neuron) and node.threshold is not None)
    refractory = neuron.with_(refractory=np.array(2, np.int32), reset_next=False)
    nodes = tuple(refractory if node is neuron else node for node in every)
    written, _, _ = nir_nodes(every.with_(nodes=nodes))
    assert written[neuron.name] == {"type": "snnrt.neuron"}


def test_refused(tmp_path):
    with pytest.raises(ModelError, match="NIR holds real numbers; expected a float32 network, found int8"):
        write_nir(SMALL_NETWORKS["dense_lif"]("int8")[0], tmp_path / "net.nir")
    graph = readout_only("float32")[0]
    with pytest.raises(OutputError):
        write_nir(graph, tmp_path / "no" / "net.nir")


@pytest.mark.parametrize("place", range(0, 60))
def test_damaged_metadata_are_an_error_of_ours(tmp_path, place):
    """Bytes of the document changed, with the digest as it was."""
    path = tmp_path / "net.nir"
    write_nir(SMALL_NETWORKS["every_kind"]("float32")[0], path)
    draw = np.random.default_rng(place)
    with h5py.File(path, "r+") as file:
        text = file["node/metadata/snnrt/document"][()].decode()
        words = ["1", "-1", "null", '"x"', "[]", "{}", "true", "1e400", '{"array": 99}', '{"array": 0}']
        tokens = [index for index, one in enumerate(text) if one in ":,["]
        at = int(draw.choice(tokens)) + 1
        end = min(index for index in [*tokens, len(text)] if index > at)
        del file["node/metadata/snnrt/document"]
        file["node/metadata/snnrt/document"] = text[:at] + str(draw.choice(words)) + text[end:]
    try:
        snnrt.convert(path)
    except ModelError as error:
        assert "snnrt's metadata" in str(error) and "\n" not in str(error)
