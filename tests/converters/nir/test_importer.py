"""How nodes join: sums, nested graphs, recurrence and delays, each against a plain computation."""

import itertools

import nir
import numpy as np
import pytest
from effort import effort
from nir_files import WIDE, dyadic, ends, outputs, read, run, save

from snnrt.ir.graph import Add
from snnrt.reference.run import Reference

DT = 1e-4
X = dyadic((2, 10, 4), 0)
F = np.float32


def full(value, size=4):
    return np.full(size, value, np.float32)


def lif(size=4, threshold=0.5):
    """By Euler with dt/τ = 1/2 and r = 2: u = v/2 + x, with a hard reset to 0."""
    return nir.LIF(full(2e-4, size), full(2, size), full(0, size), full(threshold, size), full(0, size))


class Lif:
    """The same, in NumPy."""

    def __init__(self, shape, threshold=0.5):
        self.v, self.threshold = np.zeros(shape, np.float32), F(threshold)

    def step(self, x):
        self.v = self.v + F(0.5) * (-self.v + F(2) * x)
        spikes = self.v > self.threshold
        self.v = np.where(spikes, F(0), self.v)
        return spikes.astype(np.float32)


def delay(seconds, size=4):
    return nir.Delay(np.full(size, seconds, np.float32))


def late(x, steps):
    """What it was ``steps`` steps before, 0 at first."""
    return np.concatenate([np.zeros_like(x[:, :steps]), x], 1)[:, : x.shape[1]]


@pytest.mark.parametrize("count", [2, 4, 5, effort(300)])
def test_several_edges_into_a_node_are_summed(tmp_path, count):
    layers = {f"l{index}": nir.Linear(dyadic((4, 4), index)) for index in range(count)}
    edges = [edge for name in layers for edge in (("input", name), (name, "output"))]
    path = save(tmp_path / "n.nir", ends((4,), (4,), **layers), edges)
    expected = X @ sum(layer.weight for layer in layers.values()).T
    np.testing.assert_array_equal(outputs(path, X), expected)
    sums = [len(node.inputs) for node in read(path).graph if isinstance(node, Add)]
    assert sums == ([count] if count <= 255 else [255, count - 254])


def test_residual_connection(tmp_path):
    weight = dyadic((4, 4), 1)
    edges = [("input", "a"), ("a", "b"), ("a", "lif"), ("b", "lif"), ("lif", "output")]
    nodes = ends((4,), (4,), a=nir.Linear(np.eye(4, dtype=F)), b=nir.Linear(weight), lif=lif())
    imported, spikes, _ = run(save(tmp_path / "n.nir", nodes, edges), X, framework="nir")
    neuron = Lif((2, 4))
    for step in range(X.shape[1]):
        np.testing.assert_array_equal(spikes["lif"][:, step], neuron.step(X[:, step] + X[:, step] @ weight.T))
    assert imported.graph["lif.sum"].as_current


def test_the_order_of_nodes_in_the_file_does_not_matter(tmp_path):
    nodes = ends((4,), (3,), a=nir.Linear(dyadic((4, 4), 1)), lif=lif(), b=nir.Linear(dyadic((3, 4), 2)))
    edges = [("input", "a"), ("a", "lif"), ("lif", "b"), ("b", "output")]
    found = []
    for order in itertools.permutations(edges):
        path = save(tmp_path / "n.nir", dict(reversed(nodes.items())), list(order))
        found.append([(node.name, node.inputs) for node in read(path).graph])
    assert all(nodes == found[0] for nodes in found)


def test_what_does_not_reach_the_output_is_left_out(tmp_path):
    nodes = ends(
        (4,), (3,), a=nir.Linear(dyadic((3, 4), 1)), dead=nir.Linear(dyadic((7, 4), 2)), lonely=lif()
    )
    path = save(tmp_path / "n.nir", nodes, [("input", "a"), ("a", "output"), ("input", "dead")])
    assert [node.name for node in read(path).graph] == ["input", "a", "output", "exit"]


def recurrent(weight, bias=None):
    layer = nir.Linear(weight) if bias is None else nir.Affine(weight, bias)
    nodes = ends((4,), (4,), w=nir.Linear(np.eye(4, dtype=F)), lif=lif(), back=layer)
    return nodes, [("input", "w"), ("w", "lif"), ("lif", "back"), ("back", "lif"), ("lif", "output")]


