"""Outputs recorded in a framework: what is taken, and what is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt.comparison.outputs import is_outputs, recorded_outputs
from snnrt.errors import DataError, DataFileError
from snnrt.ir.build import GraphBuilder

F = np.float32
N, T = 5, 3


@pytest.fixture(scope="module")
def graph():
    """A map of neurons, an integrator, and neurons that are the output."""
    build = GraphBuilder((1, 4, 4), timesteps=T)
    x = build.neuron(build.conv2d(build.input, np.ones((2, 1, 3, 3), F)), threshold=1.0, name="lif")
    x = build.neuron(build.dense(build.flatten(x), np.ones((4, 8), F)), name="li")
    x = build.neuron(build.dense(x, np.ones((3, 4), F)), threshold=1.0, name="out")
    return build.finish(x)


def given(**arrays):
    return {key.replace("__", "/"): value for key, value in arrays.items()}


def spikes(*shape):
    return np.random.default_rng(0).integers(0, 2, shape)


def test_what_is_recorded(graph):
    values = spikes(N, T, 2, 2, 2)
    membranes = np.ones((N, T, 4))
    found = recorded_outputs(
        given(spikes__lif=values, membranes__li=membranes, logits=np.ones((N, 3)), x=np.zeros(9)), graph
    )
    assert (found.inputs, found.timesteps) == (N, T) and list(found.spikes) == ["lif"]
    np.testing.assert_array_equal(found.spikes["lif"], values)
    np.testing.assert_array_equal(found.membranes["li"], membranes)
    assert found.logits.shape == (N, 3) and found.step_logits is None


def test_a_layer_may_be_flat_or_without_its_prefix(graph):
    values = spikes(N, T, 2, 2, 2)
    np.testing.assert_array_equal(
        recorded_outputs({"lif": values.reshape(N, T, 8)}, graph).spikes["lif"], values
    )
    assert recorded_outputs({"lif": values.astype(bool)}, graph, limit=2).inputs == 2


def test_outputs_are_the_spikes_of_the_output_and_make_logits(graph):
    values = spikes(N, T, 3)
    found = recorded_outputs({"outputs": values}, graph)
    np.testing.assert_array_equal(found.spikes["out"], values)
    np.testing.assert_array_equal(found.step_logits, np.cumsum(values, axis=1))
    np.testing.assert_array_equal(found.logits, values.sum(1))


def test_logits_over_time(graph):
    values = np.random.default_rng(1).normal(size=(N, T, 3))
    found = recorded_outputs({"logits": values}, graph)
    np.testing.assert_array_equal(found.logits, values[:, -1])
    assert not found.spikes and found.timesteps == T


def test_a_file(graph, tmp_path):
    path = tmp_path / "recorded.npz"
    np.savez_compressed(path, **{"spikes/lif": spikes(N, T, 2, 2, 2), "outputs": spikes(N, T, 3)})
    assert list(recorded_outputs(path, graph).spikes) == ["lif", "out"]
    assert is_outputs(path) and is_outputs({}) and not is_outputs("net.nir") and not is_outputs(3)


WRONG = {
    "nothing": ({}, r"expected outputs or logits, or spikes of layers \(lif, li, out\), found none"),
    "only inputs": (given(x=np.ones(3)), "found none"),
    "another layer": (
        given(spikes__lif2=spikes(N, T, 4)),
        "'spikes/lif2': the model has no layer of neurons of that name; it has lif, li, out",
    ),
    "a layer without a name": (given(arr_0=spikes(N, T, 4)), "'arr_0': the model has no layer"),
    "an integrator's spikes": (given(li=spikes(N, T, 4)), "fires no spikes; .* membranes/li"),
    "another shape": (given(lif=spikes(N, T, 2, 3, 2)), r"lif: expected \(N, T, 2, 2, 2\), found"),
    "no time": (given(out=spikes(N, 3)), r"out: expected \(N, T, 3\), found"),
    "time first": (
        given(lif=spikes(N, T, 8), out=spikes(T, N, 3)),
        r"out: expected 5 inputs as in lif, found .*np.swapaxes",
    ),
    "other timesteps": (given(lif=spikes(N, T, 8), out=spikes(N, 2, 3)), "out: expected 3 timesteps as in"),
    "other inputs": (given(logits=np.ones((4, 3)), out=spikes(N, T, 3)), "expected 5 inputs as in out"),
    "other classes": (given(logits=np.ones((N, 4))), r"logits: expected \(N, 3\) or \(N, T, 3\)"),
    "outputs without time": (given(outputs=np.ones((N, 3))), r"outputs: expected \(N, T, classes\)"),
    "NaN": (given(logits=np.full((N, 3), np.nan)), "logits: expected finite numbers"),
    "potentials as spikes": (given(lif=np.full((N, T, 8), 0.5)), "spikes of lif: expected whole numbers"),
    "NaN as spikes": (given(lif=np.full((N, T, 8), np.nan)), "spikes of lif: expected whole numbers"),
    "negative spikes": (given(lif=np.full((N, T, 8), -1)), "spikes of lif: expected whole numbers"),
    "text": (given(logits=np.array(["a"])), "logits: expected numbers"),
    "no timestep": (given(lif=np.ones((N, 0, 8))), "lif: expected at least one input and timestep"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(graph, case):
    arrays, message = WRONG[case]
    with pytest.raises(DataError, match=message) as caught:
        recorded_outputs(arrays, graph)
    assert str(caught.value).startswith("outputs: ")


def test_files_that_are_none(graph, tmp_path):
    with pytest.raises(DataFileError, match=r"no such file; expected an \.npz"):
        recorded_outputs(tmp_path / "missing.npz", graph)
    path = tmp_path / "broken.npz"
    path.write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(DataError, match=r"broken.npz: malformed"):
        recorded_outputs(path, graph)


def test_outputs_that_are_maps():
    build = GraphBuilder((1, 4, 4), timesteps=T)
    x = build.neuron(build.conv2d(build.input, np.ones((2, 1, 3, 3), F)), threshold=1.0, name="lif")
    graph = build.finish(build.flatten(x, channels_last=True))
    assert graph.output_map == (2, 2, 2)
    maps = np.random.default_rng(1).normal(size=(N, 2, 2, 2))
    for values in (maps, maps.reshape(N, 8)):
        found = recorded_outputs({"logits": values}, graph).logits
        np.testing.assert_array_equal(found, maps.transpose(0, 2, 3, 1).reshape(N, 8))
    spikes_of_map = spikes(N, T, 2, 2, 2)
    found = recorded_outputs({"outputs": spikes_of_map}, graph)
    np.testing.assert_array_equal(found.spikes["lif"], spikes_of_map)
