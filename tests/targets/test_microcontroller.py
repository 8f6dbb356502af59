"""The microcontroller model: instructions, cycles, energy, memory."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks" / "microcontroller_instructions"))

from counted_networks import WHOLE, Networks
from published_networks import Builder, counts_at, zeros

from snnrt import GraphBuilder, Network
from snnrt.ir.graph import arithmetic_of
from snnrt.results.counts import Counts
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


def instructions(target: Microcontroller, numbers: str) -> dict[str, float]:
    """Instructions an event, by event."""
    return {charge.event: charge.si for charge in target.charges if charge.numbers in (None, numbers)}


def only_macs(target: Microcontroller) -> Microcontroller:
    """The board with CMSIS-NN's 1.94 instructions a MAC and nothing else: a dense network's kernel."""
    operations = ("multiply_accumulate",)
    charges = (c for c in target.charges if c.event in operations and c.numbers == "int8")
    figure = {"value": 1.94, "low": 1.94, "high": 1.94}
    return dataclasses.replace(
        target,
        charges=tuple(
            dataclasses.replace(c, figure=dataclasses.replace(c.figure, **figure)) for c in charges
        ),
    )


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


def expected_events(counts: Counts) -> dict[str, float]:
    """Of :func:`spiking` in three timesteps: the static convolution once, everything after it three times."""
    # 8 × 8 windows of 3 × 3 inputs; the border takes 2 of 24 lines
    listed = 576 * 8 / 22
    # 64 pooled counts in one list, ten outputs: two blocks of 4 and two that are left
    return {
        "listed_step": 1 + 3, "listed_row": 8 + 3, "list_window": 64 + 3, "list_column": 8 * 8 + 3,
        "column_line": 2 * 22 * 8 + 3, "list_value": 22 * 8 + 3 * 64, "list_input": listed + 48,
        "list_entry": listed, "list_output": 256 + 30, "sum_call": 64 + 3,
        "listed_operation_by_4": 576 * 4, "listed_block_4": 64, "plane_list": 64 * 3,
        "listed_product_by_4": 48 * 8, "listed_operation_by_1": 48 * 2, "value_block": 3 * 2,
        "listed_block_1": 3 * 2,
        "neuron_step": 3 * 2, "neuron_update": 3 * 266, "neuron_spike": counts.spikes[0].sum(),
        # 16 windows of one word and one four; membranes and a readout are cleared
        "pool_word": 3 * 16, "pool_four": 3 * 16, "arena_word": 256 + 10 + 10,
        "readout_element": 3 * 10, "node_step": 1 + 3 * 5,
    }  # fmt: skip


@pytest.mark.parametrize("board", BOARDS)
def test_formula_by_hand(board):
    target, graph = load_target(board), spiking()
    counts = counts_at(graph, 0.25, [3])
    per_event = instructions(target, "int8")
    conv, dense = 1, 5
    assert (graph.nodes[conv].kind, graph.nodes[dense].kind) == ("conv2d", "dense")
    assert counts.row_activations[0, [conv, dense]].tolist() == [576, 48]
    total = sum(count * per_event[event] for event, count in expected_events(counts).items())
    cycles = total * target.cycles_per_instruction.si
    costs = estimate(graph, counts, target)
    assert costs.latency_s[0] == pytest.approx(cycles / target.clock.si)
    assert costs.energy_j[0] == pytest.approx(cycles * target.energy_per_cycle.si)


def layer_instructions(graph, density: float, layer: str) -> float:
    """Of a layer in one timestep on the STM32U575."""
    target = load_target("stm32u575")
    costs = estimate(graph, counts_at(graph, density, [1]), target)
    seconds = costs.layer_latency_s[0, costs.layers.index(layer)]
    return seconds * target.clock.si / target.cycles_per_instruction.si


def test_spikes_of_neurons_are_added_and_other_values_are_multiplied():
    per_event = instructions(load_target("stm32u575"), "float32")
    values = Builder((64,), encoding="spikes").dense(64).neuron().dense(10).graph(numbers="float32")
    first, second = (layer_instructions(values, 0.5, name) for name in ("dense1", "dense3"))
    # Both read 32 of 64 inputs; the outputs of the first are 64.
    row = per_event["row_activation"] * 32
    assert first - row - 64 * (per_event["scan_value"] + per_event["output_element"]) == pytest.approx(
        2048 * per_event["multiply_accumulate"]
        + second
        - row
        - 320 * per_event["synaptic_operation"]
        - 2 * per_event["scan_word"]
        - 10 * per_event["output_element"]
    )


def beside_a_convolution(outputs: int):
    """A dense layer ``dense`` of 64 spikes of the input in a network whose firmware has convolutions."""
    g = GraphBuilder((1, 64, 1), encoding="spikes", timesteps=4)
    dense = g.dense(g.flatten(g.input), zeros(outputs, 64), name="dense")
    pixel = g.flatten(g.conv2d(g.input, zeros(outputs, 1, 1, 1), stride=64))
    return g.finish(g.add(dense, pixel, as_current=True)).with_(arithmetic=arithmetic_of("int8"))


def test_values_are_listed_where_the_firmware_has_convolutions():
    per_event = instructions(load_target("stm32u575"), "int8")
    once = ("listed_step", "listed_row", "list_window", "list_column", "column_line", "node_step")
    assert layer_instructions(beside_a_convolution(48), 0.0, "dense") == pytest.approx(
        sum(per_event[event] for event in once) + 64 * per_event["list_value"] + 48 * per_event["list_output"]
    )


def test_packed_spikes_are_scanned_by_words_and_values_one_by_one():
    per_event = instructions(load_target("stm32u575"), "int8")
    graph = Builder((64,), encoding="spikes").dense(64).neuron().dense(10).graph(numbers="int8")
    first, second = (layer_instructions(graph, 0.0, name) for name in ("dense1", "dense3"))
    assert first == pytest.approx(
        per_event["window_run"] + 64 * (per_event["scan_value"] + per_event["output_element"])
        + per_event["node_step"]
    )  # fmt: skip
    assert second == pytest.approx(
        per_event["window_run"] + 2 * per_event["scan_word"] + 10 * per_event["output_element"]
        + per_event["node_step"]
    )  # fmt: skip


def test_outputs_are_summed_in_blocks():
    """Spikes in blocks of 16 and 4, and one by one; a few that are left of a list share the last block."""
    per_event = instructions(load_target("stm32u575"), "int8")

    def block(operation: str, name: str, size: int) -> float:
        return 64 * size * per_event[operation] + 2.5 * per_event[name]

    def spikes(outputs: int) -> float:
        graph = Builder((64,), encoding="spikes").dense(64).neuron().dense(outputs).graph(numbers="int8")
        return layer_instructions(graph, 1.0, "dense3")

    # 64 inputs are two pieces, and half a piece because their number is taken for a mean
    assert spikes(40) - spikes(1) == pytest.approx(
        2 * block("synaptic_operation", "sum_block_16", 16)
        + 2 * block("synaptic_operation_by_4", "sum_block_4", 4)
        - block("operation_by_1", "sum_block_1", 1)
    )

    def counts(outputs: int) -> float:
        return layer_instructions(beside_a_convolution(outputs), 1.0, "dense")

    # 17 outputs are no whole words: two blocks of 8 and one of 4; 20 are one of 16 and one of 4
    listed = 1 - np.exp(-64)
    of_8 = 64 * 8 * per_event["listed_operation_by_4"] + listed * (
        per_event["listed_block_4"] + 3 * per_event["plane_list"]
    )
    of_16 = 64 * 16 * per_event["listed_operation"] + listed * (
        per_event["listed_block_16"] + per_event["plane_list"]
    )
    assert counts(20) - counts(17) == pytest.approx(of_16 - 2 * of_8 + 3 * per_event["list_output"])


def test_values_are_multiplied_in_blocks_of_4_where_there_are_no_convolutions():
    per_event = instructions(load_target("stm32u575"), "int8")

    def layer(outputs: int, encoding: str) -> float:
        graph = Builder((64,), encoding=encoding).dense(outputs).graph(numbers="int8")
        return layer_instructions(graph, 1.0, "dense1")

    assert layer(24, "constant") - layer(16, "constant") == pytest.approx(
        64 * 8 * per_event["multiply_accumulate"] + 2.5 * 2 * per_event["product_block"]
    )
    # spikes of the input are added
    assert layer(32, "spikes") - layer(16, "spikes") == pytest.approx(
        64 * 16 * per_event["synaptic_operation"] + 2.5 * per_event["sum_block_16"]
    )


@pytest.mark.parametrize("numbers", ["int8", "float32"])
def test_depthwise_convolutions_go_tap_by_tap(numbers):
    per_event = instructions(load_target("stm32u575"), numbers)
    graph = Builder((40, 6, 6), encoding="spikes").conv(40, groups=40).flatten().graph(numbers=numbers)
    # 36 windows of two blocks of channels; 16 of 18 lines and columns lie inside
    taps = 16 * 16
    silent = (
        72 * per_event["depthwise_block"] + 2 * taps * per_event["depthwise_tap"]
        + 40 * (taps * per_event["depthwise_value"] + 36 * per_event["output_element"])
        + per_event["node_step"]
    )  # fmt: skip
    assert layer_instructions(graph, 0.0, "conv1") == pytest.approx(silent)
    # counts of a density know no border
    assert layer_instructions(graph, 1.0, "conv1") == pytest.approx(
        silent + 40 * 36 * 9 * per_event["depthwise_operation"]
    )


def test_runs_of_inputs_at_a_border_and_in_groups():
    target = load_target("stm32u575")
    per_event = instructions(target, "float32")
    graph = Builder((4, 5, 7), encoding="spikes").conv(8, stride=2, groups=2).flatten().graph()
    # 3 x 4 windows of two groups: 7 kernel rows of 9 and 10 columns of 12 lie inside, each tap a run of two.
    runs = 7 * 10 * 2
    windows = 24 * per_event["window"] + 96 * per_event["output_element"] + per_event["node_step"]
    expected = windows + runs * (per_event["window_run"] + 2 * per_event["scan_value"])
    assert layer_instructions(graph, 0.0, "conv1") == pytest.approx(expected)


def test_words_of_packed_spikes_are_those_that_runs_touch():
    per_event = instructions(load_target("stm32u575"), "float32")
    graph = Builder((24, 4, 4), encoding="spikes").conv(24).neuron().conv(2).flatten().graph()
    # Two or three pixels of 24 spikes from the pixel before, or from the border: words by hand for each row.
    first_bits = [(row * 4 + left) * 24 for row in range(4) for left in (0, 0, 1, 2)]
    last_bits = [(row * 4 + right) * 24 - 1 for row in range(4) for right in (2, 3, 4, 4)]
    words = [last // 32 - first // 32 + 1 for first, last in zip(first_bits, last_bits, strict=True)]
    # Rows 0 and 3 are read by two rows of windows, 1 and 2 by three.
    times = np.repeat([2, 3, 3, 2], 4)
    expected = (
        16 * per_event["window"]
        + times.sum() * per_event["window_run"]
        + (times * words).sum() * per_event["scan_word"]
        + 32 * per_event["output_element"]
        + per_event["node_step"]
    )
    assert layer_instructions(graph, 0.0, "conv3") == pytest.approx(expected)


def test_neurons_of_every_kind_take_the_general_loop():
    per_event = instructions(load_target("stm32u575"), "int8")
    builders = (
        Builder((64,), encoding="spikes").dense(10).neuron(**parameters)
        for parameters in ({}, {"membrane": np.full(10, 0.5, np.float32)})
    )
    plain, general = (layer_instructions(b.graph(numbers="int8"), 0.0, "lif2") for b in builders)
    assert general - plain == pytest.approx(10 * per_event["neuron_general"] + per_event["neuron_run"])


# Whole runs of the core (GCC 12.2 -O2, Cortex-M4) in an emulator: the instructions they took
# and the events they had. None of them entered the profile's figures.
COUNTED = json.loads((Path(__file__).parent / "counted_runs.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("run", "described"),
    list(zip(COUNTED, WHOLE)),
    ids=[f"{run['numbers']}-{run['size']}-{run['rule']}" for run in COUNTED],
)
def test_model_predicts_counted_instructions(run, described):
    graph = Network(Networks(described.numbers, seed=1).whole(described)[0]).graph
    counts = Counts.zeros(tuple(node.name for node in graph), 1)
    counts.timesteps[:] = run["timesteps"]
    for field, values in run["events"].items():
        getattr(counts, field)[0] = values
    target = load_target("stm32u575")
    costs = estimate(graph, counts, target)
    predicted = costs.latency_s[0] * target.clock.si / target.cycles_per_instruction.si
    assert predicted == pytest.approx(run["instructions"], rel=0.05)


def test_exit_rule_costs_a_step_and_a_class():
    target = load_target("stm32u575")
    never, entropy = spiking(), spiking(rule="entropy")
    difference = (
        estimate(entropy, counts_at(entropy, 0.1, [2]), target).latency_s
        - estimate(never, counts_at(never, 0.1, [2]), target).latency_s
    )
    per_event = instructions(target, "int8")
    count = 2 * (per_event["exit_step"] + 10 * per_event["exit_class"])
    assert difference[0] == pytest.approx(count * target.cycles_per_instruction.si / 160e6)


def test_synaptic_current_is_an_extra_update():
    target = load_target("stm32u575")
    plain = Builder((64,), encoding="spikes").dense(10).neuron().graph()
    cuba = Builder((64,), encoding="spikes").dense(10).neuron(synapse=np.ones((), np.float32)).graph()
    counts = counts_at(plain, 0.1, [4])
    extra = estimate(cuba, counts, target).latency_s - estimate(plain, counts, target).latency_s
    per_event = instructions(target, "float32")
    # the arena grows by ten currents of 4 bytes
    count = 4 * 10 * per_event["neuron_synapse"] + 10 * per_event["arena_word"]
    assert extra[0] == pytest.approx(count * target.cycles_per_instruction.si / 160e6)


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