def recurrent_spikes(weight, bias=None):
    neuron, spikes, found = Lif((2, 4)), np.zeros((2, 4), np.float32), []
    for step in range(X.shape[1]):
        spikes = neuron.step(X[:, step] + spikes @ weight.T + (0 if bias is None else bias))
        found.append(spikes)
    return np.stack(found, 1)


@pytest.mark.parametrize("biased", [False, True])
def test_recurrent_layer(tmp_path, biased):
    """The bias of the recurrent layer acts from the first step on, as in the frameworks."""
    weight, bias = dyadic((4, 4), 3), dyadic((4,), 4) if biased else None
    imported, spikes, _ = run(save(tmp_path / "n.nir", *recurrent(weight, bias)), X, framework="nir")
    np.testing.assert_array_equal(spikes["lif"], recurrent_spikes(weight, bias))
    assert "recurrence: 'back' reads 'lif' of the step before" in imported.assumptions
    assert [node.name for node in imported.graph][1:4] in (["w", "back", "lif.sum"], ["back", "w", "lif.sum"])


def test_recurrent_layer_in_a_nested_graph(tmp_path):
    weight = dyadic((4, 4), 3)
    nodes, _ = recurrent(weight)
    inner = nir.NIRGraph(
        {"input": nodes["input"], "lif": nodes["lif"], "w_rec": nodes["back"], "output": nodes["output"]},
        [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")],
    )
    outer = {"input": nodes["input"], "w.0": nodes["w"], "rec": inner, "output": nodes["output"]}
    _, spikes, _ = run(save(tmp_path / "n.nir", outer), X, framework="nir")
    np.testing.assert_array_equal(spikes["rec.lif"], recurrent_spikes(weight))


def test_a_nested_graph_in_a_nested_graph(tmp_path):
    weight = dyadic((4, 4), 3)
    inner = nir.NIRGraph(ends((4,), (4,), l=nir.Linear(weight)), [("input", "l"), ("l", "output")])
    middle = nir.NIRGraph(ends((4,), (4,), g=inner), [("input", "g"), ("g", "output")])
    path = save(tmp_path / "n.nir", ends((4,), (4,), g=middle))
    np.testing.assert_array_equal(outputs(path, X), X @ weight.T)
    assert [node.name for node in read(path).graph] == ["input", "g.g.l", "output", "exit"]


def test_nested_graph_that_nir_refuses_to_check(tmp_path):
    """Scalar parameters in a nested graph: nir 1.0.8 raises for them whatever type_check says."""
    scalar = nir.LIF(*(np.array([value], F) for value in (2e-4, 2, 0, 0.5, 0)))
    inner = nir.NIRGraph(
        ends((4,), (4,), lif=scalar), [("input", "lif"), ("lif", "output")], type_check=False
    )
    path = save(tmp_path / "n.nir", ends((4,), (4,), w=nir.Linear(np.eye(4, dtype=F)), g=inner))
    with pytest.raises(ValueError, match="type mismatch"):
        nir.read(path, type_check=False)
    _, spikes, _ = run(path, X, framework="nir")
    neuron = Lif((2, 4))
    for step in range(X.shape[1]):
        np.testing.assert_array_equal(spikes["g.lif"][:, step], neuron.step(X[:, step]))


def test_neuron_that_reads_itself(tmp_path):
    nodes = ends((4,), (4,), w=nir.Linear(np.eye(4, dtype=F)), lif=lif())
    edges = [("input", "w"), ("w", "lif"), ("lif", "lif"), ("lif", "output")]
    _, spikes, _ = run(save(tmp_path / "n.nir", nodes, edges), X, framework="nir")
    np.testing.assert_array_equal(spikes["lif"], recurrent_spikes(np.eye(4, dtype=F)))


def test_feedback_over_two_layers(tmp_path):
    """Only the way back is delayed; the second layer reads the first in the same step."""
    forward, back = dyadic((4, 4), 5, 2), dyadic((4, 4), 6)
    nodes = ends((4,), (4,), w=nir.Linear(np.eye(4, dtype=F)), one=lif(), f=nir.Linear(forward), two=lif())
    nodes |= {"b": nir.Linear(back)}
    edges = [
        ("input", "w"),
        ("w", "one"),
        ("one", "f"),
        ("f", "two"),
        ("two", "b"),
        ("b", "one"),
        ("two", "output"),
    ]
    imported, spikes, _ = run(save(tmp_path / "n.nir", nodes, edges), X, framework="nir")
    one, two, second = Lif((2, 4)), Lif((2, 4)), np.zeros((2, 4), np.float32)
    for step in range(X.shape[1]):
        first = one.step(X[:, step] + second @ back.T)
        second = two.step(first @ forward.T)
        np.testing.assert_array_equal(spikes["one"][:, step], first)
        np.testing.assert_array_equal(spikes["two"][:, step], second)
    assert [line for line in imported.assumptions if "recurrence" in line] == [
        "recurrence: 'b' reads 'two' of the step before"
    ]


@pytest.mark.parametrize("steps", [0, 1, 2, 5])
def test_delay(tmp_path, steps):
    weight = dyadic((4, 4), 5)
    nodes = ends((4,), (4,), w=nir.Linear(weight), delay=delay(steps * DT))
    np.testing.assert_array_equal(outputs(save(tmp_path / "n.nir", nodes), X), late(X @ weight.T, steps))


def test_delays_that_differ_from_element_to_element(tmp_path):
    weight, waited = dyadic((4, 4), 5), [1, 4, 2, 1]
    wait = nir.Delay(np.array(waited, F) * F(DT))
    nodes = ends((4,), (4,), w=nir.Linear(weight), delay=wait)
    expected = np.stack([late(X @ weight.T, steps)[..., i] for i, steps in enumerate(waited)], -1)
    np.testing.assert_array_equal(outputs(save(tmp_path / "n.nir", nodes), X), expected)


@pytest.mark.parametrize("steps", [1, 3])
def test_delay_of_the_input(tmp_path, steps):
    weight = dyadic((4, 4), 5)
    nodes = ends((4,), (4,), delay=delay(steps * DT), w=nir.Linear(weight))
    np.testing.assert_array_equal(outputs(save(tmp_path / "n.nir", nodes), X), late(X, steps) @ weight.T)


def test_delay_of_a_constant_input(tmp_path):
    nodes = ends((4,), (4,), delay=delay(2 * DT), w=nir.Linear(np.eye(4, dtype=F)))
    graph = read(save(tmp_path / "n.nir", nodes), timesteps=5, **WIDE).graph
    np.testing.assert_array_equal(Reference(graph).run(X[:, 0]).logits, 3 * X[:, 0])


def test_delays_in_a_row_and_beside_each_other(tmp_path):
    nodes = ends((4,), (4,), w=nir.Linear(np.eye(4, dtype=F)), d1=delay(DT), d2=delay(2 * DT), d3=delay(DT))
    edges = [
        ("input", "w"),
        ("w", "d1"),
        ("d1", "d2"),
        ("d2", "output"),
        ("w", "d3"),
        ("d3", "output"),
        ("w", "output"),
    ]
    found = outputs(save(tmp_path / "n.nir", nodes, edges), X)
    np.testing.assert_array_equal(found, X + late(X, 1) + late(X, 3))


def test_a_delay_in_a_cycle_is_the_cycles_delay(tmp_path):
    nodes = ends((4,), (4,), w=nir.Linear(np.eye(4, dtype=F)), lif=lif(), d=delay(3 * DT))
    edges = [("input", "w"), ("w", "lif"), ("lif", "d"), ("d", "lif"), ("lif", "output")]
    imported, spikes, _ = run(save(tmp_path / "n.nir", nodes, edges), X, framework="nir")
    neuron, past = Lif((2, 4)), [np.zeros((2, 4), np.float32)] * 3
    for step in range(X.shape[1]):
        past.append(neuron.step(X[:, step] + past[-3]))
        np.testing.assert_array_equal(spikes["lif"][:, step], past[-1])
    assert not any("recurrence" in line for line in imported.assumptions)


def test_delayed_and_undelayed_reading_of_one_neuron(tmp_path):
    """The reader comes after the neuron, so the old value is held for it."""
    nodes = ends((4,), (4,), w=nir.Linear(np.eye(4, dtype=F)), lif=lif(), d=delay(DT), two=lif())
    edges = [("input", "w"), ("w", "lif"), ("lif", "d"), ("lif", "two"), ("d", "two"), ("two", "output")]
    _, spikes, _ = run(save(tmp_path / "n.nir", nodes, edges), X, framework="nir")
    one, two, old = Lif((2, 4)), Lif((2, 4)), np.zeros((2, 4), np.float32)
    for step in range(X.shape[1]):
        new = one.step(X[:, step])
        np.testing.assert_array_equal(spikes["two"][:, step], two.step(new + old))
        old = new


def test_flatten_behind_a_delay(tmp_path):
    weight = dyadic((3, 12), 7)
    nodes = ends((2, 2, 3), (3,), d=nir.Delay(full(DT, (2, 2, 3))), f=nir.Flatten(np.array([2, 2, 3]), 0, -1))
    nodes = {
        "input": nodes["input"],
        "d": nodes["d"],
        "f": nodes["f"],
        "w": nir.Linear(weight),
        "output": nir.Output([3]),
    }
    x = dyadic((2, 6, 2, 2, 3), 1)
    found = outputs(save(tmp_path / "n.nir", nodes), x)
    np.testing.assert_array_equal(found, late(x, 1).reshape(2, 6, 12) @ weight.T)


def test_recurrence_behind_a_flatten(tmp_path):
    """A delayed flatten is held in a node of its own."""
    weight, back = dyadic((2, 2, 1, 1), 3, 2), dyadic((2, 12), 4)
    shape = (2, 2, 3)
    neuron = nir.LIF(*(full(value, shape) for value in (2e-4, 2, 0, 0.5, 0)))
    conv = nir.Conv2d((2, 3), weight, 1, 0, 1, 1, np.zeros(2, F))
    nodes = ends(
        shape, (2,), conv=conv, lif=neuron, flat=nir.Flatten(np.array(shape), 0, -1), back=nir.Linear(back)
    )
    nodes |= {"d": nir.Delay(full(DT, 12))}
    edges = [
        ("input", "conv"),
        ("conv", "lif"),
        ("lif", "flat"),
        ("flat", "d"),
        ("d", "back"),
        ("back", "output"),
    ]
    x = dyadic((2, 6, *shape), 1)
    path = save(tmp_path / "n.nir", nodes, edges)
    _, spikes, _ = run(path, x, framework="nir")
    expected = late(spikes["lif"].astype(F), 1).reshape(2, 6, 12) @ back.T
    np.testing.assert_array_equal(outputs(path, x, framework="nir"), expected)


def test_a_map_as_output_is_flattened_in_order(tmp_path):
    """Logits of a map keep NIR's (channels, height, width) order; the .snnrt file's is channel-last."""
    path = save(tmp_path / "n.nir", ends((2, 2, 3), (2, 2, 3), pool=nir.SumPool2d((1, 1), (1, 1), (0, 0))))
    x = dyadic((2, 6, 2, 2, 3), 1)
    np.testing.assert_array_equal(outputs(path, x), x.reshape(2, 6, 12))


def test_flattened_map_joins_a_vector(tmp_path):
    weight = dyadic((12, 12), 2)
    nodes = ends((2, 2, 3), (12,), f=nir.Flatten(np.array([2, 2, 3]), 0, -1), w=nir.Linear(weight))
    path = save(tmp_path / "n.nir", nodes, [("input", "f"), ("f", "w"), ("w", "output"), ("f", "output")])
    x = dyadic((2, 6, 2, 2, 3), 1)
    flat = x.reshape(2, 6, 12)
    np.testing.assert_array_equal(outputs(path, x), flat + flat @ weight.T)


def test_readout_of_the_input_alone(tmp_path):
    path = save(tmp_path / "n.nir", ends((4,), (4,)))
    np.testing.assert_array_equal(outputs(path, X), X)


def test_names_with_dots_and_names_that_are_taken(tmp_path):
    nodes = {
        "readout": nir.Input([4]),
        "lif.sum": nir.Linear(np.eye(4, dtype=F)),
        "exit": nir.Linear(np.eye(4, dtype=F)),
        "lif": lif(),
        "o.u.t": nir.Output([4]),
    }
    edges = [
        ("readout", "lif.sum"),
        ("readout", "exit"),
        ("lif.sum", "lif"),
        ("exit", "lif"),
        ("lif", "o.u.t"),
    ]
    graph = read(save(tmp_path / "n.nir", nodes, edges), framework="nir").graph
    assert [node.name for node in graph] == [
        "readout",
        "exit",
        "lif.sum",
        "lif.sum.2",
        "lif",
        "o.u.t",
        "exit.2",
    ]
    assert isinstance(graph["lif.sum.2"], Add)


@pytest.mark.parametrize("mode", ["sum", "mean"])
def test_options_of_the_readout_and_the_input(tmp_path, mode):
    path = save(tmp_path / "n.nir", ends((4,), (4,), w=nir.Linear(np.eye(4, dtype=F))))
    graph = read(path, readout=mode, encoding="spikes", timesteps=7, low=-1, high=2).graph
    assert graph.readout.mode == mode and graph.timesteps == 7
    assert (graph.input.encoding, graph.input.low, graph.input.high) == ("spikes", -1.0, 2.0)
