"""float32 → int8: what comes out is valid, close, and exact where it can be."""

from __future__ import annotations

import numpy as np
import pytest
from effort import effort
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from quantised_networks import agreement, f, lif, network, spike_input, vector_network
from strategies import graphs, random_graph

from snnrt.converters.passes.quantise import compact, quantise
from snnrt.errors import DataError, ModelError
from snnrt.ir.graph import (
    Add,
    AvgPool2d,
    Conv2d,
    Dense,
    Edge,
    Flatten,
    Graph,
    Input,
    Neuron,
    SumPool2d,
)
from snnrt.reference.run import Reference


def test_random_graphs_quantise_closely() -> None:
    """Few spikes differ over many random networks, whose thresholds and gains are far from trained ones."""
    shares, refused = [], 0
    for seed in range(effort(60, 16)):
        graph, x = random_graph(np.random.default_rng(seed), "float32", device=True, inputs=4)
        if graph.input.peak != 1:
            x = np.clip(x, graph.input.low, graph.input.high)
        try:
            quantised = quantise(graph, x if seed % 2 else None)
        except ModelError:
            refused += 1
            continue
        shares.append(agreement(graph, quantised, x)[0])
    assert refused <= 4
    assert np.mean(shares) > 0.985


@settings(max_examples=effort(30), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from([None, 16, 32]))
def test_result_is_valid_or_refused(data: st.DataObject, state_bits: int | None) -> None:
    """quantise() itself checks what it returns; it must run, too."""
    graph, x = data.draw(graphs("float32"))
    try:
        quantised = quantise(graph, x, state_bits)
    except ModelError as error:
        assert "\n" not in str(error) and "node" in str(error)
        return
    bits = {node.state_bits for node in quantised if isinstance(node, Neuron)}
    assert state_bits is None or bits <= {state_bits}
    assert np.isfinite(Reference(quantised).run(x).logits).all()


def test_weights_bias_and_threshold_share_a_unit() -> None:
    graph = vector_network()
    quantised = quantise(graph)
    first, neuron = quantised["first"], quantised["lif"]
    assert np.abs(first.weights.astype(int)).max(axis=1).tolist() == [127] * 30
    np.testing.assert_allclose(
        first.weights * first.scale[:, None], graph["first"].weights, atol=0.51 * first.scale.max()
    )
    np.testing.assert_allclose(neuron.threshold * first.scale, 1.0, atol=0.51 * first.scale.max())
    np.testing.assert_array_equal(neuron.scale, first.scale)
    assert neuron.membrane == round(0.9 * 32768)
    second, readout = quantised["second"], quantised.readout
    np.testing.assert_allclose(
        second.bias * second.scale, graph["second"].bias, atol=0.51 * second.scale.max()
    )
    np.testing.assert_array_equal(readout.scale, second.scale)


def test_spikes_and_logits_stay_close() -> None:
    graph = vector_network()
    share, errors = agreement(graph, quantise(graph), spike_input(graph))
    assert share > 0.99
    assert errors.max() < 0.05


@pytest.mark.parametrize(
    "fields",
    [
        {"membrane": f(0.2), "integration": "euler", "leak": f(0.3), "gain": f(1.5)},
        {"membrane": f(3.0), "integration": "divide", "leak": f(-0.2), "bias": f(0.1)},
        {"membrane": f(3.0), "integration": "divide_leak", "leak": f(0.4)},
        {"membrane": f(0.1), "integration": "euler", "synapse": f(0.3), "synapse_order": "use_then_decay"},
        {"synapse": f(0.7), "synapse_order": "previous", "reset_value": f(-0.4), "reset": "value"},
        {"synapse": f(0.6), "synapse_order": "add_then_decay", "strict": True, "lower_bound": f(-0.5)},
        {"multiple": True, "max_spikes": 7, "initial": f(0.9)},
        {"reset_next": True, "membrane": f(np.linspace(0.5, 1.0, 30))},
        {"gain": f(np.linspace(0.3, 2.0, 30))},
    ],
    ids=lambda fields: "-".join(fields),
)
def test_every_neuron_s_rules_fold(fields: dict) -> None:
    graph = vector_network(**fields)
    quantised = quantise(graph)
    share, errors = agreement(graph, quantised, spike_input(graph))
    assert share > 0.97
    assert errors.max() < 0.12
    neuron = quantised["lif"]
    assert neuron.integration == "decay" and neuron.gain is None and neuron.leak is None


