"""Where outputs and states lie: sizes and offsets by hand, and nothing alive on top of each other."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import random_graph

import snnrt
from snnrt.ir.graph import Graph
from snnrt.ir.memory_plan import buffers, plan_memory
from snnrt.network import Network


def chain(arithmetic: str) -> Graph:
    """Input 10, dense 20, neurons, dense 3, readout: five buffers and a state."""
    integer = arithmetic == "integer"
    g = snnrt.GraphBuilder(10, encoding="spikes", timesteps=3, arithmetic=arithmetic)
    dtype, scale = (np.int8, {"scale": np.ones(20, np.float32)}) if integer else (np.float32, {})
    x = g.dense(g.input, np.ones((20, 10), dtype), name="first", **scale)
    leak = 16384 if integer else 0.5
    x = g.neuron(x, membrane=leak, threshold=1, reset="subtract", name="lif")
    scale = {"scale": np.ones(3, np.float32)} if integer else {}
    x = g.dense(x, np.ones((3, 20), dtype), name="second", **scale)
    return g.finish(x, **({"scale": np.ones(3, np.float32)} if integer else {}))


@pytest.mark.parametrize("arithmetic", ["integer", "float32"])
def test_sizes_by_hand(arithmetic: str) -> None:
    plan = plan_memory(chain(arithmetic))
    # bytes: 20 and 3 currents of 4, 20 membranes of 4, 20 spikes as bits of one word, 3 accumulators of 4
    assert plan.bytes == {
        ("first", "output"): 80, ("lif", "state"): 80, ("lif", "output"): 4, ("second", "output"): 12,
        ("readout", "output"): 12,
    }  # fmt: skip
    # what is kept comes first: membranes at 0, accumulators at 80 (to 92, then 96); the currents at 96 may be
    # overwritten by the second dense, the spikes lie behind them: 176, to 180, rounded up to 184
    assert plan.offsets == {
        ("lif", "state"): 0, ("readout", "output"): 80, ("first", "output"): 96, ("second", "output"): 96,
        ("lif", "output"): 176,
    }  # fmt: skip
    assert plan.arena_bytes == 184
    assert Network(chain(arithmetic)).file_info().arena_bytes == 184


@pytest.mark.parametrize("numbers", ["float32", "int8"])
def test_what_lives_at_the_same_time_lies_apart(numbers: str) -> None:
    for seed in range(40):
        graph, _ = random_graph(np.random.default_rng(seed), numbers)
        plan, every = plan_memory(graph), buffers(graph)
        ends = []
        for place, one in enumerate(every):
            start = plan.offsets[one.node, one.role]
            end = start + one.bytes
            ends.append(end)
            assert start % 8 == 0 and plan.bytes[one.node, one.role] == one.bytes
            for other in every[:place]:
                there = plan.offsets[other.node, other.role]
                apart = end <= there or there + other.bytes <= start
                together = one.kept or other.kept or (one.first <= other.last and other.first <= one.last)
                assert apart or not together, (seed, one, other)
        assert plan.arena_bytes == -(-max(ends) // 8) * 8
