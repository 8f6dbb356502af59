"""Events of convolutions that cores with vectors sum directly, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from snnrt import GraphBuilder, Network
from snnrt.ir.graph import Graph
from snnrt.targets.direct_windows import blocks_of, dense_blocks_of
from snnrt.targets.microcontroller import events_of
from snnrt.targets.neuron_loops import VECTORS


@pytest.mark.parametrize(
    ("outputs", "large", "blocks"),
    [
        (64, 32, [32, 32]),
        (40, 32, [32, 8]),
        # the last blocks sum some outputs once more
        (44, 32, [32, 16]),
        (60, 32, [32, 32]),
        (20, 32, [16, 8]),
        (31, 32, [16, 16]),
        (10, 32, [8, 8]),
        (3, 16, [4]),
    ],
)
def test_outputs_are_taken_in_blocks(outputs: int, large: int, blocks: list[int]) -> None:
    assert blocks_of(outputs, large) == blocks


@pytest.mark.parametrize(("outputs", "blocks"), [(10, [16]), (8, [8]), (16, [16]), (20, [16, 8])])
def test_half_a_block_may_be_more_than_there_is(outputs: int, blocks: list[int]) -> None:
    assert blocks_of(outputs, 32, part=True) == blocks


@pytest.mark.parametrize(
    ("outputs", "blocks"),
    [(128, [28] * 4 + [16]), (16, [16]), (20, [16, 16]), (40, [28, 16]), (48, [28, 28])],
)
def test_values_of_dense_layers_take_larger_blocks(outputs: int, blocks: list[int]) -> None:
    assert dense_blocks_of(outputs) == blocks


def test_values_of_dense_layers_are_no_list() -> None:
    g = GraphBuilder((50,), encoding="constant", timesteps=2, scale=1.0, peak=90, low=0.0, high=90.0,
                     arithmetic="integer")  # fmt: skip
    shown = g.dense(g.input, np.ones((40, 50), np.int8), name="it")
    graph = g.finish(g.neuron(shown, membrane=0, reset="none"), scale=np.ones(40))
    found = events(graph, np.full((1, 50), 90.0, np.float32))
    expected = {
        "scan_value": 50 * 2,
        "value_column": 50 * 2,
        "listed_product": 50 * 44,
        "sum_block_16": 2,
    }
    assert {event: count for event, count in found.items() if count and event != "row_block"} == expected


def convolution(channels: int, outputs: int, groups: int = 1, peak: int = 1) -> tuple[Graph, np.ndarray]:
    """3 × 3 with a border of 0 on (channels, 4, 5): of bits, or of an image; two steps."""
    g = GraphBuilder(
        (channels, 4, 5), encoding="spikes" if peak == 1 else "constant", timesteps=2, scale=1.0, peak=peak,
        low=0.0, high=float(peak), arithmetic="integer",
    )  # fmt: skip
    x = g.input
    if peak == 1:
        x = g.neuron(g.add(x, as_current=True), membrane=0, threshold=1, reset="none")
    weights = np.ones((outputs, channels // groups, 3, 3), np.int8)
    shown = g.neuron(g.conv2d(x, weights, groups=groups, padding=1, name="it"), membrane=0, reset="none")
    graph = g.finish(g.flatten(g.sum_pool2d(shown, (4, 5))), scale=np.ones(outputs))
    shape = (1, 2, channels, 4, 5) if peak == 1 else (1, channels, 4, 5)
    return graph, np.full(shape, float(peak), np.float32)


def events(graph: Graph, x: np.ndarray, lists: bool = False) -> dict[str, float]:
    counts = Network(graph).run(x).counts
    found = events_of(graph, counts, lanes=VECTORS, fast=lists)
    return {event: float(count[0]) for name, event, count in found if name == "it" and event != "node_step"}


# 4 rows and 5 columns of windows read 10 rows and 13 columns of the input
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (
            # 40 outputs are a block of 32 and one of 8
            convolution(3, 40),
            {
                "window": 2 * 20, "window_run": 2 * 2 * 10 * 5, "scan_word": 2 * 2 * (10 * 5 + 390 // 32),
                "value_column": 2 * 2 * 390, "synaptic_operation": 2 * 390 * 40, "sum_block_16": 2 * 2 * 20,
            },
        ),
        (
            # an image is summed once: 5 windows of a row are two threes, 20 outputs three blocks
            convolution(2, 20, peak=90),
            {
                "tap_line": 10 + 4, "tap_input": (10 + 4) * 7 * 2, "tap_column": 4 * 2,
                "tap_block": 4 * 2 * 3, "tap_operation": 10 * 3 * 2 * 2 * 3 * 8 * 3,
            },
        ),
        (
            # of more channels one by one
            convolution(6, 20, peak=90),
            {
                "window": 20, "window_run": 2 * 10 * 5, "scan_value": 2 * 780, "value_column": 2 * 780,
                "listed_product": 780 * 20, "sum_block_16": 2 * 20,
            },
        ),
        (
            # counts: lines of 15 are looked at once, then words of those that are not 0; 27 of 4 fit a sum
            convolution(3, 40, peak=4),
            {
                "window": 20, "window_run": 2 * 10 * 5, "scan_value": 10 * 15,
                "scan_word": 2 * (10 * 5 + 390 // 32), "value_column": 2 * 390,
                "synaptic_operation": 390 * 40, "sum_block_16": 2 * 20,
            },
        ),
        (
            # those of a full word may be too many: values, as found out before
            convolution(3, 40, peak=20),
            {
                "window": 20, "window_run": 3 * 10 * 5, "scan_value": 3 * 390 + 10 * 15,
                "value_column": 3 * 390, "listed_product": 390 * 40, "sum_block_16": 3 * 20,
            },
        ),
        (
            convolution(16, 16, groups=16),
            {"depthwise_block": 2 * 20 * 2, "depthwise_tap": 2 * 130 * 2},
        ),
        (
            # sums of 9 · 90 fit no lane of 16 bits
            convolution(10, 10, groups=10, peak=90),
            {"depthwise_block": 20 * 3, "depthwise_tap": 130 * 3},
        ),
    ],
)  # fmt: skip
def test_events(made: tuple[Graph, np.ndarray], expected: dict[str, float]) -> None:
    found = {event: count for event, count in events(*made).items() if count}
    assert found == expected


# 60 inputs of 20 pixels are listed once; 40 outputs are a block of 32 and one of 8
LISTED = {
    "list_entry": 60, "list_column": 20, "list_window": 2 * 20, "window_run": 2 * 10 * 5,
    "value_column": 2 * 390, "synaptic_operation": 390 * 40, "sum_block_16": 2 * 20,
}  # fmt: skip


def test_lines_of_spikes_are_listed_once() -> None:
    found = {event: count for event, count in events(*convolution(3, 40), lists=True).items() if count}
    assert found == {event: 2 * count for event, count in LISTED.items()}


# 27 of 20 are sums of three pieces
@pytest.mark.parametrize(("peak", "more"), [(4, {}), (20, {"sum_piece": 2 * 20 * 2})])
def test_lines_of_counts_are_looked_at_and_listed_once(peak: int, more: dict[str, float]) -> None:
    graph, x = convolution(3, 40, peak=peak)
    found = {event: count for event, count in events(graph, x, lists=True).items() if count}
    assert found == LISTED | {"list_value": 60} | more


@pytest.mark.parametrize("peak", [1, 4])
def test_lines_without_room_are_not_listed_but_tried(peak: int) -> None:
    graph, x = convolution(35, 40, peak=peak)
    found, plain = events(graph, x, lists=True), events(graph, x)
    # 164 entries of 175, in each of 4 lines and two steps of spikes
    assert found["list_entry"] == 4 * 164 * (2 if peak == 1 else 1)
    assert {event: found[event] for event in plain} == plain


@pytest.mark.parametrize(("channels", "outputs", "groups"), [(3, 20, 1), (4, 16, 2)])
def test_what_the_lists_lack_goes_window_by_window(channels: int, outputs: int, groups: int) -> None:
    made = convolution(channels, outputs, groups)
    assert events(*made, lists=True) == events(*made)
