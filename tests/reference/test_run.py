"""The reference as a whole: graphs run as docs/ir.md says, one input at a time or many."""

from __future__ import annotations

import numpy as np
import pytest
from effort import effort
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scalar_network import run_scalar
from strategies import graphs, random_graph

from snnrt import GraphBuilder
from snnrt.errors import DataError
from snnrt.ir.graph import Add, Dense, Edge, Exit, Flatten, Graph, Input, Neuron, Readout, arithmetic_of
from snnrt.network import Network
from snnrt.reference.run import Reference

QUICK = settings(max_examples=effort(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def tiny(numbers: str = "float32", **exit_options: object) -> Graph:
    """Constant input of two, dense to two IF neurons, readout."""
    integer = numbers == "int8"
    weights = np.array([[1, 0], [0, 1]], np.int8 if integer else np.float32)
    threshold = np.array(2, np.int32 if integer else np.float32)
    membrane = np.array(32768, np.int32) if integer else np.array(1.0, np.float32)
    return Graph(
        (
            Input("input", (), (2,), scale=1.0, peak=3, high=3.0),
            Dense("dense", (Edge("input"),), (2,), weights=weights),
            Neuron("lif", (Edge("dense"),), (2,), membrane=membrane, threshold=threshold, reset="subtract"),
            Readout("readout", (Edge("lif"),), (2,), scale=np.ones(2, np.float32) if integer else None),
            Exit("exit", (Edge("readout"),), (2,), **exit_options),  # type: ignore[arg-type]
        ),
        timesteps=4,
        arithmetic=arithmetic_of(numbers),
    )


@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_by_hand(numbers: str) -> None:
    """Currents 1 and 3 a step, θ = 2, soft reset: v = 1, 0*, 1, 0* and 1*, 2*, 3*, 4* (* spike)."""
    result = Reference(tiny(numbers)).run(np.array([[1.0, 3.0]]), record=("spikes", "membranes"))
    assert result.spikes["lif"][0].tolist() == [[0, 1], [1, 1], [0, 1], [1, 1]]
    assert result.membranes["lif"][0].tolist() == [[1, 1], [0, 2], [1, 3], [0, 4]]
    assert result.logits.tolist() == [[2.0, 4.0]]
    assert result.predictions.tolist() == [1]
    assert result.timesteps.tolist() == [4]
    assert np.isnan(result.scores).all()
    counts = result.counts
    assert counts.nodes == ("input", "dense", "lif", "readout", "exit")
    assert counts.spikes[0].tolist() == [0, 0, 6, 0, 0]
    assert counts.neuron_updates[0].tolist() == [0, 0, 8, 0, 0]
    # the dense is static: its rows are driven once an input
    assert counts.row_activations[0].tolist() == [0, 2, 0, 0, 0]
    assert counts.synaptic_operations[0].tolist() == [0, 4, 0, 0, 0]
    assert counts.active_windows[0].tolist() == [0, 1, 0, 0, 0]


@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_exit_stops_each_input_by_itself(numbers: str) -> None:
    graph = tiny(numbers, rule="confidence", threshold=0.85)
    x = np.array([[0.0, 3.0], [0.0, 0.0], [1.0, 3.0]])
    result = Reference(graph).run(x, record=("spikes",))
    # a lead of two spikes passes 0.85: after (0, 2) at t = 2, (1, 3) at t = 3; zeros never
    assert result.timesteps.tolist() == [2, 4, 3]
    assert result.scores[0] == pytest.approx(1 / (1 + np.exp(-2)), abs=1e-4)
    assert result.spikes["lif"][0, 2:].sum() == 0
    assert result.counts.timesteps.tolist() == [2, 4, 3]
    assert result.counts.neuron_updates[:, 2].tolist() == [4, 8, 6]
    overridden = Reference(graph).run(x, exit="never")
    assert overridden.timesteps.tolist() == [4, 4, 4]
    assert Reference(graph).run(x, exit="confidence:0.6").timesteps.tolist() == [1, 4, 1]
    assert Reference(graph).run(x, timesteps=1).timesteps.tolist() == [1, 1, 1]


@QUICK
@given(st.data(), st.sampled_from(["float32", "int8"]))
def test_together_is_as_alone(data: st.DataObject, numbers: str) -> None:
    graph, x = data.draw(graphs(numbers))
    reference = Reference(graph)
    together = reference.run(x, record=("spikes", "membranes"))
    for index in range(len(x)):
        alone = reference.run(x[index : index + 1], record=("spikes", "membranes"))
        np.testing.assert_array_equal(alone.logits[0], together.logits[index])
        assert alone.timesteps[0] == together.timesteps[index]
        for field in ("spikes", "membranes"):
            for name, recorded in getattr(alone, field).items():
                np.testing.assert_array_equal(recorded[0], getattr(together, field)[name][index])
        for field in alone.counts.FIELDS:
            np.testing.assert_array_equal(
                getattr(alone.counts, field)[0], getattr(together.counts, field)[index]
            )


@QUICK
@given(st.data(), st.sampled_from(["float32", "int8"]))
def test_is_what_loops_over_single_values_give(data: st.DataObject, numbers: str) -> None:
    """Element by element in plain Python, in the stored order of docs/ir.md."""
    graph, x = data.draw(graphs(numbers))
    x = x[:1]
    if data.draw(st.booleans()):
        nodes = (n.with_(channels_last=True) if isinstance(n, Flatten) else n for n in graph)
        graph = graph.with_(nodes=tuple(nodes))
    result = Reference(graph).run(x, record=("spikes", "membranes"), exit="never")
    expected = run_scalar(graph, x[0])
    for name, recorded in expected.outputs.items():
        if name in result.spikes:
            np.testing.assert_array_equal(result.spikes[name][0], recorded)
    for name, recorded in expected.membranes.items():
        scale = graph[name].scale
        if scale is None:
            # an int32 above 2²⁴ is rounded, once, to the float32 that is reported
            np.testing.assert_array_equal(result.membranes[name][0], recorded.astype(np.float32))
    assert result.counts.row_activations[0].tolist() == expected.row_activations
    assert result.counts.synaptic_operations[0].tolist() == expected.synaptic_operations
    assert result.counts.active_windows[0].tolist() == expected.active_windows
    assert result.counts.capped_updates[0].tolist() == expected.capped_updates
    if numbers == "float32" and graph.readout.mode == "sum":
        np.testing.assert_array_equal(result.logits[0], np.asarray(expected.accumulator, np.float32))


def test_a_delayed_edge_reads_the_step_before() -> None:
    """The neuron's own spike comes back one step later and inhibits it."""
    one = np.ones((1, 1), np.float32)
    graph = Graph(
        (
            Input("input", (), (1,)),
            Dense("drive", (Edge("input"),), (1,), weights=one),
            Add("sum", (Edge("drive"), Edge("feedback", 1)), (1,)),
            Neuron(
                "lif",
                (Edge("sum"),),
                (1,),
                membrane=np.zeros((), np.float32),
                threshold=np.ones((), np.float32),
            ),
            Dense("feedback", (Edge("lif"),), (1,), weights=-one),
            Readout("readout", (Edge("lif"),), (1,)),
            Exit("exit", (Edge("readout"),), (1,)),
        ),
        timesteps=5,
    )
    result = Reference(graph).run(np.ones((1, 1)), record=("spikes",))
    assert result.spikes["lif"][0, :, 0].tolist() == [1, 0, 1, 0, 1]


def test_a_flatten_is_summed_channel_last() -> None:
    """1e8 − 1e8 + 1 in float32: the order decides what is left."""
    # graph order (c, y, x): c0 = (1e8, −1e8), c1 = (1, 0); stored order: 1e8, 1, −1e8, 0
    graph = Graph(
        (
            Input("input", (), (2, 1, 2), low=-1e8, high=1e8),
            Flatten("flatten", (Edge("input"),), (4,)),
            Dense("dense", (Edge("flatten"),), (1,), weights=np.ones((1, 4), np.float32)),
            Readout("readout", (Edge("dense"),), (1,)),
            Exit("exit", (Edge("readout"),), (1,)),
        ),
        timesteps=1,
    )
    x = np.array([1e8, -1e8, 1.0, 0.0], np.float32).reshape(1, 2, 1, 2)
    assert Reference(graph).run(x).logits.tolist() == [[0.0]]
    swapped = x.reshape(2, 2).T.reshape(1, 2, 1, 2)  # c0 = (1e8, 1), c1 = (−1e8, 0): stored 1e8, −1e8, 1, 0
    assert Reference(graph).run(swapped).logits.tolist() == [[1.0]]


def test_inputs_are_quantised_half_to_even_and_clipped() -> None:
    graph = tiny("int8")
    graph = graph.with_(
        nodes=(graph.input.with_(scale=0.5, peak=3, low=-100.0, high=100.0), *graph.nodes[1:])
    )
    result = Reference(graph).run(np.array([[0.25, 0.75]]), record=("membranes",), timesteps=1)
    assert result.membranes["lif"][0, 0].tolist() == [0.0, 0.0]  # 0.5 → 0, 1.5 → 2: fires, 2 − θ = 0
    clipped = Reference(graph).run(np.array([[-100.0, 100.0]]), record=("membranes",), timesteps=1)
    assert clipped.membranes["lif"][0, 0].tolist() == [-3.0, 1.0]


def test_a_device_multiplies_in_its_place() -> None:
    calls = []

    class Exact:
        def multiply(self, node: Dense, rows: np.ndarray, *, group: int = 0) -> np.ndarray:
            assert rows.dtype == np.int16 and rows.flags.c_contiguous
            size = node.weights.shape[0] // getattr(node, "groups", 1)
            weights = node.weights[group * size : (group + 1) * size].reshape(size, -1)
            calls.append((node.name, group))
            return (rows.astype(np.int64) @ weights.T.astype(np.int64)).astype(np.int32)

    grouped = 0
    for seed in range(40):
        graph, x = random_graph(np.random.default_rng(seed), "int8")
        own, device = Reference(graph).run(x), Reference(graph, Exact()).run(x)
        np.testing.assert_array_equal(own.logits, device.logits)
        grouped += any(group for _, group in calls)
        names = {node.name for node in graph if node.kind in ("dense", "conv2d")}
        assert {name for name, _ in calls} == names
        calls.clear()
    assert grouped
    with pytest.raises(DataError, match="int8"):
        Reference(tiny(), Exact())


def test_peaks_are_the_largest_membranes() -> None:
    peaks = Reference(tiny("int8")).peaks(np.array([[1.0, 3.0], [0.0, 1.0]]))
    # before the reset: 3, 4, 5, 6 in the second neuron
    assert peaks == {"lif": 6.0}


def test_progress_reaches_the_end() -> None:
    seen = []
    Reference(tiny()).run(np.ones((300, 2)), progress=lambda done, inputs: seen.append((done, inputs)))
    assert seen[-1] == (300, 300) and len(seen) > 1


@pytest.mark.parametrize(
    ("x", "word"),
    [
        (np.zeros((3, 4)), "shape"),
        (np.zeros((0, 2)), "at least one input"),
        (np.zeros(2), "shape"),
        (np.array([[np.nan, 0.0]]), "finite"),
        (np.array([[np.inf, 0.0]]), "finite"),
        (np.array([[1e300, 0.0]]), "expected values in"),
        (np.array([["a", "b"]]), "numbers"),
    ],
)
def test_bad_inputs_are_refused(x: np.ndarray, word: str) -> None:
    with pytest.raises(DataError, match=word):
        Reference(tiny()).run(x)


def test_bad_options_are_refused() -> None:
    reference, x = Reference(tiny()), np.zeros((1, 2))
    with pytest.raises(DataError, match="record"):
        reference.run(x, record=("currents",))
    with pytest.raises(DataError, match="threshold"):
        reference.run(x, exit="entropy")
    with pytest.raises(DataError, match="median"):
        reference.run(x, exit="median:0.5")
    with pytest.raises(DataError, match="timesteps"):
        reference.run(x, timesteps=0)


@pytest.mark.parametrize("device", ["reference", "cpu:portable", "cpu"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_readout_stops_at_the_ends_of_int32(device: str, sign: int) -> None:
    """Three currents near 2^30 pass 2^31: the sum stays at the end, and what follows counts from there."""
    g = GraphBuilder(
        256, encoding="spikes", arithmetic="integer", timesteps=4, low=-1.0, scale=2**-15, peak=32767
    )
    weights = np.zeros((2, 256), np.int8)
    weights[0] = 127
    graph = g.finish(g.dense(g.input, weights, scale=np.ones(2)), scale=np.ones(2))
    x = np.full((1, 4, 256), sign * 32767 * 2.0**-15, np.float32)
    x[:, 3] *= -1
    current = sign * 256 * 127 * 32767
    assert 2 * abs(current) < 2**31 < 3 * abs(current)
    end = 2**31 - 1 if sign > 0 else -(2**31)
    for steps, expected in ((2, 2 * current), (3, end), (4, end - current)):
        logits = Network(graph).run(x[:, :steps], device=device, timesteps=steps).logits
        assert logits.tolist() == [[float(np.float32(expected)), 0.0]]
