"""The C core, with every kernel set, gives the NumPy reference's bits: random graphs, the demo network."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from device_networks import device_graph
from effort import effort
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mechanism_network import mechanism_network
from strategies import graphs, random_graph
from wide_networks import saturating_graph, wide_graph

import snnrt
from snnrt import GraphBuilder
from snnrt.devices.cpu import kernel_sets
from snnrt.ir.exit_choice import Exit, Term
from snnrt.ir.graph import Graph
from snnrt.network import Network
from snnrt.reference.run import Reference
from snnrt.results.counts import Counts
from snnrt.results.result import Result

NUMBERS = ("int8", "float32")
KERNELS = kernel_sets()
RECORD = ("spikes", "membranes")
DEMO = Path(__file__).parents[2] / "examples" / "models" / "digits_conv.nir"
# an example is a whole network with every kernel set: its time says nothing about a fault
SETTINGS = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def assert_same(expected: Result, found: Result) -> None:
    """Every bit of two results, NaN being equal to NaN; counts of the nodes that both have."""
    for field in ("predictions", "timesteps", "scores", "logits"):
        np.testing.assert_array_equal(getattr(found, field), getattr(expected, field), err_msg=field)
    for recorded in RECORD:
        assert getattr(found, recorded).keys() == getattr(expected, recorded).keys()
        for name, values in getattr(expected, recorded).items():
            what = f"{recorded} of {name}"
            np.testing.assert_array_equal(getattr(found, recorded)[name], values, err_msg=what)
    places = [found.counts.nodes.index(name) for name in expected.counts.nodes]
    for field in Counts.FIELDS:
        np.testing.assert_array_equal(
            getattr(found.counts, field)[:, places], getattr(expected.counts, field), err_msg=field
        )


def check(graph: Graph, x: np.ndarray) -> None:
    """The graph in the core with every kernel set, and the graph read back from its file."""
    network = Network(graph)
    expected = Reference(network.graph).run(x, record=RECORD)
    given_graph = Reference(graph).run(x)
    for field in ("predictions", "timesteps", "logits"):
        np.testing.assert_array_equal(getattr(given_graph, field), getattr(expected, field))
    raw = network.to_bytes()
    decoded = Network.from_bytes(raw)
    assert decoded.to_bytes() == raw
    assert_same(expected, Reference(decoded.graph).run(x, record=RECORD))
    for kernels in KERNELS:
        assert_same(expected, network.run(x, record=RECORD, kernels=kernels))
    assert_same(expected, decoded.run(x, record=RECORD))


@pytest.mark.parametrize("numbers", NUMBERS)
def test_each_mechanism_of_neurons(numbers):
    graph, x = mechanism_network(numbers)
    check(graph, x)
    spikes = Reference(graph).run(x, record=("spikes",)).spikes
    assert all(0.01 < np.mean(fired > 0) < 0.99 for fired in spikes.values())


@pytest.mark.parametrize("numbers", NUMBERS)
def test_random_graphs(numbers):
    @settings(SETTINGS, max_examples=effort(80))
    @given(graphs(numbers))
    def run(case):
        check(*case)

    run()


@pytest.mark.parametrize("numbers", NUMBERS)
def test_wide_graphs(numbers):
    @settings(SETTINGS, max_examples=effort(80))
    @given(st.integers(0, 2**32 - 1))
    def run(seed):
        check(*wide_graph(np.random.default_rng(seed), numbers))

    run()


@pytest.mark.parametrize("numbers", NUMBERS)
def test_device_graphs(numbers):
    @settings(SETTINGS, max_examples=effort(25))
    @given(st.integers(0, 2**32 - 1))
    def run(seed):
        check(*device_graph(np.random.default_rng(seed), numbers))

    run()


def test_a_constant_current_that_comes_a_step_late():
    """Neurons without a current in the first timestep, which have one from the second on."""
    g = GraphBuilder((8, 4, 5), timesteps=4, arithmetic="integer", scale=1.0, peak=9, high=9.0)
    late = g.delayed("conv", (8, 4, 5))
    x = g.neuron(late, membrane=16384, threshold=40, reset="subtract", name="it")
    g.conv2d(g.input, np.full((8, 8, 1, 1), 2, np.int8), name="conv")
    x = g.dense(g.flatten(x), np.ones((2, 160), np.int8))
    graph = g.finish(x, scale=np.ones(2))
    images = np.random.default_rng(3).integers(0, 10, (3, 8, 4, 5)).astype(np.float32)
    assert Reference(graph).run(images, record=RECORD).spikes["it"].any()
    check(graph, images)


def test_sums_at_the_ends_of_int32():
    @settings(SETTINGS, max_examples=effort(80))
    @given(st.integers(0, 2**32 - 1))
    def run(seed):
        check(*saturating_graph(np.random.default_rng(seed)))

    run()


@pytest.mark.parametrize("numbers", NUMBERS)
def test_other_exit_rules_and_more_steps_than_the_model_has(numbers):
    rng = np.random.default_rng(8)
    for _ in range(effort(12)):
        graph, x = random_graph(rng, numbers)
        network = Network(graph)
        rules = [("never", 0.0)]
        if graph.readout.shape[0] > 1:
            rules += [("entropy", float(rng.random())), ("confidence", float(rng.random()))]
        for rule, threshold in rules:
            steps = graph.timesteps
            if graph.input.encoding == "constant":
                steps += 5
            options = {"exit": Exit(rule, threshold), "timesteps": steps, "record": RECORD}
            expected = Reference(network.graph).run(x, **options)
            for kernels in KERNELS:
                assert_same(expected, network.run(x, kernels=kernels, **options))


def random_exit(rng: np.random.Generator, classes: int) -> Exit:
    """Any rule, or several of them, in force in some timesteps."""
    rules = ["patience", "budget"] + ["entropy", "confidence", "margin"] * (classes > 1)
    terms = []
    for _ in range(int(rng.integers(1, 7))):
        rule = str(rng.choice(rules))
        threshold = int(rng.integers(1, 5)) if rule in ("patience", "budget") else float(rng.random())
        first = int(rng.integers(1, 4))
        last = int(rng.choice([first, first + 2, 65535]))
        terms.append(Term(rule, threshold, first, last, bool(rng.random() < 0.4)))
    terms[-1] = replace(terms[-1], joined=False)
    return Exit("combined", terms=tuple(terms))


@pytest.mark.parametrize("numbers", NUMBERS)
def test_rules_of_several_terms(numbers):
    rng = np.random.default_rng(9)
    for _ in range(effort(30)):
        graph, x = random_graph(rng, numbers)
        network = Network(graph)
        graph = network.graph
        classes = graph.readout.shape[0]
        chosen = [random_exit(rng, classes), Exit.patience(int(rng.integers(1, 4))), Exit.budget(2)]
        if classes > 1:
            chosen.append(Exit.margin(float(rng.random())))
        for exit in chosen:
            expected = Reference(graph).run(x, exit=exit)
            of_file = Network.from_bytes(Network(graph.with_exit(exit)).to_bytes())
            # thresholds are float32 in a file, and shown by their shortest decimals
            assert Exit.of(str(of_file.exit)) == of_file.exit
            for kernels in KERNELS:
                assert_same(expected, network.run(x, exit=exit, kernels=kernels))
                assert_same(expected, of_file.run(x, kernels=kernels))


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    from snnrt.data.load import load_dataset

    return load_dataset("digits").x[:48]


@pytest.fixture(scope="module")
def demo() -> Path:
    if not DEMO.is_file():
        assert os.environ.get("CI") != "true", f"{DEMO} is missing; examples/train_digits.py makes it"
        pytest.skip(f"needs {DEMO}")
    return DEMO


@pytest.mark.parametrize("numbers", NUMBERS)
def test_demo_network(numbers, demo, digits):
    network = snnrt.convert(demo, numbers=numbers, calibrate=digits if numbers == "int8" else None)
    for rule, threshold in (("never", 0.0), ("entropy", 1e-3)):
        options = {"exit": Exit(rule, threshold), "record": RECORD}
        expected = Reference(network.graph).run(digits, **options)
        assert rule == "never" or len(set(expected.timesteps)) > 1
        for kernels in KERNELS:
            assert_same(expected, network.run(digits, kernels=kernels, **options))


@pytest.mark.long
@pytest.mark.parametrize("numbers", NUMBERS)
@pytest.mark.parametrize("block", range(8))
def test_many_random_and_wide_graphs(numbers, block):
    for seed in range(block * 250, (block + 1) * 250):
        for make in (random_graph, wide_graph, device_graph):
            graph, x = make(np.random.default_rng((seed, 99)), numbers)
            try:
                check(graph, x)
            except AssertionError as error:
                raise AssertionError(f"{make.__name__}, seed ({seed}, 99), {numbers}: {error}") from None
