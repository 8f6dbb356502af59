"""How the int8 kernels read what a layer's windows hold (csrc/kernels/conv2d_i8.c, conv2d_taps.c and
arm/image_pairs_dsp.c)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snnrt.ir.graph import Conv2d, Graph, Weighted

# of csrc/kernels/row_sums.h
COLUMNS_MAX, LISTED_MAX, COUNT_MAX, COUNTS_MAX, OFFSET_MAX, PLANES = 16, 512, 31, 255, 65535, 3
# of csrc/kernels/column_lists.h
ZEROS = 8
# of csrc/kernels/tap_sums.h
TAP_CHANNELS, TAP_OUTPUTS, TAP_WORDS, TAP_COLUMNS, TAPS_MAX = 4, 8, 256, 32, 96
# of csrc/kernels/arm/image_pairs_dsp.c
PAIR_OUTPUTS, PAIR_WORDS, PAIR_VALUES, PAIR_COLUMNS = 8, 320, 256, 32


@dataclass(frozen=True)
class Windows:
    """The windows of a dense layer (one of a pixel) or convolution, and what of their taps lies inside the
    input.

    ``depth``: inputs that a group reads of a pixel; ``y``, ``x``: of each output row and column, the input
    rows and columns that its taps read; ``outputs`` of a group.
    """

    groups: int
    depth: int
    channels: int
    outputs: int
    kernel: tuple[int, int]
    dilation: int
    width: int
    y: tuple[np.ndarray, ...]
    x: tuple[np.ndarray, ...]

    @property
    def inputs(self) -> int:
        """Of one window, padding included."""
        return math.prod(self.kernel) * self.depth

    @property
    def lines(self) -> int:
        """Kernel lines that lie inside, over the output rows."""
        return sum(taps.size for taps in self.y)

    @property
    def tap_columns(self) -> int:
        """Kernel columns that lie inside, over a row's windows."""
        return sum(taps.size for taps in self.x)

    @property
    def elements(self) -> int:
        """Inputs inside, over all windows."""
        return self.lines * self.tap_columns * self.depth * self.groups

    @property
    def count(self) -> int:
        """Windows, each group's."""
        return len(self.y) * len(self.x) * self.groups


def windows_of(graph: Graph, node: Weighted) -> Windows:
    """The windows of ``node`` in ``graph``."""
    shape = graph[node.inputs[0].source].shape
    if not isinstance(node, Conv2d):
        inputs, pixel = math.prod(shape), np.zeros(1, np.int64)
        return Windows(1, inputs, inputs, math.prod(node.shape), (1, 1), 1, 1, (pixel,), (pixel,))
    (channels, height, width), (_, out_height, out_width) = shape, node.shape
    top, _, left, _ = node.padding
    outputs, depth, kernel_h, kernel_w = node.weights.shape
    y = inside(out_height, kernel_h, node.stride[0], node.dilation[0], top, height)
    x = inside(out_width, kernel_w, node.stride[1], node.dilation[1], left, width)
    return Windows(
        node.groups, depth, channels, outputs // node.groups, (kernel_h, kernel_w), node.dilation[1], width,
        tuple(y), tuple(x),
    )  # fmt: skip


def inside(
    outputs: int, kernel: int, stride: int, dilation: int, padding: int, size: int
) -> list[np.ndarray]:
    """Of each output place, the inputs that its kernel reads inside of ``size``."""
    taps = np.arange(kernel) * dilation - padding
    places = (output * stride + taps for output in range(outputs))
    return [place[(place >= 0) & (place < size)] for place in places]


def go_by_taps(windows: Windows) -> bool:
    """Whether of values that are no counts those that are not 0 are listed for a row of windows."""
    return (
        windows.groups == 1
        and windows.depth <= TAP_CHANNELS
        and windows.dilation == 1
        and windows.kernel[1] <= _tap_columns(windows)
    )


