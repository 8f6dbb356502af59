"""The shipped table of code sizes: there for every model, and looked up by what the model needs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from small_networks import SMALL_NETWORKS
from strategies import random_graph

from snnrt.errors import TargetError
from snnrt.network import Network
from snnrt.targets.build_settings import SETTINGS
from snnrt.targets.code_sizes import builds_for, changed_parts, core_names, read_table
from snnrt.targets.device_needs import device_needs
from snnrt.targets.emulator.cores import CORES
from snnrt.targets.export.core_sources import options_for


def test_every_emulated_core_is_there():
    assert core_names() == tuple(CORES)


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_every_model_has_a_build(numbers):
    keys = set()
    for seed in range(60):
        graph, _ = random_graph(np.random.default_rng(seed), numbers)
        assert all(len(builds_for(graph, setting)) == len(CORES) for setting in SETTINGS)
        keys.add(changed_parts(options_for(graph)))
    assert len(keys) > 5 and all(number == numbers for number, _ in keys)


def test_what_a_model_needs_decides_its_build():
    small, _ = SMALL_NETWORKS["dense_lif"]("int8")
    large, _ = SMALL_NETWORKS["every_kind"]("int8")
    assert changed_parts(options_for(small)) == ("int8", ("neuron_variants",))
    assert changed_parts(options_for(large)) == (
        "int8", ("add", "conv2d", "depthwise", "neuron_variants", "pool2d"),
    )  # fmt: skip
    both = (zip(builds_for(small, setting), builds_for(large, setting), strict=True) for setting in SETTINGS)
    for a, b in itertools.chain(*both):
        assert a.core == b.core and 2000 < a.core_bytes < b.core_bytes and a.code_bytes < b.code_bytes
        assert 0 <= a.verify_stack_bytes < a.step_stack_bytes <= a.run_stack_bytes <= a.stack_bytes < 4096
    (one,) = builds_for(small, "fast", "cortex-m4")
    assert one == next(build for build in builds_for(small, "fast") if build.core == "cortex-m4")
    (other,) = builds_for(small, "small", "cortex-m4")
    assert (one.optimisation, other.optimisation) == ("-O2", "-Os") and other.code_bytes < one.code_bytes


def test_switches_that_no_model_needs_change_nothing():
    graph, _ = SMALL_NETWORKS["dense_lif"]("int8")
    asked = options_for(graph, counters=1, trace=1, strings=1, health=1, model_check=0)
    assert changed_parts(asked) == changed_parts(options_for(graph))


def test_unknown_cores_are_named():
    graph, _ = SMALL_NETWORKS["dense_lif"]("int8")
    with pytest.raises(TargetError, match=r"core 'cortex-m9' is unknown; expected one of cortex-m0, .*rv32"):
        builds_for(graph, "small", "cortex-m9")


def test_builds_grow_with_what_is_in_them():
    for core in read_table("small")["cores"].values():
        for number in ("int8", "float32"):
            builds = core[number]
            base = builds["base"]["core"]
            for part, row in builds.items():
                if part in ("exit_scores", "model_check"):
                    assert row["core"] < base
                else:
                    # a function may be cheaper where the compiler no longer puts it into its one caller
                    assert row["core"] > base - 100


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_buffers_fill_the_arena(numbers):
    for name in SMALL_NETWORKS:
        network = Network(SMALL_NETWORKS[name](numbers)[0])
        needs = device_needs(network)
        info = network.file_info()
        end = max(buffer.offset + buffer.bytes for buffer in needs.buffers)
        assert -(-end // 8) * 8 == info.arena_bytes
        for node in info.nodes:
            held = [b for b in needs.buffers if b.node == node.name]
            assert sum(b.bytes for b in held if b.role != "output") == node.state_bytes
            assert sum(b.bytes for b in held if b.role == "output") == node.output_bytes
