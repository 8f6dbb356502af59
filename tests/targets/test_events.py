"""Events that microcontrollers are charged for, counted by hand, and none of them forgotten."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "microcontroller_instructions"))

from counted_networks import Networks
from published_networks import Builder, counts_at

from snnrt import GraphBuilder, Network
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
LIF = {"neuron_step": 3, "neuron_update": 3 * 720, "neuron_spike": 540}
DENSE = {"window_run": 3, "scan_value": 3 * 180, "row_activation": 135}
HEAD = {"neuron_step": 3, "neuron_update": 69, "neuron_spike": 17}
# sums of four spikes at a density of 1/4 that are not 0; 3 stands in two lists
POOLED = 1 + 4 * 0.25**3 * 0.75 / (1 - 0.75**4)
BY_HAND = {
    "int8": {
        # an output row lists each of 6 columns once: 2 · 2 + 4 · 3 lines of 2 inputs, which count twice as no
        # whole fours; windows read 16 columns over a row; 20 outputs are a block of 16 and one of 4, counts
        # of 1 have one plane, which only the first looks for
        "conv1": {
            "listed_step": 3, "listed_row": 18, "list_window": 108, "list_column": 3 * 6 * 6,
            "column_line": 2 * 3 * 16 * 6, "list_value": 3 * 16 * 6 * 2, "list_input": 486 * 6 / 16,
            "list_entry": 486 * 6 / 16, "list_output": 108 * 20, "sum_call": 107,
            "listed_operation": 486 * 16, "listed_operation_by_4": 486 * 4, "listed_block_16": 107,
            "listed_block_4": 107, "plane_list": 107 * (1 + 3),
        },
        "lif2": LIF,
        # 9 windows of one word, and of five fours
        "pool3": {"pool_word": 27, "pool_four": 3 * 9 * 5},
        # 23 outputs are two blocks of 8 and two of 4, which share an output
        "dense5": {
            "listed_step": 3, "listed_row": 3, "list_window": 3, "list_column": 3, "column_line": 3,
            "list_value": 3 * 180, "list_input": 135, "list_entry": 135 * POOLED, "list_output": 69,
            "sum_call": 3, "listed_operation_by_4": 135 * POOLED * 24, "listed_block_4": 3 * 4,
            "plane_list": 3 * 4 * 3,
        },
        # pairs, and the last of 23 alone
        "lif6": HEAD | {"neuron_single": 3, "neuron_run": 3},
        "input": {"arena_word": 720 + 23 + 23}, "readout": {"readout_element": 69}, "exit": EXIT,
    },
    "float32": {
        "conv1": CONV | {"output_element": 3 * 720},
        "lif2": LIF,
        "pool3": {"pool_tap": 3 * 9 * 4, "pool_element": 3 * 9 * 4 * 20},
        # three windows of 45 inputs: 135 / 32 pieces and half of one for each
        "dense5": DENSE | {
            "multiply_accumulate": 135 * 23, "sum_piece": 135 / 32 + 3 / 2 - 3, "output_element": 69,
        },
        "lif6": HEAD,
        "input": {"arena_word": 720 + 23 + 23}, "readout": {"readout_element": 69}, "exit": EXIT,
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
    events = found(microcontroller, graph, 3)
    for name, by_hand in BY_HAND[numbers].items():
        assert events.pop(name) == pytest.approx(by_hand | steps.get(name, {}), rel=1e-6), name
    assert not events


@pytest.mark.parametrize("numbers", ["int8", "float32"])
@pytest.mark.parametrize(("channels", "words"), [(20, 1), (32, 1), (33, 2)])
def test_a_max_pool_looks_at_words_of_each_place(numbers: str, channels: int, words: int) -> None:
    g = GraphBuilder((1, 6, 6), encoding="spikes", timesteps=4)
    x = g.lif(g.conv2d(g.input, np.zeros((channels, 1, 1, 1))), 0.5)
    x = g.flatten(g.max_pool2d(x, kernel=3, stride=1, name="pool"), channels_last=True)
    graph = g.finish(x).with_(arithmetic=arithmetic_of(numbers))
    events = found(microcontroller, graph, 2)["pool"]
    assert events == {"pool_any_word": 2 * 16 * 9 * words, "node_step": 2}


def variants(numbers: str) -> list[Graph]:
    """Networks that have, between them, every event."""
    graphs = [convolutional(numbers)]
    g = GraphBuilder((40,), encoding="spikes", timesteps=4)
    x = g.lif(g.dense(g.input, np.zeros((40, 40))), 0.5)
    x = g.add(g.dense(x, np.zeros((23, 40))), g.dense(x, np.zeros((23, 40))), as_current=True)
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
    x = g.max_pool2d(x, kernel=2)
    graphs.append(g.finish(g.flatten(x, channels_last=True)).with_(arithmetic=arithmetic_of(numbers)))
    g = GraphBuilder((1, 6, 6), encoding="spikes", timesteps=4)
    x = g.conv2d(g.input, np.zeros((4, 1, 3, 3)))
    x = g.neuron(g.conv2d(x, np.zeros((4, 1, 3, 3)), groups=4), membrane=0.5, threshold=1.0)
    graphs.append(g.finish(g.flatten(x, channels_last=True)).with_(arithmetic=arithmetic_of(numbers)))
    return graphs + (layers_of_values() if numbers == "int8" else [])


def layers_of_values() -> list[Graph]:
    """Int8 layers of pixels, some by rows, of spikes, and neurons with a bias."""
    graphs = []
    networks = Networks("int8")
    for channels, outputs in ((1, 8), (2, 8), (4, 10), (4, 16), (6, 12)):
        x = networks.conv(networks.input(channels, 12, 12, peak=255), outputs, 3)
        x = networks.neuron(x, bias=np.array(1, np.int32))
        x = networks.pool(networks.neuron(networks.conv(x, 3, 3, "second"), "lif"), 2)
        x = networks.neuron(networks.conv(x, 16, 3, "third"), "lif3")
        graphs.append(Network(networks.graph(x, 3)).graph)
    graphs.append(networks.graph(networks.dense(networks.input(300, peak=255), 16), 3))
    return graphs


def names(module: object, numbers: str) -> set[str]:
    return {
        event for graph in variants(numbers) for node in found(module, graph, 3).values() for event in node
    }


def test_every_event_comes_from_some_network() -> None:
    assert names(microcontroller, "int8") | names(microcontroller, "float32") == set(Microcontroller.events)
    # done once an input, or in the weights of others: all neurons fire, and the exit is asked every step
    apart = {"arena_word", "neuron_spike", "exit_step"}
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
