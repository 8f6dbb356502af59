"""The comparison with CMSIS-NN: its data are whole, its networks are those it says, and a core counts one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from device_programs import need_core

import snnrt
from snnrt.errors import SnnrtError
from snnrt.ir.graph import Conv2d, Dense

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "against_cmsis_nn"))

from break_even_fit import Fit, fit, operations, shades
from compare import HERE, node_table
from comparison_page import PAGE, tables, with_tables
from comparison_results import RESULTS, Results, Subject, answers_of, sha256
from core_counts import alike, measure, node_instructions
from ordinary_layers import ORDINARY, activation_bytes, instructions, read_counts, weight_bytes
from rivals import Trained, cheapest, read_trained, twin_of
from spiking_networks import SPIKING

CORES = {"cortex-m0", "cortex-m3", "cortex-m4", "cortex-m33", "cortex-m55"}


@pytest.fixture(scope="module")
def network():
    return snnrt.load(HERE / "conv_pool.snnrt")


@pytest.fixture(scope="module")
def x():
    rng = np.random.default_rng(0)
    return (rng.random((2, 1, 28, 28)) * (rng.random((2, 1, 28, 28)) < 0.5)).astype(np.float32)


@pytest.fixture(scope="module")
def results():
    return Results.of_json(RESULTS.read_text("utf-8"))


@pytest.mark.parametrize("name", ORDINARY)
def test_every_layer_has_a_count_on_every_core(name):
    counts = read_counts()
    assert set(counts) == CORES
    assert all(instructions(counts, core, name) > 0 for core in CORES)
    assert activation_bytes(name) > 0 and weight_bytes(name) > 0


def test_layers_add_up():
    assert instructions(read_counts(), "cortex-m4", "conv_pool") == 3_342_449
    # 28 × 28 × 16 read and 14 × 14 × 16 written, and two windows of 3 × 3 × 16 as int16
    assert activation_bytes("conv_pool") == 28 * 28 * 16 + 14 * 14 * 16 + 576
    assert weight_bytes("dense") == 784 * 128 + 128 * 128 + 1280 + 12 * (128 + 128 + 10)


def test_what_is_no_table_of_counts_is_named(tmp_path):
    path = tmp_path / "counts.csv"
    path.write_text("core,layer\ncortex-m4,conv\n")
    with pytest.raises(SnnrtError, match=r"counts.csv: expected lines of core,layer,kernel"):
        read_counts(path)
    with pytest.raises(SnnrtError, match=r"expected a count of conv,3,1,28,1,16 on cortex-m4 \(conv_pool\)"):
        instructions({"cortex-m4": {}}, "cortex-m4", "conv_pool")


@pytest.mark.parametrize("name", SPIKING)
def test_a_network_has_the_layers_that_are_counted(name):
    graph = snnrt.load(HERE / f"{name}.snnrt").graph
    found = []
    for node in graph:
        if isinstance(node, Dense):
            found.append(("dense", node.weights.shape[1], node.weights.shape[0], 0))
        elif isinstance(node, Conv2d):
            outputs, inputs, _, kernel = node.weights.shape
            kind = "depthwise" if node.groups > 1 else "conv"
            found.append((kind, inputs * node.groups, outputs, kernel))
    layers = [one for one in SPIKING[name].layers if one.weighted]
    assert found == [(one.kind, one.inputs, one.outputs, one.kernel) for one in layers]
    shapes = [node.shape for node in graph if isinstance(node, Conv2d)]
    assert shapes == [
        (one.outputs, one.output_size, one.output_size) for one in layers if one.kind != "dense"
    ]
    assert graph.exit.rule == "entropy" and graph.integer


def test_a_core_counts_one(network, x, tmp_path):
    core = need_core("cortex-m4")
    found = measure(core, network, x)
    assert found.static[0] < found.instructions <= found.static[3] + 4 * found.fit.rule
    assert 0 < found.fit.error < 0.05
    assert found.at(found.timesteps) == found
    longer = found.at(found.timesteps + 0.5).instructions - found.instructions
    later = (found.static[3] - found.static[0]) / 3
    assert longer == pytest.approx((later + found.fit.rule) / 2)
    nodes = node_instructions(core, network, x, tmp_path / "nodes")
    # those that report, against those that do not
    assert sum(nodes.values()) == pytest.approx(found.instructions, rel=0.01)
    assert node_table(network, {"cortex-m4": nodes}, x).count("\n") == len(nodes) + 1
    answers = answers_of(HERE / "conv_pool.snnrt", network, "short", x, network.run(x).predictions)
    assert answers.accuracy == 1.0 and 0 < answers.share < 1
    measured = Results(len(x), {"conv_pool": Subject(answers, {"cortex-m4": found})})
    assert Results.of_json(measured.to_json()) == measured
    assert f"| cortex-m4 | {found.instructions:,.0f} |" in tables(measured, read_trained(), read_counts())


def test_the_fit_finds_what_made_the_instructions(network, x):
    wide = shades(x)
    counted = operations(network, wide)
    steps = 500 + 3 * counted
    steps[:, 0] += 7000
    ended = steps[:2].copy()
    ended[:, 0] += 40
    found = fit(network, wide, steps.sum(1) + 1000, steps, ended, 2)
    expected = (8000, 7000, 500, 40)
    assert (found.once, found.front, found.step, found.rule) == pytest.approx(expected, rel=1e-6)
    assert found.operation == pytest.approx(3) and found.error < 1e-9
    # behind the first layer: 9 · 16 · 32 synapses of 14 × 14 outputs, less those into padding, and dense
    assert found.synapses == (3 * 14 - 2) ** 2 * 16 * 32 + 1568 * 10


def test_break_even_is_where_both_take_the_same():
    found = Fit(once=1000, front=600, step=200, rule=10, operation=2.0, error=0.0, synapses=5000)
    share = found.even(9000, 1.5, exits=True)
    assert 1000 + 1.5 * (210 + 2.0 * share * 5000) == pytest.approx(9000)
    assert found.even(1000, 4, exits=False) < 0
    again = found.even(9000, 3, exits=False, again=True)
    assert 1000 + 2 * 600 + 3 * (200 + 2.0 * again * 5000) == pytest.approx(9000)


def test_the_rival_is_the_cheapest_that_is_as_accurate():
    counts = read_counts()
    trained = [Trained(name, "full", right, right) for name, right in
               (("conv_pool", 0.91), ("conv_stride", 0.90), ("dense_64", 0.88))]  # fmt: skip
    for accuracy, name in ((0.905, "conv_pool"), (0.90, "conv_stride"), (0.5, "dense_64")):
        rival = cheapest(accuracy, "full", trained, counts, "cortex-m0")
        assert rival is not None and rival[0].name == name
        assert rival[1] == instructions(counts, "cortex-m0", name)
    assert cheapest(0.92, "full", trained, counts, "cortex-m0") is None
    assert cheapest(0.5, "short", trained, counts, "cortex-m0") is None
    assert twin_of("conv_pool", "full", trained) is trained[0]
    with pytest.raises(SnnrtError, match="--ordinary dense --recipe full trains it"):
        twin_of("dense", "full", trained)


def test_the_page_states_what_was_measured(results):
    page = PAGE.read_text("utf-8")
    assert with_tables(page, tables(results, read_trained(), read_counts())) == page


def test_the_results_are_of_the_networks_that_are_there(results):
    assert list(results.networks) == list(SPIKING)
    for name, subject in results.networks.items():
        assert subject.answers.model_sha256 == sha256(HERE / f"{name}.snnrt")
        assert subject.answers.recipe == SPIKING[name].twin_recipe
        assert set(subject.cores) == CORES
        assert subject.answers.images == 5_000


def test_other_results_are_refused(results):
    text = replace(results, networks={}).to_json()
    assert Results.of_json(text).networks == {}
    for bad in ("", "[]", "{}", text.replace('"format": 1', '"format": 2')):
        with pytest.raises(SnnrtError, match=r"results.json: expected what compare.py --write wrote"):
            Results.of_json(bad)


def test_inputs_are_chosen_that_exit_as_all_do():
    timesteps = np.repeat([4, 1, 2], (10, 70, 20))
    chosen = alike(timesteps, 20)
    assert len(set(chosen)) == 20
    assert timesteps[chosen].mean() == pytest.approx(timesteps.mean(), abs=0.05)
    assert len(alike(timesteps, 500)) == 100
