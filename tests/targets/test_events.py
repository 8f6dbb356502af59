"""Events that microcontrollers are charged for, counted by hand, and none of them forgotten."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from published_networks import Builder, counts_at

from snnrt import GraphBuilder
from snnrt.ir.graph import Graph, arithmetic_of
from snnrt.targets import Microcontroller, estimate, load_target, microcontroller
from snnrt.targets.step_instructions import GROUPS

BOARDS = ("stm32u575", "stm32u385", "stm32l4r5", "stm32h7a3")
EXIT = {"exit_step": 3, "exit_class": 69}
CONV = {
    # 36 windows; 16 of 18 kernel rows lie inside, over 6 columns, and as many columns over 2 channels
    "window": 3 * 36, "window_run": 3 * 16 * 6, "scan_value": 3 * 16 * 16 * 2, "row_activation": 486,
    "multiply_accumulate": 486 * 20,
}  # fmt: skip
LIF = {"neuron_start": 720, "neuron_step": 3, "neuron_update": 3 * 720, "neuron_spike": 540}
POOL = {"pool_tap": 3 * 9 * 4, "pool_element": 3 * 9 * 4 * 20}
DENSE = {"window_run": 3, "scan_value": 3 * 180, "row_activation": 135}
# three windows of 45 inputs: 135 / 32 pieces and half of one for each
PIECES = 135 / 32 + 3 / 2
HEAD = {"neuron_start": 23, "neuron_step": 3, "neuron_update": 69, "neuron_spike": 17}
BY_HAND = {
    "int8": {
        # 107 windows have an event; the other copies its bias
        "conv1": CONV | {"sum_block_4": 107 * 5, "output_element": 20},
        # 32 neurons or 20 channels end a run, four times both
        "lif2": LIF | {"neuron_run": 3 * (22 + 36 - 4)},
        "pool3": POOL | {"pool_spike": 540},
        "dense5": DENSE | {
            "multiply_accumulate": 135 * 20, "operation_by_1": 135 * 3, "sum_piece": PIECES - 3,
            "sum_block_4": 5 * PIECES, "sum_block_1": 3 * PIECES,
        },
        "lif6": HEAD | {"neuron_run": 3},
        "readout": {"readout_element": 69}, "exit": EXIT,
    },
    "float32": {
        "conv1": CONV | {"output_element": 3 * 720},
        "lif2": LIF,
        "pool3": POOL,
        "dense5": DENSE | {"multiply_accumulate": 135 * 23, "sum_piece": PIECES - 3, "output_element": 69},
        "lif6": HEAD,
        "readout": {"readout_element": 69}, "exit": EXIT,
    },
}  # fmt: skip
CALLED = ("conv1", "lif2", "pool3", "dense5", "lif6", "readout")


def convolutional(numbers: str) -> Graph:
    builder = Builder((2, 6, 6), encoding="spikes", timesteps=4)
    return builder.conv(20).neuron().pool().flatten().dense(23).neuron().graph("entropy", 0.5, numbers)


def found(module: object, graph: Graph, steps: int) -> dict[str, dict[str, float]]:
    events: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for node, event, count in module.events_of(graph, counts_at(graph, 0.25, [steps])):  # type: ignore[attr-defined]
        events[node][event] += float(count[0])
    return {
        node: {event: count for event, count in counts.items() if count} for node, counts in events.items()
    }


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_by_hand(numbers: str) -> None:
    steps = {name: {"node_step": 3} for name in CALLED} | {"exit": {}}
    graph = convolutional(numbers)
    assert found(microcontroller, graph, 3) == {
        name: events | steps[name] for name, events in BY_HAND[numbers].items()
    }


def variants(numbers: str) -> list[Graph]:
    """Networks that have, between them, every event."""
    graphs = [convolutional(numbers)]
    g = GraphBuilder((40,), encoding="spikes", timesteps=4)
    x = g.lif(g.dense(g.input, np.zeros((40, 40))), 0.5)
    x = g.add(g.dense(x, np.zeros((23, 40))), g.dense(x, np.zeros((23, 40))))
    x = g.neuron(
        x, membrane=np.full(23, 0.5), threshold=1.0, synapse=0.5, bias=0.1, reset="subtract",
        lower_bound=-1.0, adaptation=0.1, adaptation_decay=0.5, refractory=2,
    )  # fmt: skip
    graph = g.finish(x, exit=("entropy", 0.5)).with_(arithmetic=arithmetic_of(numbers))
    nodes = (n.with_(state_bits=16) if n.kind == "neuron" and numbers == "int8" else n for n in graph)
    graphs.append(graph.with_(nodes=tuple(nodes)))
    g = GraphBuilder((1, 5, 5), encoding="spikes", timesteps=4)
    x = g.conv2d(g.input, np.zeros((20, 1, 3, 3)))
    x = g.neuron(x, membrane=np.full(20, 0.5), threshold=1.0, reset="subtract", reset_next=True)
    graphs.append(g.finish(g.flatten(x, channels_last=True)).with_(arithmetic=arithmetic_of(numbers)))
    return graphs


def names(module: object, numbers: str) -> set[str]:
    return {
        event for graph in variants(numbers) for node in found(module, graph, 3).values() for event in node
    }


def test_every_event_comes_from_some_network() -> None:
    assert names(microcontroller, "int8") | names(microcontroller, "float32") == set(Microcontroller.events)
    # done once an input, or in the weights of others: all neurons fire, and the exit is asked every step
    apart = {"neuron_start", "neuron_spike", "exit_step"}
    assert {event for group in GROUPS.values() for event in group} == set(Microcontroller.events) - apart


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize("board", BOARDS)
def test_every_event_is_charged(board: str, numbers: str) -> None:
    target = load_target(board)
    charged = {charge.event: charge.si for charge in target.charges if charge.numbers in (None, numbers)}
    free = names(microcontroller, numbers) - set(charged)
    assert free == set()
    for graph in variants(numbers):
        total = sum(
            count * charged[event]
            for node in found(microcontroller, graph, 3).values()
            for event, count in node.items()
        )
        costs = estimate(graph, counts_at(graph, 0.25, [3]), target)
        instructions = costs.latency_s[0] * target.clock.si / target.cycles_per_instruction.si
        assert instructions == pytest.approx(total)
