"""Events of the int8 convolutions that cores with vectors sum while they look at a window's inputs
(csrc/kernels/arm/conv2d_helium.c, depthwise_helium.c)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from snnrt.ir.graph import Conv2d, Graph
from snnrt.ir.value_types import largest_values
from snnrt.results.counts import Counts
from snnrt.targets.listed_windows import COUNT_MAX, COUNTS_MAX, windows_of
from snnrt.targets.workload import Synapses

Events = Iterator[tuple[str, np.ndarray]]

LANES = 8
"""Of 16 bits."""


def is_direct_depthwise(node: Conv2d, packed: bool) -> bool:
    """Whether the channels of a depthwise convolution are lanes: one output each, bits in eights."""
    outputs, _, kernel_h, kernel_w = node.weights.shape
    fits = node.groups % LANES == 0 and kernel_h * kernel_w <= COUNTS_MAX
    return outputs == node.groups and (fits or not packed)


def blocks_of(outputs: int, large: int) -> list[int]:
    """Outputs of each pass over the windows, as ``direct_sum_blocks`` takes them."""
    blocks, output = [], 0
    while output < outputs:
        block = large
        for _ in range(2):
            if block > outputs or block // 2 >= outputs - output:
                block //= 2
        if block != large // 4:
            output = min(output, outputs - block)
        blocks.append(block)
        output += block
    return blocks


def direct_events(
    graph: Graph, node: Conv2d, synapses: Synapses, counts: Counts, runs: np.ndarray, packed: bool
) -> Events:
    """(event, count of each input (N,)) of ``node`` in steps ``runs`` (N,)."""
    windows = windows_of(graph, node)
    peak = 1 if packed else largest_values(graph).get(node.inputs[0].source, COUNT_MAX + 1)
    if synapses.is_depthwise:
        eights = -(-node.groups // (LANES if peak * windows.inputs <= COUNTS_MAX else LANES // 2))
        yield "depthwise_block", runs * (windows.count // node.groups * eights)
        yield "depthwise_tap", runs * (windows.lines * windows.tap_columns * eights)
        return
    wide = peak > COUNT_MAX
    blocks = blocks_of(windows.outputs, 2 * LANES if wide else 4 * LANES)
    rows = counts.row_activations[:, synapses.position].astype(np.float64)
    neighbours = node.groups == 1 and node.dilation[1] == 1
    columns = sum(taps.size > 0 for taps in windows.x) if neighbours else windows.tap_columns
    read = windows.lines * columns * windows.groups
    yield "window", runs * windows.count
    yield "window_run", runs * (read * len(blocks))
    if packed:
        # a run may begin and end within a word
        yield "scan_word", runs * ((read + windows.elements // 32) * len(blocks))
    else:
        yield "scan_value", runs * (windows.elements * len(blocks))
    yield "row_activation", rows * len(blocks)
    yield "multiply_accumulate" if wide else "synaptic_operation", rows * sum(blocks)
    # sums that may not fit 16 bits are stored in between
    pieces = 1 if wide else -(-windows.inputs * peak // COUNTS_MAX)
    yield "sum_block_16", runs * (windows.count * len(blocks))
    yield "sum_piece", runs * (windows.count * len(blocks) * (pieces - 1))
