"""What probes see is what the reference computes."""

from __future__ import annotations

import numpy as np
import pytest
from effort import effort
from strategies import random_graph

from snnrt import GraphBuilder
from snnrt.converters.passes import observe
from snnrt.converters.passes.observe import membrane_peaks, recorded, spread, synapse_inputs
from snnrt.converters.passes.quantise import quantise
from snnrt.errors import ModelError
from snnrt.ir.graph import Graph, Neuron
from snnrt.reference.run import Reference


def f(value: object) -> np.ndarray:
    return np.asarray(value, np.float32)


def test_peaks_are_the_reference_s() -> None:
    """Exactly, or at most a threshold above where a reset is taken ahead."""
    compared = 0
    for seed in range(effort(80, 20)):
        graph, x = random_graph(np.random.default_rng(seed), "float32", device=True, inputs=4)
        if graph.input.peak != 1:
            x = np.clip(x, graph.input.low, graph.input.high)
        try:
            quantised = quantise(graph, x, 32)
        except ModelError:
            continue
        found, expected = membrane_peaks(quantised, x), Reference(quantised).peaks(x)
        for name, peak in expected.items():
            node = quantised[name]
            if node.lower_bound is not None and (node.reset_next or not node.spikes):
                continue
            most = peak + 2 * int(node.threshold.max()) if node.reset_ahead else peak
            if node.lower_bound is not None:
                # v may be the bound, which u need not reach
                most = max(most, int(np.abs(node.lower_bound).max()))
            # a run records float32
            assert peak * (1 - 1e-6) <= found[name] <= most * (1 + 1e-6), (seed, name)
            compared += most == peak
    assert compared > effort(80, 20)


@pytest.mark.parametrize("decays", ["product", "shift"])
@pytest.mark.parametrize(
    "fields",
    [
        {"reset": "value", "reset_value": -0.5},
        {"reset": "subtract", "reset_next": True},
        {"synapse": 0.5, "initial": 0.75},
        {"synapse": 0.5, "synapse_order": "previous", "bias": 0.25},
        {"refractory": 2, "reset": "value"},
    ],
    ids=lambda fields: "-".join(fields),
)
def test_peaks_of_each_mechanism(fields: dict, decays: str) -> None:
    rng = np.random.default_rng(3)
    g = GraphBuilder(20, encoding="spikes", timesteps=9)
    x = g.dense(g.input, f(rng.normal(0.1, 0.5, (6, 20))), f(rng.normal(size=6)), name="dense")
    fields = {"refractory": np.full((), 2, np.int32)} | fields if "refractory" in fields else fields
    quantised = quantise(g.finish(g.lif(x, 0.75, name="lif", **fields)), None, 32, decays)
    assert quantised["lif"].shift_decay == (decays == "shift")
    inputs = f(rng.random((8, 9, 20)) < 0.4)
    assert membrane_peaks(quantised, inputs) == Reference(quantised).peaks(inputs)


def conv_network(groups: int = 2) -> Graph:
    rng = np.random.default_rng(0)
    g = GraphBuilder((2, 6, 6), encoding="spikes", timesteps=5)
    x = g.conv2d(g.input, f(rng.normal(0.2, 0.5, (4, 2 // groups, 3, 3))), groups=groups, name="first")
    x = g.avg_pool2d(g.lif(x, 0.9, name="lif"), kernel=2, stride=2)
    x = g.dense(g.flatten(x), f(rng.normal(size=(3, 16))), name="second")
    return g.finish(x)


def test_rows_are_what_a_synapse_reads() -> None:
    """The currents of all rows are among those that the layers have."""
    graph = conv_network()
    x = f(np.random.default_rng(1).random((6, 5, 2, 6, 6)) < 0.4)
    rows = synapse_inputs(graph, x)
    assert rows["first"].shape[1:] == (2, 9) and rows["second"].shape[1:] == (16,)
    # every moment of the few there are, and the pool's means of four spikes
    assert len(rows["second"]) == 30
    assert set(np.unique(rows["second"])) <= {0.0, 0.25, 0.5, 0.75, 1.0}
    spikes = Reference(graph).run(x, record=("spikes",)).spikes["lif"]
    pooled = spikes.reshape(30, 4, 2, 2, 2, 2).mean(axis=(3, 5)).reshape(30, 16)
    np.testing.assert_array_equal(rows["second"], pooled)
    windows = np.lib.stride_tricks.sliding_window_view(x.reshape(30, 2, 6, 6), (3, 3), axis=(2, 3))
    there = {part.tobytes() for part in windows.transpose(0, 2, 3, 1, 4, 5).reshape(-1, 18)}
    assert {row.ravel().tobytes() for row in rows["first"]} <= there
    np.testing.assert_array_equal(rows["first"], synapse_inputs(graph, x)["first"])


def test_parts_are_bounded_and_cover_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = conv_network()
    x = f(np.random.default_rng(1).random((7, 5, 2, 6, 6)) < 0.4)
    whole = [result.predictions for _, result in recorded(graph, x, ("spikes",))]
    assert len(whole) == 1
    # two bytes for each of 64 neurons and 5 steps: two inputs a part
    monkeypatch.setattr(observe, "_RECORDED_BYTES", 2 * 2 * 64 * 5)
    parts = list(recorded(graph, x, ("spikes",)))
    assert [(part.start, part.stop) for part, _ in parts] == [(0, 2), (2, 4), (4, 6), (6, 7)]
    np.testing.assert_array_equal(np.concatenate([result.predictions for _, result in parts]), whole[0])


def test_inputs_are_spread_over_the_data() -> None:
    x = np.arange(1000)
    assert spread(x, 5).tolist() == [0, 249, 499, 749, 999]
    assert spread(x, 1000) is x and len(spread(x, 64)) == 64


def test_a_probe_s_name_is_free() -> None:
    g = GraphBuilder(3, encoding="spikes", timesteps=2)
    x = g.if_(g.dense(g.input, f(np.eye(3))), name="a")
    pooled = g.add(x, x, name="a.sum")
    y = g.if_(g.dense(pooled, f(np.eye(3)), name="b"), name="a.sum.probe")
    graph = g.finish(y)
    rows = synapse_inputs(graph, np.ones((2, 2, 3), np.float32))
    np.testing.assert_array_equal(rows["b"], np.full((4, 3), 2.0))
    assert isinstance(graph["a.sum.probe"], Neuron)


def test_convolutions_that_go_by_rows_are_seen_too() -> None:
    """Of a graph whose rows are written, as in a file, and of one that leaves them open."""
    rng = np.random.default_rng(5)
    g = GraphBuilder((1, 8, 8), timesteps=4)
    x = g.input
    for place, channels in enumerate((1, 4)):
        x = g.conv2d(x, f(rng.normal(0.1, 0.5, (4, channels, 3, 3))), padding=1, name=f"layer{place}")
        x = g.lif(x, 0.9, name=f"lif{place}")
    graph = g.finish(g.dense(g.flatten(x), f(rng.normal(size=(3, 256)))))
    written = graph.with_(nodes=tuple(one.with_(rows=2) if one.name == "layer1" else one for one in graph))
    assert written["layer1"].rows == 2
    inputs = f(rng.random((6, 1, 8, 8)))
    graphs = [quantise(one, inputs, 32) for one in (written, graph)]
    assert membrane_peaks(graphs[0], inputs) == membrane_peaks(graphs[1], inputs)
    assert membrane_peaks(graphs[0], inputs) == Reference(graphs[0]).peaks(inputs)
