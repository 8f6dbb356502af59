"""Whole int8 networks on a crossbar: the reference's spikes bit for bit where it is ideal."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from effort import effort
from hypothesis import given, settings
from hypothesis import strategies as st

from snnrt.devices.crossbar.device import Crossbar, CrossbarConfig
from snnrt.ir.graph import Conv2d, Dense, Edge, Exit, Flatten, Graph, Input, Neuron, Readout, SumPool2d
from snnrt.reference.run import Reference

RECORD = ("spikes", "membranes")


def network(seed: int, groups: int = 1, encoding: str = "constant", timesteps: int = 4) -> Graph:
    """Conv, LIF, sum pooling, conv, IF, flatten, dense on (2, 6, 6), with random integers."""
    random = np.random.default_rng(seed)

    def weights(*shape: int) -> np.ndarray:
        return random.integers(-127, 128, shape).astype(np.int8)

    def bias(outputs: int) -> np.ndarray:
        return random.integers(-200, 200, outputs).astype(np.int32)

    def neuron(name: str, source: str, shape: tuple[int, ...], threshold: int, membrane: int) -> Neuron:
        return Neuron(
            name,
            (Edge(source),),
            shape,
            membrane=np.array(membrane, np.int32),
            threshold=np.array(threshold, np.int32),
            reset="subtract",
        )

    peak = 255 if encoding == "constant" else 1
    return Graph(
        nodes=(
            Input("input", (), (2, 6, 6), encoding=encoding, low=-1.0, scale=1 / peak, peak=peak),
            Conv2d("conv1", (Edge("input"),), (8, 6, 6), weights(8, 2, 3, 3), bias(8), padding=(1, 1, 1, 1)),
            neuron("lif1", "conv1", (8, 6, 6), 127 * peak, 28000),
            SumPool2d("pool", (Edge("lif1"),), (8, 3, 3)),
            Conv2d(
                "conv2",
                (Edge("pool"),),
                (8, 3, 3),
                weights(8, 8 // groups, 3, 3),
                padding=(1, 1, 1, 1),
                groups=groups,
            ),
            neuron("if2", "conv2", (8, 3, 3), 300, 32768),
            Flatten("flat", (Edge("if2"),), (72,)),
            Dense("dense", (Edge("flat"),), (5,), weights(5, 72), bias(5)),
            Readout("readout", (Edge("dense"),), (5,), scale=np.full(5, 2e-3, np.float32)),
            Exit("exit", (Edge("readout"),), (5,), rule="entropy", threshold=0.5),
        ),
        timesteps=timesteps,
        arithmetic="integer",
    )


def data(graph: Graph, seed: int, inputs: int = 6) -> np.ndarray:
    random = np.random.default_rng(seed + 1)
    if graph.input.encoding == "spikes":
        return (random.random((inputs, graph.timesteps, 2, 6, 6)) < 0.3).astype(np.float32)
    return random.uniform(-1, 1, (inputs, 2, 6, 6)).astype(np.float32)


@given(
    seed=st.integers(0, 2**32 - 2),
    groups=st.sampled_from([1, 2, 8]),
    encoding=st.sampled_from(["constant", "spikes"]),
    rows=st.integers(3, 80),
    cell_bits=st.integers(1, 7),
    mapping=st.sampled_from(["differential", "offset"]),
    ratio=st.sampled_from([1.1, 10.0, np.inf]),
)
@settings(deadline=None, max_examples=effort(25))
def test_ideal_crossbar_runs_the_network_bit_for_bit(seed, groups, encoding, rows, cell_bits, mapping, ratio):
    graph = network(seed, groups, encoding)
    x = data(graph, seed)
    config = CrossbarConfig(rows=rows, cell_bits=cell_bits, mapping=mapping, on_off_ratio=ratio)
    expected = Reference(graph).run(x, record=RECORD)
    result = Reference(graph, Crossbar(config)).run(x, record=RECORD)
    for field in ("logits", "predictions", "timesteps", "scores"):
        np.testing.assert_array_equal(getattr(result, field), getattr(expected, field))
    for recorded in RECORD:
        for name, values in getattr(expected, recorded).items():
            np.testing.assert_array_equal(getattr(result, recorded)[name], values)
    for field in result.counts.FIELDS:
        np.testing.assert_array_equal(getattr(result.counts, field), getattr(expected.counts, field))


def test_the_networks_of_this_test_spike_and_exit_early():
    """Else the comparison above would compare nothing."""
    results = [Reference(graph).run(data(graph, seed)) for seed in range(10) for graph in [network(seed)]]
    assert all(result.counts.spikes.sum() > 0 for result in results)
    assert len(np.unique(np.concatenate([result.timesteps for result in results]))) > 1


@pytest.mark.parametrize("groups", [1, 4])
def test_events_are_the_counts_of_the_network(groups):
    """Where inputs are spikes, driven rows and windows that are read are what the network counts."""
    graph = network(3, groups, "spikes")
    crossbar = Crossbar()
    counts = Reference(graph, crossbar).run(data(graph, 3)).counts
    for name in ("conv1", "dense"):
        events, index = crossbar.events[name], counts.nodes.index(name)
        assert events.row_activations.sum() == counts.row_activations[:, index].sum()
        assert (
            events.windows - events.silent_windows == counts.active_windows[:, index].sum() == events.passes
        )
    conv2, index = crossbar.events["conv2"], counts.nodes.index("conv2")
    assert conv2.windows - conv2.silent_windows == counts.active_windows[:, index].sum()
    assert conv2.passes > conv2.windows - conv2.silent_windows


def test_a_poor_chip_changes_the_result_and_repeats_it():
    graph = network(3)
    x = data(graph, 3, inputs=20)
    ideal = Reference(graph).run(x)
    poor = CrossbarConfig(
        on_off_ratio=10,
        programming_error=0.2,
        programming_error_model="proportional",
        read_noise=0.05,
        adc_bits=5,
    )
    first, again = (Reference(graph, Crossbar(poor)).run(x) for _ in range(2))
    other = Reference(graph, Crossbar(dataclasses.replace(poor, seed=1))).run(x)
    np.testing.assert_array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, ideal.logits)
    assert not np.array_equal(first.logits, other.logits)
