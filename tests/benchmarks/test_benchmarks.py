"""The benchmarks run, and what they compare computes the same."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from c_programs import need_compiler

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import bound
import host_limits
import table
from core_program import CoreProgram, ProgramError
from instructions import countable_kernels
from networks import demo_subject, peer_subject
from onnx_peer import onnx_peer, unrolled_onnx
from python_peers import python_peers

from snnrt.devices.batches import all_cores
from snnrt.devices.cpu import kernel_sets
from snnrt.errors import SnnrtError


@pytest.fixture(scope="module")
def peers():
    return peer_subject(4)


@pytest.fixture(scope="module")
def demo():
    return demo_subject(4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the core is compiled once."""
    need_compiler("gcc")
    return tmp_path_factory.mktemp("core")


def test_hidden_layers_fire_as_trained_ones_do():
    rates = peer_subject().firing_rates()
    assert rates["lif1"] == pytest.approx(0.10, abs=0.005)
    assert rates["lif2"] == pytest.approx(0.10, abs=0.005)


@pytest.mark.parametrize("recompute", (False, True))
def test_onnxruntime_fires_the_same_spikes(peers, recompute):
    expected = peers.float32.run(peers.x).logits
    assert expected.any()
    assert np.array_equal(onnx_peer(peers.float32.graph, 4, recompute=recompute)(peers.x), expected)


def test_onnxruntime_gives_the_demo_network_s_logits(demo):
    logits = onnx_peer(demo.float32.graph, 4)(demo.x)
    np.testing.assert_allclose(logits, demo.float32.run(demo.x).logits, atol=1e-3)


def test_unknown_nodes_have_no_onnx_form(peers):
    graph = peers.float32.graph
    odd = graph["lif1"].with_(reset="none", reset_value=None)
    nodes = tuple(odd if node.name == "lif1" else node for node in graph)
    with pytest.raises(ValueError, match="node 'lif1'"):
        unrolled_onnx(graph.with_(nodes=nodes))


def test_frameworks_fire_the_same_spikes(peers):
    frameworks = python_peers(peers.float32.graph)
    expected = peers.float32.run(peers.x).logits
    assert "PyTorch loop" in frameworks
    for name, run in frameworks.items():
        assert np.array_equal(run(peers.x), expected), name


@pytest.mark.parametrize("numbers", ("int8", "float32"))
def test_core_program_gives_the_classes(demo, numbers, folder):
    network = demo.network(numbers)
    result = network.run(demo.x)
    for kernels in kernel_sets():
        runs = CoreProgram(network, demo.x, folder).run(kernels, 2)
        assert np.array_equal(runs.classes, result.predictions)
        assert np.array_equal(runs.timesteps, result.timesteps)
        assert runs.nanoseconds.shape == (4, 2)
        assert (runs.nanoseconds > 0).all()


@pytest.mark.skipif(
    shutil.which("valgrind") is None and os.environ.get("CI") != "true", reason="needs valgrind"
)
def test_instructions_are_one_inference_s(demo, folder):
    program = CoreProgram(demo.int8, demo.x[:1], folder)
    counts = {kernels: program.instructions(kernels) for kernels in countable_kernels()}
    assert program.instructions("portable") == counts["portable"]
    assert all(10_000 < count <= counts["portable"] < 10_000_000 for count in counts.values())


def test_readme_s_line_says_how_many_times_as_fast():
    def row(batch: int, what: str, numbers: str, kernels: str, ratio: float) -> table.Row:
        return table.Row("peers", batch, what, numbers, kernels, 1.0, 1.0, ratio, None)

    rows = [
        row(1, "snnrt core", "int8", "portable", 1.86), row(1, "snnrt core", "int8", "avx2", 5.9),
        row(1, "snnrt Python", "int8", "avx2", 4.0), row(1, "snnrt core", "float32", "portable", 0.5),
        row(64, "snnrt core", "int8", "avx2", 9.0),
    ]  # fmt: skip
    page = "| one inference | <!-- figure: make bench --> as before | `make bench` |"
    told = "int8: 5.9 × as fast with AVX2, 1.9 × with portable C; float32: 0.5 × with portable C"
    assert table.with_figure(page, rows) == page.replace("as before", told)
    with pytest.raises(SnnrtError, match="expected the mark of make bench once, found 0"):
        table.with_figure("", rows)