def test_weights_on_a_grid_stay_exact() -> None:
    """Weights, thresholds and decays that int8 can hold: not one spike differs, ties included."""
    rng = np.random.default_rng(5)
    graph = network(
        Input("input", (), (12,), encoding="spikes"),
        Dense("first", (Edge("input"),), (20,), weights=f(rng.integers(-6, 9, (20, 12)) / 8)),
        lif("lif", "first", (20,), membrane=f(1.0), threshold=f(0.75)),
        Dense("second", (Edge("lif"),), (4,), weights=f(rng.integers(-3, 4, (4, 20)) / 4)),
        lif("out", "second", (4,), membrane=f(1.0), threshold=f(1.0), strict=True),
        classes=4,
    )
    share, errors = agreement(graph, quantise(graph), spike_input(graph))
    assert share == 1.0
    assert errors.max() == 0.0


def test_average_pooling_becomes_sums() -> None:
    rng = np.random.default_rng(2)
    graph = network(
        Input("input", (), (2, 6, 6), encoding="spikes"),
        Conv2d(
            "conv",
            (Edge("input"),),
            (3, 6, 6),
            weights=f(rng.normal(0.1, 0.5, (3, 2, 3, 3))),
            padding=(1, 1, 1, 1),
        ),
        lif("lif", "conv", (3, 6, 6)),
        AvgPool2d("pool", (Edge("lif"),), (3, 3, 3)),
        Flatten("flatten", (Edge("pool"),), (27,)),
        Dense("dense", (Edge("flatten"),), (4,), weights=f(rng.normal(0, 0.5, (4, 27)))),
        classes=4,
    )
    quantised = quantise(graph)
    assert isinstance(quantised["pool"], SumPool2d)
    # the counts 0 … 4 stand for 0 … 1: a quarter of the weights' own unit
    largest = np.abs(graph["dense"].weights).max(axis=1) / 4 / 127
    np.testing.assert_allclose(quantised["dense"].scale, largest, rtol=1e-6)
    share, errors = agreement(graph, quantised, spike_input(graph))
    assert share > 0.99 and errors.max() < 0.05


def recurrent(analog: bool) -> Graph:
    rng = np.random.default_rng(7)
    encoding = {"encoding": "constant", "low": -1.0} if analog else {"encoding": "spikes"}
    return network(
        Input("input", (), (20,), **encoding),  # type: ignore[arg-type]
        Dense("drive", (Edge("input"),), (25,), weights=f(rng.normal(0.05, 0.4, (25, 20)))),
        Add("sum", (Edge("drive"), Edge("back", 1)), (25,)),
        lif("lif", "sum", (25,)),
        Dense("back", (Edge("lif"),), (25,), weights=f(rng.normal(0, 0.2, (25, 25)))),
        Dense("out", (Edge("lif"),), (4,), weights=f(rng.normal(0, 0.5, (4, 25)))),
        classes=4,
    )


def test_branches_of_a_loop_share_their_unit() -> None:
    graph = recurrent(analog=False)
    quantised = quantise(graph)
    np.testing.assert_array_equal(quantised["drive"].scale, quantised["back"].scale)
    largest = [np.abs(graph[name].weights).max(axis=1) for name in ("drive", "back")]
    np.testing.assert_allclose(quantised["back"].scale, np.maximum(*largest) / 127, rtol=1e-6)
    assert quantised["sum"].as_current
    assert agreement(graph, quantised, spike_input(graph))[0] > 0.98


def test_analog_input_beside_recurrent_spikes_keeps_its_weights() -> None:
    """Without scaled spikes an input of 127 levels would be left with one bit of weight."""
    graph = recurrent(analog=True)
    quantised = quantise(graph)
    assert np.abs(quantised["drive"].weights.astype(int)).max(axis=1).min() > 40
    scaled = quantised["back"].inputs[0].source
    assert scaled.startswith("lif.times")
    x = f(np.random.default_rng(0).uniform(-1, 1, (30, 20)))
    assert agreement(graph, quantised, x)[0] > 0.98


