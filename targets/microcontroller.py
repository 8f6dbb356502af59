"""Cost of the C core on a microcontroller: events → instructions → cycles → energy and time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

from snnrt.ir.graph import Conv2d, Dense, Graph, Neuron, Node, Weighted
from snnrt.ir.memory_plan import cleared_bytes
from snnrt.ir.nodes.max_pool2d import MaxPool2d
from snnrt.ir.nodes.sum_pool2d import AddingPool2d
from snnrt.results.counts import Counts
from snnrt.targets.costs import Ledger, Memory
from snnrt.targets.direct_windows import direct_events, is_direct
from snnrt.targets.listed_events import Reduction, is_listed, listed_events, row_blocks
from snnrt.targets.listed_windows import inside
from snnrt.targets.neuron_loops import VECTORS, behind_currents, fills_words, is_one_loop
from snnrt.targets.target import Microcontroller
from snnrt.targets.workload import Synapses, all_synapses, elements, packed_spikes

FORMULAS = (
    "instructions = Σ over events: count × instructions an event",
    "cycles = instructions × cycles an instruction (CPI)",
    "latency = cycles / clock",
    "energy = cycles × energy a cycle (+ sleep or idle power × (period − latency) where a period is given)",
    "a layer fed by a constant input runs once an input, all others once a timestep",
)


# SNNRT_EVENTS_MAX of csrc/snnrt_config.h: non-zero inputs that are found before they are summed
EVENTS_MAX = 32
# SNNRT_POOL_CHANNELS of csrc/kernels/arm/pool_bits_helium.c
POOL_CHANNELS = 16
# SNNRT_LANES_OF_CHANNELS of csrc/kernels/depthwise.c
DEPTHWISE_CHANNELS = 32
LANES = 2
"""Neurons that the core takes at a time whose instructions are charged."""


def book(graph: Graph, counts: Counts, target: Microcontroller) -> Ledger:
    """The costs of ``counts`` on ``target``, figures at their values."""
    ledger = Ledger(counts.timesteps.size)
    cpi, clock = target.cycles_per_instruction.si, target.clock.si
    energy_per_cycle = target.energy_per_cycle.si
    for layer, event, count in events_of(graph, counts):
        for charge in target.charges:
            if charge.event == event and charge.numbers in (None, graph.numbers):
                each = (event, count, charge.si, charge.figure, ("cycles an instruction", cpi))
                ledger.charge(layer, charge.component, *each, ("J a cycle", energy_per_cycle))
                ledger.wait(layer, *each, ("s a cycle", 1.0 / clock))
    return ledger


def events_of(
    graph: Graph, counts: Counts, of_full: Reduction | None = None, lanes: int = LANES, fast: bool = True
) -> Iterator[tuple[str, str, np.ndarray]]:
    """(node, event, count of each input (N,)) of everything that :attr:`Microcontroller.events` names.

    ``of_full``: as of :func:`~snnrt.targets.listed_events.listed_events`, where every input is there;
    ``lanes``: as of :func:`~snnrt.targets.neuron_loops.is_one_loop`; ``fast``: of a build with the loops that
    ``-O2`` has and ``-Os`` has not (SNNRT_WITH_FAST_LOOPS).
    """
    steps = counts.timesteps.astype(np.float64)
    packed, static = packed_spikes(graph), graph.static_nodes()
    synapses = {item.name: item for item in all_synapses(graph)}
    events: Iterator[tuple[str, np.ndarray]]
    for position, node in enumerate(graph):
        runs = np.ones_like(steps) if node.name in static else steps
        if isinstance(node, Weighted):
            synapse = synapses[node.name]
            is_packed = node.inputs[0].source in packed
            if lanes == VECTORS and graph.integer and is_direct(graph, node, synapse, is_packed):
                blocks = row_blocks(node)
                events = itertools.chain(
                    [("row_block", runs * (blocks if blocks > 1 else 0))],
                    direct_events(graph, node, synapse, counts, runs, is_packed, fast),
                )
            elif synapse.is_depthwise:
                events = _depthwise_events(graph, node, synapse, counts, runs, is_packed)
            elif graph.integer and is_listed(graph, node, is_packed, lanes == LANES):
                events = listed_events(graph, node, synapse, counts, runs, is_packed, of_full, lanes == LANES)
            else:
                events = itertools.chain(
                    _window_events(graph, node, synapse, counts, runs, is_packed),
                    _sum_events(
                        synapse, graph.numbers, counts, is_packed or (fast and _reads_ones(graph, node))
                    ),
                )
        elif isinstance(node, Neuron):
            source = graph[node.inputs[0].source]
            blocks = row_blocks(source) if isinstance(source, Weighted) else 1
            events = _neuron_events(node, graph.numbers, counts, position, runs * blocks, lanes, fast)
        else:
            events = _pool_events(graph, node, counts, runs, lanes)
        if node is graph.input:
            yield node.name, "arena_word", np.full_like(steps, cleared_bytes(graph) / 4)
        for event, count in events:
            yield node.name, event, count
        if "memory" in node.KIND.traits:
            yield node.name, "node_step", runs


def _reads_ones(graph: Graph, node: Weighted) -> bool:
    """Whether an int8 dense layer reads the input's spikes, which are no bits, but added as those are."""
    source = graph.input
    ones = graph.integer and not source.is_constant and source.peak == 1 and source.low >= 0
    return ones and isinstance(node, Dense) and node.inputs[0].source == source.name


