"""Events of the int8 layers that cores with vectors sum while they look at a window's inputs
(csrc/kernels/arm/direct_sums_helium.c, direct_values_helium.c, conv2d_image_helium.c, depthwise_helium.c,
dense_helium.c), or, of convolutions whose windows share inputs, line by line (direct_lists_helium.c)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from snnrt.ir.graph import Conv2d, Graph, Weighted
from snnrt.ir.value_types import largest_values
from snnrt.results.counts import Counts
from snnrt.targets.listed_windows import COUNT_MAX, COUNTS_MAX, OFFSET_MAX, Windows, windows_of
from snnrt.targets.workload import Synapses

Events = Iterator[tuple[str, np.ndarray]]

LANES = 8
"""Of 16 bits."""
WORD = 32
# of csrc/kernels/arm/direct_windows.h and dense_helium.c
WORDS, DENSE_OUTPUTS = 64, 64
DENSE_LARGE, DENSE_SMALL = 28, 16
# of csrc/kernels/arm/conv2d_image_helium.c
PIXEL_CHANNELS, PIXELS, IMAGE_WINDOWS, IMAGE_OUTPUTS = 4, 256, 3, 8
# of csrc/kernels/arm/direct_lists_helium.c
LISTED_WORDS, LISTED_LINES, LISTED_SHARED = 512, 8, 4


def is_direct_depthwise(node: Conv2d, packed: bool) -> bool:
    """Whether the channels of a depthwise convolution are lanes: one output each, bits in eights."""
    outputs, _, kernel_h, kernel_w = node.weights.shape
    fits = node.groups % LANES == 0 and kernel_h * kernel_w <= COUNTS_MAX
    return outputs == node.groups and (fits or not packed)


def is_direct(graph: Graph, node: Weighted, synapses: Synapses, packed: bool) -> bool:
    """Whether cores with vectors have a form of their own for the layer: of dense ones those on values, most
    of which are there, and in firmware that has convolutions those on counts, and on spikes where outputs are
    few."""
    if isinstance(node, Conv2d):
        return not synapses.is_depthwise or is_direct_depthwise(node, packed)
    if packed:
        return _has_convolutions(graph) and synapses.outputs <= DENSE_OUTPUTS
    return _on_counts(graph, node) or synapses.outputs >= DENSE_SMALL


def _has_convolutions(graph: Graph) -> bool:
    return any(isinstance(node, Conv2d) for node in graph)


def _on_counts(graph: Graph, node: Weighted) -> bool:
    return _has_convolutions(graph) and _peak(graph, node, packed=False) <= COUNT_MAX


def blocks_of(outputs: int, large: int, part: bool = False) -> list[int]:
    """Outputs of each pass over the windows, as ``snnrt_direct_blocks`` takes them; ``part``: where half of
    ``large`` may be more than there are."""
    blocks, output = [], 0
    while output < outputs:
        block = large
        for place in range(2):
            if part and place == 1 and block > outputs > block // 2:
                return [block]
            if block > outputs or block // 2 >= outputs - output:
                block //= 2
        if block != large // 4:
            output = min(output, outputs - block)
        blocks.append(block)
        output += block
    return blocks


def dense_blocks_of(outputs: int) -> list[int]:
    """Outputs of each pass over a dense layer's values."""
    blocks, output = [], 0
    while output < outputs:
        large = outputs >= DENSE_LARGE and outputs - output > DENSE_SMALL
        blocks.append(DENSE_LARGE if large else DENSE_SMALL)
        output += blocks[-1]
    return blocks