def test_a_residual_of_spikes_goes_through_an_identity() -> None:
    rng = np.random.default_rng(4)
    graph = network(
        Input("input", (), (2, 4, 4), encoding="spikes"),
        Conv2d(
            "conv",
            (Edge("input"),),
            (2, 4, 4),
            weights=f(rng.normal(0.2, 0.3, (2, 2, 3, 3))),
            padding=(1, 1, 1, 1),
        ),
        Add("sum", (Edge("conv"), Edge("input")), (2, 4, 4)),
        lif("lif", "sum", (2, 4, 4)),
        Flatten("flatten", (Edge("lif"),), (32,)),
        Dense("dense", (Edge("flatten"),), (3,), weights=f(rng.normal(0, 0.4, (3, 32)))),
        classes=3,
    )
    quantised = quantise(graph)
    identity = quantised["sum.from.input"]
    assert isinstance(identity, Conv2d) and identity.groups == 2
    np.testing.assert_array_equal(identity.scale, quantised["conv"].scale)
    assert agreement(graph, quantised, spike_input(graph))[0] > 0.98


def test_neurons_on_spikes_read_a_current() -> None:
    exact = network(
        Input("input", (), (3,), encoding="spikes"), lif("if", "input", (3,), membrane=f(1.0)), classes=3
    )
    quantised = quantise(exact)
    added = quantised[quantised["if"].inputs[0].source]
    assert isinstance(added, Add) and added.as_current and quantised["if"].threshold == 1
    leaky = network(Input("input", (), (3,), encoding="spikes"), lif("lif", "input", (3,)), classes=3)
    quantised = quantise(leaky)
    assert isinstance(quantised[quantised["lif"].inputs[0].source], Dense)
    assert quantised["lif"].threshold == 64
    assert agreement(leaky, quantised, spike_input(leaky))[0] > 0.98


def test_two_dense_layers_become_one() -> None:
    rng = np.random.default_rng(6)
    graph = network(
        Input("input", (), (10,), encoding="spikes"),
        Dense("a", (Edge("input"),), (8,), weights=f(rng.normal(size=(8, 10))), bias=f(rng.normal(size=8))),
        Dense("b", (Edge("a"),), (3,), weights=f(rng.normal(size=(3, 8)))),
        classes=3,
    )
    quantised = quantise(graph)
    assert [node.kind for node in quantised] == ["input", "dense", "readout", "exit"]
    assert agreement(graph, quantised, spike_input(graph))[1].max() < 0.02


@pytest.mark.parametrize(
    ("low", "high", "calibration", "scale", "peak"),
    [
        (0.0, 1.0, None, 1 / 255, 255),
        (-1.0, 2.0, None, 2 / 127, 127),
        (0.0, 4.0, np.linspace(0, 0.7, 4000) ** 1.5, 0.7**1.5 / 255, 255),
        (0.0, 1.0, np.arange(4000) % 17 / 16, 1 / 16, 16),
        (0.0, 1.0, np.arange(4000) % 9 / 16, 1 / 16, 16),
        (0.0, 0.0, np.zeros(400), 1 / 255, 255),
    ],
)
def test_scale_of_a_constant_input(
    low: float, high: float, calibration: np.ndarray | None, scale: float, peak: int
) -> None:
    graph = vector_network()
    node = graph.input.with_(encoding="constant", low=low, high=high)
    x = None if calibration is None else f(calibration).reshape(-1, 40)
    quantised = quantise(graph.with_(nodes=(node, *graph.nodes[1:])), x)
    if calibration is not None and not calibration.any():
        assert quantised.input.peak >= 1
        return
    assert quantised.input.scale == pytest.approx(scale, rel=1e-6)
    assert quantised.input.peak == peak