def _tap_columns(windows: Windows) -> int:
    return min(TAP_COLUMNS, TAPS_MAX // windows.kernel[0]) // windows.depth


def go_by_pairs(windows: Windows) -> bool:
    """The same on a core that adds two products: window by window, two taps at a time."""
    return (
        windows.groups == 1
        and windows.depth <= TAP_CHANNELS
        and windows.dilation == 1
        and windows.kernel[1] <= PAIR_COLUMNS
        and PAIR_OUTPUTS * (1 + -(-windows.inputs // 2)) <= PAIR_WORDS
    )


@dataclass(frozen=True)
class Taps:
    """What a convolution by taps takes: ``passes`` over its rows, as many outputs as fit each; ``lines`` and
    ``values`` looked at over all passes; ``blocks`` of outputs over all passes; ``pairs`` of taps."""

    passes: int
    lines: int
    values: int
    blocks: int
    pairs: int


def pairs_of(windows: Windows, stride: int) -> Taps:
    """As ``snnrt_conv2d_image`` lays them out on a core that adds two products."""
    columns = min(PAIR_COLUMNS, PAIR_VALUES // (windows.kernel[0] * windows.depth))
    block = PAIR_OUTPUTS * (1 + -(-windows.inputs // 2))
    return _taps(windows, stride, columns, -(-windows.outputs // (PAIR_WORDS // block * PAIR_OUTPUTS)))


def taps_of(windows: Windows, stride: int) -> Taps:
    """As it does on others; the passes are those of Thumb-1, which has the most."""
    blocks = TAP_WORDS // (TAP_OUTPUTS * (1 + windows.inputs))
    passes = -(-windows.outputs // (blocks * TAP_OUTPUTS)) if blocks else 1
    return _taps(windows, stride, _tap_columns(windows), passes)


def _taps(windows: Windows, stride: int, columns: int, passes: int) -> Taps:
    at_once = (columns - windows.kernel[1]) // stride + 1
    starts = range(0, len(windows.x), at_once)
    seen = sum(np.unique(np.concatenate(windows.x[start : start + at_once])).size for start in starts)
    channels = windows.lines * windows.depth
    return Taps(
        passes=passes,
        lines=passes * channels * len(starts),
        values=passes * channels * seen,
        blocks=-(-windows.outputs // TAP_OUTPUTS),
        pairs=-(-windows.inputs // 2),
    )


@dataclass(frozen=True)
class Listing:
    """What listing the inputs of all windows takes, once: pieces of a window, columns of all its rows of
    windows and pieces, lines of all columns, inputs that lie in them, how often an input that a window reads
    is listed, and what was listed in vain before the pieces were small enough."""

    pieces: int
    columns: int
    lines: int
    inputs: int
    listed_share: float
    vain: float


def listing_of(windows: Windows, bits: bool, counts: bool, peak: int, density: float) -> Listing:
    """As ``lay_out_lists`` and ``snnrt_list_column`` do it; ``counts``: in planes; ``density``: how many of
    the inputs are not 0."""
    piece_lines, piece_depth, columns_max, vain = _piece(windows, bits, counts, peak, density)
    taps = np.concatenate(windows.x) if windows.x else np.zeros(0, np.int64)
    columns = taps.size
    if windows.dilation == 1 and windows.kernel[1] <= columns_max:
        # a column stays listed for the windows of a row
        columns = np.unique(taps).size
    depth_pieces = -(-windows.depth // piece_depth)
    pieces = -(-windows.kernel[0] // piece_lines) * depth_pieces
    pixels = windows.lines * columns * windows.groups
    return Listing(
        pieces=pieces,
        columns=len(windows.y) * columns * windows.groups * pieces,
        lines=pixels * depth_pieces,
        inputs=pixels * windows.depth,
        listed_share=columns / taps.size if taps.size else 0.0,
        vain=vain,
    )


def _piece(
    windows: Windows, bits: bool, counts: bool, peak: int, density: float
) -> tuple[int, int, int, float]:
    """Kernel lines and inputs of a pixel that are listed at a time, columns, and what was listed in vain."""
    lanes, shift = bits or counts, 0 if bits else max(0, peak - 1).bit_length()
    columns = min(windows.kernel[1], COLUMNS_MAX)
    places, each = LISTED_MAX // 2, 1
    if bits:
        places = LISTED_MAX - 32
    elif counts:
        places, each = LISTED_MAX // PLANES & ~1, 1 << max(0, shift - 2)
    least = places // each // columns
    if lanes:
        least = min(least, COUNTS_MAX >> shift)
    room = ZEROS * least if lanes else least
    row = windows.outputs // 4 if lanes and windows.outputs % 4 == 0 else windows.outputs
    vain = 0.0
    while True:
        lines, depth = _split(windows, row, room)
        listed = lines * depth * density
        # of counts that differ the fullest plane has about half; neighbours have events together
        fullest = listed * (each if density == 1.0 else 0.75 if counts else 1.5)
        total = listed * (peak if density == 1.0 else 1.5 * (1 + peak) / 2)
        if room == least or (fullest * columns <= places and (total <= COUNTS_MAX or not lanes)):
            break
        vain += min(places, listed * columns)
        fit = max(1, int(places / fullest))
        room = max(room * fit // columns if 2 * fit < columns and columns > 2 else room // 2, least)
    reach = (lines - 1) * windows.kernel[1] * windows.depth * row + (depth - 1) * row
    return lines, depth, min(COLUMNS_MAX, (OFFSET_MAX - reach) // (windows.depth * row) + 1), vain


def _split(windows: Windows, row: int, room: int) -> tuple[int, int]:
    """As ``lay_out_pieces``: lines, and inputs of a pixel, of no more than ``room`` inputs of a column."""
    depth, (kernel_h, kernel_w) = windows.depth, windows.kernel
    room = max(1, min(room, OFFSET_MAX // row + 1))
    lines = max(1, min(room // depth, (OFFSET_MAX + row) // (kernel_w * depth * row), kernel_h))
    count = -(-depth // -(-depth // room))
    if (count + 3) & ~3 <= room:
        count = (count + 3) & ~3
    return lines, min(count, depth)


def plane_entries(value: np.ndarray, peak: int) -> np.ndarray:
    """How often counts ``value`` stand in the planes: for 1, for 2, and once for every 4."""
    most = 1 << max(0, max(0, peak - 1).bit_length() - 2)
    return (value & 1) + (value >> 1 & 1) + np.minimum(value >> 2, most)