def _depthwise_events(
    graph: Graph, node: Weighted, synapses: Synapses, counts: Counts, runs: np.ndarray, packed: bool
) -> Iterator[tuple[str, np.ndarray]]:
    """Convolutions whose groups read one channel each, tap by tap in blocks of channels (depthwise.c)."""
    blocks = row_blocks(node)
    yield "row_block", runs * (blocks if blocks > 1 else 0)
    first, _ = _input_runs(graph, node)
    taps = first.size // synapses.groups
    channel_blocks = -(-synapses.groups // DEPTHWISE_CHANNELS)
    yield "depthwise_block", runs * (synapses.windows // synapses.groups * channel_blocks)
    yield "depthwise_tap", runs * (taps * channel_blocks)
    yield "depthwise_value", runs * (0 if packed else taps * synapses.groups)
    rows = counts.row_activations[:, synapses.position].astype(np.float64)
    yield "depthwise_operation", rows * synapses.outputs
    yield "output_element", runs * (synapses.windows * synapses.outputs)


def _window_events(
    graph: Graph, node: Weighted, synapses: Synapses, counts: Counts, runs: np.ndarray, packed: bool
) -> Iterator[tuple[str, np.ndarray]]:
    """Visiting the windows of a node and looking at their inputs, in steps ``runs`` (N,)."""
    blocks = row_blocks(node)
    yield "row_block", runs * (blocks if blocks > 1 else 0)
    first, length = _input_runs(graph, node)
    if isinstance(node, Conv2d):
        # a dense layer's one window is part of its step
        yield "window", runs * synapses.windows
    yield "window_run", runs * first.size
    if packed:
        yield "scan_word", runs * int(((first + length - 1) // 32 - first // 32 + 1).sum())
    else:
        yield "scan_value", runs * int(length.sum())
    copied = runs * synapses.windows
    if graph.integer:
        # a sum takes its bias along, where there is one
        copied = copied - counts.active_windows[:, synapses.position].astype(np.float64)
    yield "output_element", copied * synapses.outputs


def _input_runs(graph: Graph, node: Weighted) -> tuple[np.ndarray, np.ndarray]:
    """First element and length of every run of neighbouring inputs that the windows of ``node`` read."""
    shape = graph[node.inputs[0].source].shape
    if not isinstance(node, Conv2d):
        return np.zeros(1, np.int64), np.full(1, math.prod(shape), np.int64)
    (_, height, width), (_, out_height, out_width) = shape, node.shape
    top, _, left, _ = node.padding
    y = inside(out_height, node.weights.shape[2], node.stride[0], node.dilation[0], top, height)
    x = inside(out_width, node.weights.shape[3], node.stride[1], node.dilation[1], left, width)
    depth = node.weights.shape[1]
    if node.groups == 1 and node.dilation[1] == 1:
        # neighbouring taps read neighbouring pixels
        starts = np.array([taps[0] for taps in x if taps.size], np.int64)
        pixels = np.array([taps.size for taps in x if taps.size], np.int64)
    else:
        starts = np.concatenate(x)
        pixels = np.ones_like(starts)
    pixel = np.concatenate(y)[:, None] * width + starts
    length = np.broadcast_to(pixels * depth, pixel.shape)
    groups = np.arange(node.groups)[:, None]
    first = (pixel.ravel() * node.groups + groups) * depth
    return first.ravel(), np.broadcast_to(length.ravel(), first.shape).ravel()


def _sum_events(
    synapses: Synapses, numbers: str, counts: Counts, packed: bool
) -> Iterator[tuple[str, np.ndarray]]:
    """The weights added, and what is done once for every piece of at most EVENTS_MAX non-zero inputs."""
    rows = counts.row_activations[:, synapses.position].astype(np.float64)
    active = counts.active_windows[:, synapses.position].astype(np.float64)
    # a mean: a window's last piece is half full
    pieces = np.where(active > 0, np.maximum(active, rows / EVENTS_MAX + active / 2), 0.0)
    yield "row_activation", rows
    yield "sum_piece", pieces - active
    operation = "synaptic_operation" if packed else "multiply_accumulate"
    if numbers != "int8":
        yield operation, rows * synapses.outputs
        return
    by_16 = synapses.outputs // 16 if packed else 0
    by_4 = (synapses.outputs - 16 * by_16) // 4
    by_1 = synapses.outputs % 4
    yield operation, rows * (16 * by_16 if packed else 4 * by_4)
    if packed:
        yield "synaptic_operation_by_4", rows * (4 * by_4)
    yield "operation_by_1", rows * by_1
    yield "sum_block_16", pieces * by_16
    yield "sum_block_4" if packed else "product_block", pieces * by_4
    yield "sum_block_1", pieces * by_1


def _neuron_events(
    node: Neuron, numbers: str, counts: Counts, position: int, runs: np.ndarray, lanes: int, fast: bool
) -> Iterator[tuple[str, np.ndarray]]:
    updates = counts.neuron_updates[:, position].astype(np.float64)
    channels = node.shape[0]
    yield "neuron_step", runs
    yield "neuron_update", updates
    yield "neuron_spike", counts.spikes[:, position].astype(np.float64)
    behind = behind_currents(node) if fast and numbers == "int8" else node
    in_vectors = lanes == VECTORS and numbers == "int8" and is_one_loop(behind, lanes)
    if in_vectors:
        # 16 bits take no more than 32
        yield "neuron_parameter", updates * (not fills_words(behind))
        if behind is not node:
            yield "neuron_synapse", updates
        return
    for event in node.mechanism_events():
        yield event, updates
    if numbers == "int8":
        if is_one_loop(behind, lanes):
            # what pairs leave over
            alone = runs * (elements(node) % lanes)
            yield "neuron_single", alone
            yield "neuron_run", alone
            return
        yield "neuron_single" if behind.is_plain else "neuron_general", updates
        # a run ends with its word of 32 spikes, with the channels, or with both
        size = elements(node)
        ends = size // 32 + size // channels - size // math.lcm(32, channels)
        yield "neuron_run", updates / size * ends
        return
    read = (getattr(node, name) for name in Neuron.PARAMETERS if name not in ("scale", "initial"))
    by_channel = sum(array is not None and array.shape == (channels,) for array in read)
    if len(node.shape) == 3 and by_channel:
        # Blocks of 32 start at every multiple of the common divisor; those past channels - 32 wrap.
        wrapping = min(1.0, (32 - math.gcd(32, channels)) / channels)
        yield "neuron_parameter", updates * (by_channel * wrapping)


def _pool_events(
    graph: Graph, node: Node, counts: Counts, runs: np.ndarray, lanes: int
) -> Iterator[tuple[str, np.ndarray]]:
    """Visiting a node that is neither weighted nor neurons; sums of 2 × 2 spikes are made by words, and
    any of a window's spikes are found so."""
    source = node.inputs[0].source if node.inputs else ""
    if isinstance(node, MaxPool2d) and source in packed_spikes(graph):
        windows, words = math.prod(node.shape[1:]), -(-node.shape[0] // 32)
        # of few channels two neighbours are a word
        places = 2 if node.kernel == (2, 2) and node.shape[0] <= 16 and not any(node.padding) else node.taps
        yield "pool_any_word", runs * (windows * places * words)
        return
    if not (isinstance(node, AddingPool2d) and graph.integer and source in packed_spikes(graph)):
        yield from ((event, runs * count) for event, count in node.step_events().items())
        return
    spikes = counts.spikes[:, counts.nodes.index(source)].astype(np.float64)
    channels, windows = node.shape[0], math.prod(node.shape[1:])
    if lanes == VECTORS and not any(node.padding):
        yield "pool_word", runs * (windows * node.taps * -(-channels // POOL_CHANNELS))
        return
    if node.kernel == (2, 2) and channels % 4 == 0 and not any(node.padding):
        yield "pool_word", runs * (windows * -(-channels // 32))
        yield "pool_four", runs * (windows * channels // 4)
        return
    yield from ((event, runs * count) for event, count in node.step_events().items())
    # each lies in as many windows as an input pixel does on average
    yield "pool_spike", spikes * (windows * node.taps / math.prod(graph[source].shape[1:]))


def memory(target: Microcontroller, arena_bytes: int | None, model_bytes: int | None) -> Memory:
    """What the network needs in RAM and flash beside what the board has."""
    ram, flash, code = target.ram, target.flash, target.code_size
    return Memory(
        arena_bytes=arena_bytes,
        ram_bytes=None if ram is None else int(ram.si),
        model_bytes=model_bytes,
        code_bytes=None if code is None else int(code.si),
        flash_bytes=None if flash is None else int(flash.si),
    )


def warnings(needed: Memory) -> tuple[str, ...]:
    """One line for each of RAM and flash that is too small."""
    lines = []
    if (
        needed.arena_bytes is not None
        and needed.ram_bytes is not None
        and needed.arena_bytes > needed.ram_bytes
    ):
        lines.append(
            f"does not fit: needs {needed.arena_bytes} bytes of RAM, the board has {needed.ram_bytes}"
        )
    flash = (needed.model_bytes or 0) + (needed.code_bytes or 0)
    if needed.model_bytes is not None and needed.flash_bytes is not None and flash > needed.flash_bytes:
        lines.append(f"does not fit: needs {flash} bytes of flash, the board has {needed.flash_bytes}")
    return tuple(lines)