@pytest.mark.parametrize(
    ("low", "high", "values", "scale", "peak"),
    [
        (0.0, 1.0, None, 1.0, 1),
        (0.0, 3.0, None, 1.0, 3),
        (-1.0, 1.0, [-1.0, 0.0, 1.0], 1.0, 1),
        (0.0, 5.0, [0.0, 5.0], 1.0, 5),
        (0.0, 1.0, [0.0, 0.3, 0.77], 0.77 / 255, 255),
        (0.0, 0.5, None, 0.5 / 255, 255),
    ],
)
def test_scale_of_a_sequence(low: float, high: float, values: list | None, scale: float, peak: int) -> None:
    graph = vector_network()
    graph = graph.with_(nodes=(graph.input.with_(low=low, high=high), *graph.nodes[1:]))
    x = None if values is None else f(np.resize(values, (1, graph.timesteps, 40)))
    if values is not None and scale != 1.0:
        x = x[:, :, :40]
        x[0, 0] = np.linspace(0, 0.77, 40)
    quantised = quantise(graph, x)
    assert quantised.input.scale == pytest.approx(scale, rel=1e-6)
    assert quantised.input.peak == peak


def test_silent_channels_and_unreachable_thresholds() -> None:
    graph = vector_network(threshold=f(1e12))
    weights = graph["first"].weights.copy()
    weights[3] = 0.0
    weights[4] *= np.float32(1e-20)
    graph = graph.with_(nodes=tuple(n.with_(weights=weights) if n.name == "first" else n for n in graph))
    quantised = quantise(graph)
    assert not Reference(quantised).run(spike_input(graph), record=("spikes",)).spikes["lif"].any()


def test_compact_finds_the_coarsest_shape() -> None:
    shape = (2, 3, 3)
    assert compact(np.full(shape, 4.0), shape).shape == ()
    assert compact(np.broadcast_to([[[1.0]], [[2.0]]], shape), shape).tolist() == [1.0, 2.0]
    assert compact(np.arange(18.0).reshape(shape), shape).shape == shape


def replaced(graph: Graph, name: str, **changes: object) -> Graph:
    return graph.with_(nodes=tuple(n.with_(**changes) if n.name == name else n for n in graph))


def test_what_int8_cannot_express_is_refused() -> None:
    graph = vector_network()
    with pytest.raises(ModelError, match=r"'second' \(dense\).*'lif' \(neuron\).*--numbers float32"):
        quantise(replaced(graph, "lif", threshold=None))
    with pytest.raises(ModelError, match=r"'lif' \(neuron\): membrane.*--numbers float32"):
        quantise(replaced(graph, "lif", membrane=f(1.5), integration="euler"))
    with pytest.raises(ModelError, match=r"'lif' \(neuron\): gain"):
        quantise(replaced(graph, "lif", gain=f(-1.0)))
    with pytest.raises(ModelError, match="float32, found int8"):
        quantise(quantise(graph))
    with pytest.raises(ModelError, match="state_bits"):
        quantise(graph, state_bits=8)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="shape"):
        quantise(graph, np.zeros((3, 39)))


def test_a_loop_of_leaky_integrators_has_no_scale() -> None:
    graph = recurrent(analog=False)
    loop = (
        Add("mix", (Edge("drive"), Edge("li", 1)), (25,)),
        lif("li", "mix", (25,), threshold=None, gain=f(0.5)),
    )
    nodes = (
        *graph.nodes[:2],
        *loop,
        graph["sum"].with_(inputs=(Edge("li"), Edge("back", 1))),
        *graph.nodes[3:],
    )
    with pytest.raises(ModelError, match="loop"):
        quantise(graph.with_(nodes=nodes))
    # a gain of one leaves the unit as it is
    same = tuple(n.with_(gain=None) if n.name == "li" else n for n in nodes)
    quantise(graph.with_(nodes=same))


def test_an_alpha_synapse_and_its_resets() -> None:
    """Exact in any unit but for what takes the threshold off a current that has a gain."""
    alpha = {"membrane": f(0), "synapse": f(0.75), "synapse_rise": f(0.5), "strict": True, "reset_next": True}
    x = (np.random.default_rng(1).random((4, 6, 40)) < 0.3).astype(np.float32)
    for fields in ({"reset": "value", "gain": f(2.5)}, {"reset": "subtract"}):
        graph = vector_network(**alpha, reset_synapse=True, **fields)
        quantised = quantise(graph)
        assert quantised["lif"].synapse_rise == 16384
        assert agreement(graph, quantised, x)[0] > 0.96
    with pytest.raises(ModelError, match=r"gain: expected 1 in int8.*found 2.5 to 2.5; use a reset to zero"):
        quantise(vector_network(**alpha, reset_synapse=True, reset="subtract", gain=f(2.5)))