def test_table_is_printed_and_written(tmp_path, capsys):
    need_compiler("gcc")
    file = tmp_path / "figures.json"
    table.main(["--rounds", "1", "--inputs", "1", "--no-instructions", "--json", str(file)])
    printed = capsys.readouterr().out.splitlines()
    figures = json.loads(file.read_text("utf-8"))
    assert len(printed) == 1 + len(figures["rows"]) + 2 + 1
    for row in figures["rows"]:
        assert 0 < row["minimum_ms"] <= row["median_ms"]
    measured = {(row["what"], row["numbers"], row["kernels"], row["batch"]) for row in figures["rows"]}
    assert {
        ("snnrt core", numbers, kernels, 1) for numbers in ("int8", "float32") for kernels in kernel_sets()
    } <= measured
    assert ("onnxruntime", "float32", "", 64) in measured
    best = kernel_sets()[-1]
    assert {("snnrt Python", "int8", best, 256), ("onnxruntime", "float32", "", 256)} <= measured
    if all_cores() > 1:
        every = {
            ("snnrt Python, all cores", "int8", best, 256),
            ("onnxruntime, all cores", "float32", "", 256),
        }
        assert every <= measured
    assert all(row["ratio"] == 1.0 for row in figures["rows"] if row["what"] == "onnxruntime")


def test_a_peer_that_computes_something_else_is_refused(monkeypatch, peers):
    monkeypatch.setattr(table, "onnx_peer", lambda *_, **__: lambda x: np.zeros((len(x), 10), np.float32))
    with pytest.raises(table.Disagreement, match="onnxruntime differs from snnrt by"):
        list(table.peer_contenders(peers, peers.x, 1, python=False))


@pytest.mark.parametrize("arguments", (["--rounds", "0"], ["--inputs", "0"]))
def test_bad_options_end_with_a_line(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        table.main(arguments)
    assert stop.value.code == 2
    assert "expected 1 or more" in capsys.readouterr().err


def test_the_bound_is_below_what_is_measured(peers, folder):
    lines = bound.lines_of(peers, "int8", "portable", 2, folder)
    assert lines[-1].node == "all"
    assert {"conv1", "lif1", "conv2", "lif2"} <= {line.node for line in lines}
    assert sum(line.share for line in lines[:-1]) == pytest.approx(1.0, abs=0.05)
    assert 0 < lines[-1].bound < lines[-1].seconds
    work = bound.work_of(peers, "float32")
    assert work["lif1"].bytes == 32 * 28 * 28 * 4 * 4
    assert work["conv1"].bytes == 32 * 9 * 4


@pytest.mark.skipif("avx2" not in kernel_sets(), reason="the loops are of AVX2 and AVX-512")
def test_limits_of_a_host_are_below_what_is_measured(peers, folder):
    found, peer, units, rates = host_limits.limits(peers, 1, 2, folder)
    assert peer > 0 and units.fours < units.twos < units.ones < units.dense
    # a pixel's pairs in all nine windows, of which those at an edge are no windows
    assert 0 < units.multiplied < units.twos
    for one in found:
        assert one.loop.products() == {"avx2": 12, "avx512vnni": 18}[one.kernels]
        assert one.loop.loads() == one.loop.products() + 1
        assert 0 < one.least["conv2"] < one.nodes["conv2"]
    told = host_limits.page(found, peer, units, rates)
    assert "vpmaddubsw" in told and "| all |" in told


def test_a_function_without_products_has_no_loop_of_them(peers, folder):
    program = CoreProgram(peers.int8, peers.x, folder)
    with pytest.raises(ProgramError, match="expected a loop with products in snnrt_network_reset"):
        host_limits.inner_loop(program.program, "snnrt_network_reset")