def direct_events(
    graph: Graph,
    node: Weighted,
    synapses: Synapses,
    counts: Counts,
    runs: np.ndarray,
    packed: bool,
    lists: bool = True,
) -> Events:
    """(event, count of each input (N,)) of ``node`` in steps ``runs`` (N,); ``lists``: of a fast build, which
    lists lines.

    Where each of a word's counts may be so large that sums of 16 bits hold fewer of them, they are taken for
    values: so are those of a window that is full.
    """
    windows = windows_of(graph, node)
    peak = _peak(graph, node, packed)
    if synapses.is_depthwise:
        assert isinstance(node, Conv2d)
        eights = -(-node.groups // (LANES if peak * windows.inputs <= COUNTS_MAX else LANES // 2))
        yield "depthwise_block", runs * (windows.count // node.groups * eights)
        yield "depthwise_tap", runs * (windows.lines * windows.tap_columns * eights)
        return
    if isinstance(node, Conv2d) and peak > COUNT_MAX and _is_image(windows, node.stride[1]):
        yield from _image_events(windows, runs, node.stride[1])
        return
    rows = counts.row_activations[:, synapses.position].astype(np.float64)
    if not isinstance(node, Conv2d) and not packed and not _on_counts(graph, node):
        blocks = dense_blocks_of(windows.outputs)
        yield "scan_value", runs * (windows.inputs * len(blocks))
        yield "value_column", rows * len(blocks)
        yield "listed_product", rows * sum(blocks)
        yield "sum_block_16", runs * len(blocks)
        return
    if lists and isinstance(node, Conv2d) and _is_listed(node, windows, peak):
        density = rows / np.maximum(runs * windows.elements, 1)
        room = LISTED_WORDS // windows.kernel[0] - (windows.width + 1)
        entries = density * (windows.width * windows.channels)
        held = density * (windows.kernel[1] * windows.channels * peak)
        fits = (entries <= room) & (held <= COUNTS_MAX)
        lines = np.unique(np.concatenate(windows.y)).size
        # what does not fit is found out on the way
        yield "list_entry", runs * lines * np.minimum(entries, room)
        yield "list_column", runs * (lines * windows.width)
        yield "list_value", runs * (0 if packed else lines * windows.width * windows.channels)
        yield from _listed_sums(windows, rows * fits, runs * fits, peak)
        if fits.all():
            return
        rows, runs = rows * ~fits, runs * ~fits
    wide = peak * WORD > COUNTS_MAX
    blocks = blocks_of(windows.outputs, 2 * LANES if wide else 4 * LANES, not wide)
    neighbours = windows.groups == 1 and windows.dilation == 1
    if not (packed or wide):
        # around the input there are no counts, and all windows read alike
        columns = len(windows.x) * (1 if neighbours else windows.kernel[1])
    else:
        columns = sum(taps.size > 0 for taps in windows.x) if neighbours else windows.tap_columns
    read = windows.lines * columns * windows.groups
    if isinstance(node, Conv2d):
        yield "window", runs * windows.count
    yield "window_run", runs * (read * len(blocks))
    looked_at = windows.elements * len(blocks) if wide else 0
    if not packed and peak <= COUNT_MAX:
        looked_at += _found_counts(windows)
    yield "scan_value", runs * looked_at
    if not wide:
        # a run may begin and end within a word
        yield "scan_word", runs * ((read + windows.elements // WORD) * len(blocks))
    yield "value_column", rows * len(blocks)
    yield "listed_product" if wide else "synaptic_operation", rows * sum(blocks)
    # sums that may not fit 16 bits are stored in between
    pieces = 1 if wide else -(-windows.inputs * peak // COUNTS_MAX)
    yield "sum_block_16", runs * (windows.count * len(blocks))
    yield "sum_piece", runs * (windows.count * len(blocks) * (pieces - 1))


def _is_listed(node: Conv2d, windows: Windows, peak: int) -> bool:
    shared = windows.kernel[0] * windows.kernel[1] >= LISTED_SHARED * node.stride[0] * node.stride[1]
    return (
        peak <= COUNT_MAX
        and windows.groups == 1
        and tuple(node.dilation) == (1, 1)
        and shared
        and windows.outputs % LANES == 0
        and windows.kernel[0] <= LISTED_LINES
        and (windows.width + windows.channels) * windows.kernel[0] < LISTED_WORDS
        and windows.width * windows.channels * windows.outputs <= OFFSET_MAX
    )


def _listed_sums(windows: Windows, rows: np.ndarray, runs: np.ndarray, peak: int) -> Events:
    """What windows take of lines that are listed."""
    # of 32 outputs, then one of 16, of 8
    blocks = windows.outputs // WORD + (windows.outputs % WORD // LANES).bit_count()
    yield "list_window", runs * (windows.count * blocks)
    columns = sum(taps.size > 0 for taps in windows.x)
    yield "window_run", runs * (windows.lines * columns * blocks)
    yield "value_column", rows * blocks
    yield "synaptic_operation", rows * windows.outputs
    yield "sum_block_16", runs * (windows.count * blocks)
    pieces = -(-windows.inputs * peak // COUNTS_MAX)
    yield "sum_piece", runs * (windows.count * blocks * (pieces - 1))


def _peak(graph: Graph, node: Weighted, packed: bool) -> int:
    return 1 if packed else largest_values(graph).get(node.inputs[0].source, COUNT_MAX + 1)


def _found_counts(windows: Windows) -> int:
    """Counts that are looked at before windows are summed: those of a row's lines, some of them twice where
    there is no room for all windows."""
    line = windows.width * windows.channels
    reach = windows.kernel[1] * windows.dilation * windows.channels
    room = WORDS // min(windows.kernel[0], WORDS) * WORD
    parts = max(1, -(-(line - reach) // max(1, room - reach)))
    return windows.lines * (line + (parts - 1) * reach)


def _is_image(windows: Windows, stride: int) -> bool:
    room = PIXELS // (windows.kernel[0] + 1) // LANES * LANES
    return (
        windows.groups == 1
        and windows.dilation == 1
        and windows.depth <= PIXEL_CHANNELS
        and windows.outputs >= IMAGE_OUTPUTS
        and len(windows.x) >= IMAGE_WINDOWS
        and (2 * stride + windows.kernel[1]) * windows.depth <= room
    )


def _image_events(windows: Windows, runs: np.ndarray, stride: int) -> Events:
    """Three windows at a time, all of which read something, and eight outputs."""
    width = len(windows.x)
    room = PIXELS // (windows.kernel[0] + 1) // LANES * LANES
    at_once = min((room // windows.depth - windows.kernel[1]) // stride + 1, WORD * IMAGE_WINDOWS)
    parts = -(-width // at_once)
    together = max(IMAGE_WINDOWS, -(-width // parts))
    pixels = ((together - 1) * stride + windows.kernel[1]) * windows.depth
    threes = parts * -(-together // IMAGE_WINDOWS)
    blocks = -(-windows.outputs // IMAGE_OUTPUTS)
    taps = windows.lines * windows.kernel[1] * windows.depth
    yield "tap_line", runs * ((windows.lines + len(windows.y)) * parts)
    yield "tap_input", runs * ((windows.lines + len(windows.y)) * parts * pixels)
    yield "tap_column", runs * (len(windows.y) * threes)
    yield "tap_block", runs * (len(windows.y) * threes * blocks)
    yield "tap_operation", runs * (taps * threes * IMAGE_WINDOWS * IMAGE_OUTPUTS * blocks)
