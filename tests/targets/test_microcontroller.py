"""The microcontroller model: instructions, cycles, energy, memory."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from published_networks import Builder, counts_at

from snnrt.counts import Counts
from snnrt.targets import Microcontroller, estimate, load_target

BOARDS = ("stm32u575", "stm32u385", "stm32l4r5", "stm32h7a3")

# MLPerf Tiny anomaly detection: 264,192 MACs in ten dense layers, ms and µJ an inference.
AD_LAYERS = (128, 128, 128, 128, 8, 128, 128, 128, 128, 640)
AD_MEASURED = {
    "stm32u575": (3.21, 77.2),
    "stm32u385": (5.41, 31.8),
    "stm32l4r5": (5.26, 203.0),
    "stm32h7a3": (1.23, 166.0),
}


def only_macs(target: Microcontroller) -> Microcontroller:
    """The board with CMSIS-NN's 1.94 instructions a MAC and nothing else: a dense network's kernel."""
    charge = next(c for c in target.charges if c.event == "multiply_accumulate" and c.numbers == "int8")
    figure = dataclasses.replace(charge.figure, value=1.94, low=1.94, high=1.94)
    return dataclasses.replace(target, charges=(dataclasses.replace(charge, figure=figure),))


def anomaly_detection():
    builder = Builder((640,), encoding="constant", timesteps=1)
    for width in AD_LAYERS:
        builder.dense(width)
    return builder.graph(numbers="int8")


@pytest.mark.parametrize("board", BOARDS)
def test_measured_anomaly_detection_lies_in_the_band(board):
    graph = anomaly_detection()
    counts = counts_at(graph, 1.0, [1])
    assert counts.synaptic_operations.sum() == 264_192
    costs = estimate(graph, counts, only_macs(load_target(board)))
    milliseconds, microjoules = AD_MEASURED[board]
    low_s, high_s = costs.latency_band_s[:, 0]
    low_j, high_j = costs.energy_band_j[:, 0]
    assert low_s <= milliseconds * 1e-3 <= high_s
    assert low_j <= microjoules * 1e-6 <= high_j


def test_u575_at_one_cycle_an_instruction():
    target = load_target("stm32u575")
    cpi = dataclasses.replace(target.cycles_per_instruction, value=1.0)
    graph = anomaly_detection()
    costs = estimate(
        graph,
        counts_at(graph, 1.0, [1]),
        only_macs(dataclasses.replace(target, cycles_per_instruction=cpi)),
    )
    assert costs.latency_s[0] == pytest.approx(3.21e-3, rel=0.01)
    assert costs.energy_j[0] == pytest.approx(77.2e-6, rel=0.03)


def spiking(numbers: str = "int8", rule: str = "never"):
    builder = Builder((1, 8, 8), timesteps=4)
    return builder.conv(4).neuron().pool().flatten().dense(10).neuron().graph(rule, 0.5, numbers)


@pytest.mark.parametrize("board", BOARDS)
def test_formula_by_hand(board):
    target, graph = load_target(board), spiking()
    counts = counts_at(graph, 0.25, [3])
    instructions = {c.event: c.si for c in target.charges if c.numbers in (None, "int8")}
    conv, dense = 1, 5
    assert (graph.nodes[conv].kind, graph.nodes[dense].kind) == ("conv2d", "dense")
    total = (
        # The static convolution once, everything after it three times.
        counts.synaptic_operations[0, conv] * instructions["multiply_accumulate"]
        + counts.row_activations[0].sum() * instructions["row_activation"]
        + (64 + 3 * 1) * instructions["window"]
        + (64 * 3 + 3 * 1) * instructions["window_run"]
        + (64 * 9 + 3 * 64) * instructions["scan_value"]
        + (256 + 3 * 10) * instructions["output_element"]
        + counts.synaptic_operations[0, dense] * instructions["multiply_accumulate"]
        + 3 * 2 * instructions["neuron_step"]
        + 3 * 266 * instructions["neuron_update"]
        + 3 * 16 * 4 * instructions["pool_tap"]
        + 3 * 64 * 4 * instructions["pool_element"]
        + 3 * 10 * instructions["readout_element"]
        + (1 + 3 * 5) * instructions["node_step"]
    )
    cycles = total * target.cycles_per_instruction.si
    costs = estimate(graph, counts, target)
    assert costs.latency_s[0] == pytest.approx(cycles / target.clock.si)
    assert costs.energy_j[0] == pytest.approx(cycles * target.energy_per_cycle.si)


def test_spikes_are_scanned_by_words_and_counts_one_by_one():
    target = load_target("stm32u575")
    pooled = Builder((4, 8, 8), encoding="spikes").pool().flatten().dense(10).graph(numbers="float32")
    direct = Builder((64,), encoding="spikes").dense(10).graph(numbers="float32")
    costs = [estimate(graph, counts_at(graph, 0.5, [1]), target) for graph in (pooled, direct)]
    seconds = [
        cost.layer_latency_s[0, cost.layers.index(layer)]
        for cost, layer in zip(costs, ("dense3", "dense1"), strict=True)
    ]
    difference = (64 * 8 - 2 * 14.5) * target.cycles_per_instruction.si / 160e6
    assert seconds[0] - seconds[1] == pytest.approx(difference)


# Instructions of whole runs of the core's portable kernels (GCC 12.2 -O2, Cortex-M4), counted in an
# emulator, with the events of the same runs: numbers, channels, size, timesteps, encoding, rule. None of
# these runs entered the profile's figures.
COUNTED = [
    (
        ("int8", (32, 64), 28, 2, "constant", "never"),
        16_396_545,
        {
            "row_activations": [0, 6715, 0, 0, 22326, 0, 0, 2769, 0, 0],
            "synaptic_operations": [0, 214880, 0, 0, 1428864, 0, 0, 27690, 0, 0],
            "neuron_updates": [0, 0, 50176, 0, 0, 25088, 0, 0, 0, 0],
        },
    ),
    (
        ("float32", (32, 64), 16, 2, "constant", "never"),
        3_655_688,
        {
            "row_activations": [0, 2116, 0, 0, 1924, 0, 0, 107, 0, 0],
            "synaptic_operations": [0, 67712, 0, 0, 123136, 0, 0, 1070, 0, 0],
            "neuron_updates": [0, 0, 16384, 0, 0, 8192, 0, 0, 0, 0],
        },
    ),
    (
        ("int8", (8, 8), 8, 3, "spikes", "entropy"),
        374_601,
        {
            "row_activations": [0, 1448, 0, 0, 542, 0, 0, 3, 0, 0],
            "synaptic_operations": [0, 11584, 0, 0, 4336, 0, 0, 30, 0, 0],
            "neuron_updates": [0, 0, 1536, 0, 0, 384, 0, 0, 0, 0],
        },
    ),
]


@pytest.mark.parametrize(("network", "instructions", "events"), COUNTED)
def test_model_predicts_counted_instructions(network, instructions, events):
    numbers, channels, size, timesteps, encoding, rule = network
    builder = Builder((1, size, size), encoding=encoding, timesteps=timesteps)
    builder.conv(channels[0]).neuron().pool().conv(channels[1]).neuron().flatten().dense(10)
    graph = builder.graph(rule, 0.5, numbers)
    if encoding == "spikes":
        # Its inputs were 8-bit values at every timestep.
        graph = graph.with_(nodes=(graph.input.with_(peak=255), *graph.nodes[1:]))
    counts = Counts.zeros(tuple(node.name for node in graph), 1)
    counts.timesteps[:] = timesteps
    for field, values in events.items():
        getattr(counts, field)[0] = values
    target = load_target("stm32u575")
    costs = estimate(graph, counts, target)
    predicted = costs.latency_s[0] * target.clock.si / target.cycles_per_instruction.si
    assert predicted == pytest.approx(instructions, rel=0.10)


def test_exit_rule_costs_a_step_and_a_class():
    target = load_target("stm32u575")
    never, entropy = spiking(), spiking(rule="entropy")
    difference = (
        estimate(entropy, counts_at(entropy, 0.1, [2]), target).latency_s
        - estimate(never, counts_at(never, 0.1, [2]), target).latency_s
    )
    instructions = 2 * (215 + 10 * 70)
    assert difference[0] == pytest.approx(instructions * target.cycles_per_instruction.si / 160e6)


def test_synaptic_current_is_an_extra_update():
    target = load_target("stm32u575")
    plain = Builder((64,), encoding="spikes").dense(10).neuron().graph()
    cuba = Builder((64,), encoding="spikes").dense(10).neuron(synapse=np.ones((), np.float32)).graph()
    counts = counts_at(plain, 0.1, [4])
    extra = estimate(cuba, counts, target).latency_s - estimate(plain, counts, target).latency_s
    assert extra[0] == pytest.approx(4 * 10 * 20 * target.cycles_per_instruction.si / 160e6)


def test_idle_power_between_inputs():
    target, graph = load_target("stm32u575"), spiking()
    counts = counts_at(graph, 0.1, [4])
    busy = estimate(graph, counts, target)
    duty = estimate(graph, counts, target, period_s=1.0)
    idle = (1.0 - busy.latency_s[0]) * target.idle_power.si
    assert duty.energy_j[0] == pytest.approx(busy.energy_j[0] + idle)
    assert duty.latency_s[0] == busy.latency_s[0]
    np.testing.assert_allclose(estimate(graph, counts, target, period_s=1e-9).energy_j, busy.energy_j)


def test_streaming_power_of_the_wake_word_task():
    """U575: 11.5 mW mean at 36 % duty, from the active and idle power of the profile."""
    target = load_target("stm32u575")
    active = target.energy_per_cycle.si * target.clock.si
    assert 0.36 * active + 0.64 * target.idle_power.si == pytest.approx(11.5e-3, rel=0.01)


def test_memory_is_checked_against_the_board():
    graph = spiking()
    counts = counts_at(graph, 0.1, [4])
    fitting = estimate(graph, counts, "stm32u385", arena_bytes=200_000, model_bytes=500_000)
    assert fitting.memory.fits and not fitting.warnings
    too_big = estimate(graph, counts, "stm32u385", arena_bytes=300_000, model_bytes=1_048_576)
    assert not too_big.memory.fits
    assert [line.split()[4] for line in too_big.warnings] == ["300000", "1056768"]
    unknown = estimate(graph, counts, "stm32u385")
    assert unknown.memory.fits and not unknown.warnings
