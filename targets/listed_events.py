"""Events of the int8 layers whose inputs are listed once an output row, or go tap by tap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from snnrt.ir.graph import Conv2d, Graph, Weighted
from snnrt.ir.nodes.sum_pool2d import AddingPool2d
from snnrt.ir.value_types import largest_values
from snnrt.results.counts import Counts
from snnrt.targets.listed_windows import (
    COUNT_MAX,
    COUNTS_MAX,
    PLANES,
    TAP_OUTPUTS,
    Taps,
    Windows,
    go_by_pairs,
    go_by_taps,
    listing_of,
    pairs_of,
    plane_entries,
    taps_of,
    windows_of,
)
from snnrt.targets.workload import Synapses, packed_spikes

Events = Iterator[tuple[str, np.ndarray]]
Reduction = Callable[[np.ndarray], Any]


def is_listed(graph: Graph, node: Weighted, packed: bool, in_lanes: bool = True) -> bool:
    """Whether the inputs of an int8 layer that is no depthwise convolution are listed: those of convolutions,
    and in firmware that has such, of a core that adds ``in_lanes`` but has no vectors, the values that dense
    layers read (csrc/kernels/dense.c)."""
    if isinstance(node, Conv2d):
        return True
    return in_lanes and not packed and any(isinstance(other, Conv2d) for other in graph)


def listed_events(
    graph: Graph,
    node: Weighted,
    synapses: Synapses,
    counts: Counts,
    runs: np.ndarray,
    packed: bool,
    of_full: Reduction | None = None,
    in_pairs: bool = True,
) -> Events:
    """(event, count of each input (N,)) of ``node`` in steps ``runs`` (N,); ``in_pairs``: of a core that adds
    two products in an instruction.

    ``of_full``: every input is there, and of the entries that the counts 1 ... peak have in lists, each
    takes what this makes of them.
    """  # fmt: skip
    windows = windows_of(graph, node)
    rows = counts.row_activations[:, synapses.position].astype(np.float64)
    active = counts.active_windows[:, synapses.position].astype(np.float64)
    blocks = row_blocks(node)
    yield "row_block", runs * (blocks if blocks > 1 else 0)
    # a sum takes its bias along, where there is one
    silent = runs * windows.count - (active if node.bias is not None else 0.0)
    peak = 1 if packed else largest_values(graph).get(node.inputs[0].source, COUNT_MAX + 1)
    is_conv = isinstance(node, Conv2d)
    in_planes = packed or (peak <= COUNT_MAX and (is_conv or windows.outputs >= 16))
    is_image = isinstance(node, Conv2d) and not packed and peak > COUNT_MAX
    if is_image and (go_by_pairs(windows) if in_pairs else go_by_taps(windows)):
        assert isinstance(node, Conv2d)
        yield "tap_weight", runs * (blocks * windows.inputs * windows.outputs)
        if in_pairs:
            taps = pairs_of(windows, node.stride[1])
            # of an active window all are taken
            products = active * (2 * taps.pairs)
        else:
            taps, products = taps_of(windows, node.stride[1]), rows
        yield from _tap_events(windows, taps, products, active, runs)
        return
    yield "list_output", silent * windows.outputs
    read = max(1.0, float(runs.sum()) * windows.elements)
    density = 1.0 if of_full is not None else min(1.0, float(rows.sum()) / read)
    listing = listing_of(windows, packed, in_planes, peak, density)
    yield "listed_step", runs * blocks
    yield "listed_row", runs * (len(windows.y) * windows.groups * listing.pieces)
    yield "list_window", runs * (windows.count * listing.pieces)
    yield "list_column", runs * listing.columns
    # values that are left of fours are looked at one by one
    ragged = not packed and windows.depth % 4 != 0
    yield "column_line", runs * (listing.lines * (1 + ragged))
    entries = total = rows
    values, chance = np.arange(1, peak + 1), None
    if packed:
        yield "list_spike", rows * listing.listed_share + runs * (blocks * listing.vain)
    else:
        yield "list_value", runs * (listing.inputs + blocks * listing.vain / max(density, 1e-3))
        yield "list_input", rows * listing.listed_share
        if in_planes:
            each = plane_entries(values, peak)
            chance = _chances(graph, node, counts, values)
            entries = rows * (chance @ each if of_full is None else of_full(each))
            total = rows * (chance @ values if of_full is None else peak)
            yield "list_entry", entries * listing.listed_share + runs * (blocks * listing.vain)
    # rows fall anywhere among the pieces of active windows
    calls = active * listing.pieces
    if of_full is None:
        calls = _filled(calls, rows, active)
    if in_planes:
        # a mean: the last one is half full
        calls = np.where(active > 0, np.maximum(calls, total / COUNTS_MAX + active / 2), 0.0)
        if packed or chance is None:
            planes = np.ones_like(rows)
        elif of_full is None:
            planes = _planes(values, chance, np.divide(rows, calls, out=np.zeros_like(rows), where=calls > 0))
        else:
            planes = np.full_like(rows, 1 + (peak >= 2) + (peak >= 4))
        yield from _plane_sums(windows, entries, calls, planes)
    else:
        yield from _value_sums(windows, rows, calls)


def _tap_events(
    windows: Windows, taps: Taps, products: np.ndarray, active: np.ndarray, runs: np.ndarray
) -> Events:
    """``products`` (N,) with a row of weights, for whole blocks of outputs."""
    yield "tap_line", runs * taps.lines
    yield "tap_input", runs * taps.values
    yield "tap_column", runs * (windows.count * taps.passes)
    yield "tap_output", (runs * windows.count - active) * (TAP_OUTPUTS * taps.blocks)
    yield "tap_block", active * taps.blocks
    yield "tap_operation", products * (TAP_OUTPUTS * taps.blocks)


def _plane_sums(windows: Windows, entries: np.ndarray, calls: np.ndarray, planes: np.ndarray) -> Events:
    """``planes`` (N,) that a call adds, on average."""
    outputs = windows.outputs
    by_16 = outputs // 16 if outputs % 4 == 0 else 0
    by_8 = (outputs - 16 * by_16) // 8
    # the last four outputs may have been added in part
    by_4 = -(-(outputs - 16 * by_16 - 8 * by_8) // 4) if outputs >= 4 else 0
    by_1 = outputs if outputs < 4 else 0
    yield "sum_call", calls
    yield "listed_operation", entries * (16 * by_16)
    yield "listed_operation_by_4", entries * (8 * by_8 + 4 * by_4)
    yield "listed_operation_by_1", entries * by_1
    yield "listed_block_16", calls * by_16
    yield "listed_block_4", calls * (by_8 + by_4)
    yield "listed_block_1", calls * by_1
    yield "plane_16", calls * (by_16 * (planes - 1))
    yield "plane_list", calls * (by_16 * planes + PLANES * (by_8 + by_4 + by_1))


def _planes(values: np.ndarray, chance: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    """Planes up to the last that lists anything of ``inputs`` (N,) counts, each of ``values`` with its
    ``chance`` (N, values): those of 1, of 2, and of 4 and more."""
    beyond = [np.minimum(chance @ (values >= least), 1.0) for least in (2, 4)]
    return 1.0 + sum(1.0 - (1.0 - share) ** inputs for share in beyond)


def _value_sums(windows: Windows, rows: np.ndarray, calls: np.ndarray) -> Events:
    outputs = windows.outputs
    by_8 = outputs // 8 if outputs % 4 == 0 else 0
    by_4, by_1 = (outputs - 8 * by_8) // 4, outputs % 4
    yield "sum_call", calls
    yield "listed_product", rows * (8 * by_8)
    yield "listed_product_by_4", rows * (4 * by_4)
    yield "listed_operation_by_1", rows * by_1
    yield "value_block", calls * (by_8 + by_4)
    yield "listed_block_1", calls * by_1


def _filled(cells: np.ndarray, rows: np.ndarray, active: np.ndarray) -> np.ndarray:
    """How many of ``cells`` ``rows`` fall into, at least one for each active window."""
    share = np.divide(rows, cells, out=np.zeros_like(rows), where=cells > 0)
    return np.maximum(active, cells * -np.expm1(-share))


def _chances(graph: Graph, node: Weighted, counts: Counts, values: np.ndarray) -> np.ndarray:
    """(N, values) how likely each of the counts ``values`` is among those that are not 0: sums of spikes are
    binomial, all others uniform."""
    source, peak = graph[node.inputs[0].source], values.size
    while source.kind == "flatten":
        source = graph[source.inputs[0].source]
    if not isinstance(source, AddingPool2d) or source.inputs[0].source not in packed_spikes(graph):
        return np.full((counts.timesteps.size, peak), 1.0 / peak)
    position = counts.nodes.index(source.inputs[0].source)
    updates = np.maximum(counts.neuron_updates[:, position], 1).astype(np.float64)
    density = np.clip(counts.spikes[:, position] / updates, 1e-9, 1.0)[:, None]
    ways = np.array([math.comb(peak, int(value)) for value in values], np.float64)
    chance = ways * density**values * (1.0 - density) ** (peak - values)
    return chance / chance.sum(1, keepdims=True)


def row_blocks(node: Weighted) -> int:
    """In how many goes the core computes a layer's rows."""
    rows = node.rows or 0 if isinstance(node, Conv2d) else 0
    return -(-node.shape[1] // rows) if rows else 1
