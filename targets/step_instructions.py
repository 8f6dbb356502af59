"""The most instructions that a timestep takes on each emulated core."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from snnrt.errors import TargetError
from snnrt.ir.graph import Graph
from snnrt.results.counts import Counts
from snnrt.targets.build_settings import SETTINGS, Setting
from snnrt.targets.listed_events import Reduction
from snnrt.targets.loading import tomllib
from snnrt.targets.microcontroller import events_of
from snnrt.targets.workload import packed_spikes
from snnrt.targets.worst_case import full_counts

TABLES = {setting: Path(__file__).with_name(f"step_instructions_{setting}.toml") for setting in SETTINGS}

GROUPS: dict[str, tuple[str, ...]] = {
    "operation": (
        "synaptic_operation",
        "synaptic_operation_by_4",
        "listed_operation",
        "listed_operation_by_4",
    ),
    "multiplication": ("multiply_accumulate", "operation_by_1"),
    "listed_product": ("listed_product", "listed_product_by_4", "listed_operation_by_1"),
    "tap_operation": ("tap_operation",),
    "depthwise_operation": ("depthwise_operation",),
    "row": ("row_activation", "list_spike", "list_input", "list_entry"),
    "block": (
        "sum_piece",
        "sum_block_16",
        "sum_block_4",
        "sum_block_1",
        "product_block",
        "sum_call",
        "listed_block_16",
        "listed_block_4",
        "listed_block_1",
        "value_block",
        "tap_block",
    ),
    "column": ("plane_list", "plane_16"),
    "scan_word": ("scan_word",),
    "scan_value": ("scan_value", "list_value"),
    "tap_value": ("tap_input", "tap_weight"),
    "depthwise_value": ("depthwise_value",),
    "window": ("window", "window_run", "list_window"),
    "line": ("list_column", "column_line", "tap_line", "tap_column"),
    "depthwise_tap": ("depthwise_block", "depthwise_tap"),
    "neuron": ("neuron_update",),
    "general": ("neuron_general",),
    "single": ("neuron_single",),
    "variant": (
        "neuron_synapse",
        "neuron_bias",
        "neuron_reset_next",
        "neuron_int16",
        "neuron_bound",
        "neuron_adaptation",
        "neuron_refractory",
        "neuron_parameter",
    ),
    "neuron_node": ("neuron_step", "neuron_run", "row_block", "listed_step", "listed_row"),
    "pool": ("pool_tap", "pool_element", "pool_spike", "pool_any_word", "pool_word", "pool_four"),
    "pool_value": (),
    "element": ("output_element", "list_output", "tap_output", "add_element", "readout_element"),
    "exit_class": ("exit_class",),
    "node": ("node_step",),
}
"""Events of :mod:`snnrt.targets.microcontroller` that share a weight; a pool of values has one of its own.
What happens once an input is no part of a step, and a spike is part of the update, as all neurons fire."""


LANES: Mapping[Setting, Mapping[str, int]] = {
    "small": {"cortex-m55": 4},
    "fast": {"cortex-m4": 2, "cortex-m7": 2, "cortex-m33": 2, "cortex-m55": 4},
}
"""What kernels take at a time, beside 1: SNNRT_NEURONS_AT_ONCE of csrc/kernels/plain_neurons.h; those of 2
have SNNRT_DENSE_LISTS of csrc/kernels/dense.c, those of 4 vectors."""


def grouped_events(
    graph: Graph,
    core: str,
    setting: Setting,
    counts: Counts | None = None,
    left_out: frozenset[str] = frozenset(),
    of_full: Reduction = np.max,
) -> np.ndarray:
    """(groups,) float64 events of the largest timestep on ``core`` at ``setting``, without the nodes
    ``left_out``.

    ``of_full``: as of :func:`~snnrt.targets.listed_events.listed_events`; the most that any counts take.
    """
    totals = dict.fromkeys(GROUPS, 0.0)
    packed = packed_spikes(graph)
    group_of = {event: group for group, events in GROUPS.items() for event in events}
    counts = full_counts(graph) if counts is None else counts
    lanes = LANES[setting].get(core, 1)
    for name, event, count in events_of(graph, counts, of_full, lanes, setting == "fast"):
        if name not in left_out and event in group_of:
            group = group_of[event]
            if group == "pool" and graph[name].inputs[0].source not in packed:
                group = "pool_value"
            totals[group] += float(count[0])
    return np.array(list(totals.values()))


@cache
def read_table(setting: Setting) -> dict[str, Any]:
    """The table. Raises TargetError where it cannot be read, which a broken installation can do."""
    path = TABLES[setting]
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise TargetError(f"{path.name}: cannot be read ({error}); install snnrt again") from error
    if table.get("format") != 1:
        raise TargetError(f"{path.name}: expected format 1, found {table.get('format')!r}; install again")
    return table


def step_instructions(
    graph: Graph, core: str, setting: Setting, left_out: frozenset[str] = frozenset()
) -> int:
    """The most instructions of a timestep of ``graph`` on ``core`` at ``setting``: the fit, times the most by
    which a counted network passed it. ``left_out``: nodes that do not run. Raises TargetError for an unknown
    core."""
    table = read_table(setting)
    if core not in table:
        raise TargetError(f"{TABLES[setting].name}: expected the core {core!r}, found none; run make sizes")
    row = table[core][graph.numbers]
    weights = np.array([row[group] for group in GROUPS])
    most = max(row["spread"], row["whole"], 1.0)
    return int(np.ceil(grouped_events(graph, core, setting, left_out=left_out) @ weights * most))
