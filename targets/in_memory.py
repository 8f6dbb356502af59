"""Cost of a network on an in-memory chip: what its parts do, and what each part takes for it."""

from __future__ import annotations

import math

import numpy as np

from snnrt.ir.graph import Graph, Neuron
from snnrt.results.counts import Counts
from snnrt.targets.costs import AreaTerm, LayerMapping, Ledger
from snnrt.targets.in_memory_mapping import (
    blocks_a_tile,
    blocks_used,
    mapping_of,
    mean_hops,
    passes_of,
    positions_of,
    tiles_used,
)
from snnrt.targets.in_memory_target import InMemory
from snnrt.targets.scaling import converter_time, factors
from snnrt.targets.workload import Synapses, all_synapses, nominal_counts

FORMULAS = (
    "row blocks R = ⌈inputs · k² / rows⌉ (unrolled) or ⌈inputs / rows⌉ (kernel positions)",
    "column blocks C = ⌈outputs / outputs an array holds⌉; blocks = groups · R · C, times the copies "
    "of a layer",
    "passes = bits of the largest input value where values are applied bit by bit, else 1",
    "reads = windows · R · C · passes · timesteps",
    "active reads = active windows · R · (1 − (1 − 1/R)^(rows a window)) · C · passes",
    "row drives = row activations · C · passes · fraction of input bits set (1 for spikes) · arrays "
    "of a pair",
    "cell drives = row activations · passes · fraction of bits set · outputs · slices · arrays of a pair",
    "conversions = active reads · used columns of a block",
    "energy an event = figure · its laws (converter bits, array size, technology, voltage, conductance)",
    "read = settle time + ⌈used columns / ADCs of an array⌉ · conversion time at the bits of its ADC",
    "timestep of a layer = ⌈windows / copies⌉ · passes · read (· outputs where they are read one by one)",
    "latency = Σ layers: start fraction · its timesteps (the last layer: all of it), at least the "
    "slowest layer; "
    "pipelined over timesteps: one pass of all layers + (T − 1) · the slowest",
    "leakage = (blocks · leakage a block + static power) · latency",
    "nominal timestep = energy of one timestep in which the nominal density of spikes is there",
    "energy = Σ of count × energy an event, + (fixed timesteps + exit timesteps · T) × nominal timestep",
)


def book(graph: Graph, counts: Counts, target: InMemory) -> Ledger:
    """The costs of ``counts`` on ``target``, figures at their values."""
    ledger = _steps(graph, counts, target)
    steps = counts.timesteps.astype(np.float64)
    nominal = 0.0
    if target.nominal_density is not None:
        one_step = nominal_counts(graph, target.nominal_density.si)
        nominal = float(_steps(graph, one_step, target).total_energy[0])
    if target.fixed_timesteps is not None and target.fixed_timesteps.si:
        fixed = target.fixed_timesteps
        ledger.charge(
            "fixed part",
            "fixed part an input",
            "inputs",
            1.0,
            fixed.si,
            fixed,
            ("J a nominal timestep", nominal),
        )
    if target.exit_timesteps is not None and graph.exit.rule != "never":
        each = target.exit_timesteps
        ledger.charge(
            graph.exit.name, "exit rule", "timesteps", steps, each.si, each, ("J a nominal timestep", nominal)
        )
    return ledger


def _steps(graph: Graph, counts: Counts, target: InMemory) -> Ledger:
    """Everything that happens in timesteps, without the fixed part and the exit rule."""
    steps = counts.timesteps.astype(np.float64)
    ledger = Ledger(steps.size)
    scales = () if target.energy_scale is None else (("energy scale", target.energy_scale.si),)

    def charge(layer: str, event: str, count: np.ndarray) -> None:
        for item in target.charges:
            if item.event == event and item.numbers in (None, graph.numbers):
                laws = (*factors(item, target), *scales)
                ledger.charge(layer, item.component, event, count, item.si, item.figure, *laws)

    mapping = mapping_of(graph, target)
    tiles = tiles_used(mapping, target)
    before: LayerMapping | None = None
    for synapses, layer in zip(all_synapses(graph), mapping, strict=True):
        again = steps if target.static_layers == "every_timestep" else np.ones_like(steps)
        repeats = again if synapses.static else np.ones_like(steps)
        runs = again if synapses.static else steps
        for event, count in _events(graph, counts, synapses, layer, target, runs, repeats).items():
            charge(synapses.name, event, count)
        if before is not None:
            hops = mean_hops(before, layer, tiles, target)
            carried = _elements_read(graph, synapses) * passes_of(synapses, target) * hops
            charge(synapses.name, "hop_bit", runs * carried)
        before = layer
    for position, node in enumerate(graph):
        if isinstance(node, Neuron):
            charge(node.name, "neuron_update", counts.neuron_updates[:, position].astype(np.float64))
            charge(node.name, "spike", counts.spikes[:, position].astype(np.float64))
    charge("every timestep", "timestep", steps)
    charge("every input", "input", np.ones_like(steps))
    values = math.prod(graph.input.shape)
    fetched = steps if graph.input.encoding == "spikes" else np.ones_like(steps)
    charge("every input", "input_value", fetched * values)
    _wait(graph, ledger, target, mapping, steps)
    _waste(graph, ledger, target, steps)
    _leak(ledger, target, blocks_used(mapping), scales)
    return ledger


def _elements_read(graph: Graph, synapses: Synapses) -> int:
    return math.prod(graph[graph.nodes[synapses.position].inputs[0].source].shape)


def read_time(target: InMemory, columns: float) -> float:
    """Seconds from driving the rows to the last of ``columns`` columns' code."""
    turns = math.ceil(columns / target.converters)
    law = converter_time(target.converter, target.bits, target.converter_bits.si)
    slower = 1.0 if target.latency_scale is None else target.latency_scale.si
    return (target.settle_time.si + turns * target.conversion_time.si * law) * slower


def used_columns(synapses: Synapses, target: InMemory) -> int:
    """Columns of a layer's fullest array that are read."""
    return min(synapses.outputs, target.crossbar.outputs_per_tile) * target.crossbar.slices


def _wait(
    graph: Graph, ledger: Ledger, target: InMemory, mapping: tuple[LayerMapping, ...], steps: np.ndarray
) -> None:
    """Latency of every layer's part of the whole."""
    synapses = all_synapses(graph)
    if not synapses:
        return
    times = []
    for item, layer in zip(synapses, mapping, strict=True):
        windows = -(-positions_of(graph, item, target) // layer.replicas) * passes_of(item, target)
        if target.outputs == "serial":
            windows *= item.outputs * item.groups
        times.append((windows, read_time(target, used_columns(item, target))))
    seconds = np.array([windows * read for windows, read in times])
    once = np.array([item.static and target.static_layers == "once" for item in synapses])
    pipelined = target.pipelining == "timesteps"
    fraction = 1.0 if target.start_fraction is None else target.start_fraction.si
    runs = np.where(once[:, None] | pipelined, 1.0, steps)
    shares = np.full(seconds.size, fraction)
    shares[-1] = 1.0
    for item, (windows, read), share, count in zip(synapses, times, shares, runs, strict=True):
        ledger.wait(
            item.name,
            "windows one after the other",
            count * windows,
            read,
            None,
            ("start fraction", float(share)),
        )
    whole = (seconds * shares)[:, None] * runs
    slowest = int(np.argmax(np.where(once, 0.0, seconds)))
    if pipelined:
        ledger.wait(
            synapses[slowest].name,
            "later timesteps, at the slowest layer's pace",
            steps - 1,
            float(seconds[slowest]),
        )
    rest = np.max(seconds[:, None] * runs, axis=0) - whole.sum(axis=0)
    if (rest > 0).any():
        ledger.wait(synapses[slowest].name, "until the slowest layer is done", np.maximum(rest, 0.0), 1.0)


def _waste(graph: Graph, ledger: Ledger, target: InMemory, steps: np.ndarray) -> None:
    """Timesteps that a pipeline had begun when the exit rule ended the input."""
    if target.pipelining != "timesteps" or graph.exit.rule == "never":
        return
    passing = [seconds for _, seconds in _one_pass(graph, target)]
    slowest = max(passing, default=0.0)
    depth = math.ceil(sum(passing) / slowest - 1e-9) - 1 if slowest else 0
    extra = np.minimum(float(depth), graph.timesteps - steps)
    once = {item.name for item in all_synapses(graph) if item.static and target.static_layers == "once"}
    repeated = [joules for (layer, _), joules in ledger.energy.items() if layer not in {*once, "every input"}]
    joules = extra * sum(repeated, np.zeros(steps.size)) / steps
    counted = "timesteps × J a timestep of this input"
    ledger.charge("steps in flight", "begun and not used", counted, joules, 1.0)


def _one_pass(graph: Graph, target: InMemory) -> list[tuple[str, float]]:
    mapping = mapping_of(graph, target)
    return [
        (
            item.name,
            -(-positions_of(graph, item, target) // layer.replicas)
            * passes_of(item, target)
            * read_time(target, used_columns(item, target)),
        )
        for item, layer in zip(all_synapses(graph), mapping, strict=True)
        if not item.static
    ]


def _leak(ledger: Ledger, target: InMemory, blocks: int, scales: tuple[tuple[str, float], ...]) -> None:
    latency = ledger.total_latency
    if target.block_leakage is not None:
        leak = target.block_leakage
        ledger.charge(
            "static", "leakage", "seconds", latency, leak.si, leak, ("blocks", float(blocks)), *scales
        )
    if target.static_power is not None:
        power = target.static_power
        ledger.charge("static", "static power", "seconds", latency, power.si, power, *scales)


def _events(
    graph: Graph,
    counts: Counts,
    synapses: Synapses,
    mapping: LayerMapping,
    target: InMemory,
    runs: np.ndarray,
    repeats: np.ndarray,
) -> dict[str, np.ndarray]:
    """Events of one layer, (N,) each. ``runs``: times it runs; ``repeats``: times its counts happen."""
    rows = counts.row_activations[:, synapses.position].astype(np.float64) * repeats
    active_windows = counts.active_windows[:, synapses.position].astype(np.float64) * repeats
    passes = passes_of(synapses, target)
    bits_set = passes * target.input_bit_density.si if passes > 1 else 1.0
    reads = runs * mapping.reads_per_timestep
    if target.silent_windows == "skipped":
        rows_a_window = rows / np.maximum(active_windows, 1.0)
        # A window of r rows leaves one of R blocks silent with probability (1 - 1/R)^r.
        silent = (1.0 - 1.0 / mapping.row_blocks) ** rows_a_window
        blocks_hit = mapping.row_blocks * (1.0 - silent)
        active = active_windows * blocks_hit * (mapping.column_blocks * passes)
    else:
        active = reads
    slices, arrays = target.crossbar.slices, target.arrays_per_block
    windows = positions_of(graph, synapses, target) * synapses.groups * passes
    return {
        "read": reads,
        "active_read": active,
        "kernel_position": reads * synapses.kernel_elements,
        "row_drive": rows * (mapping.column_blocks * bits_set * arrays),
        "cell_drive": rows * (synapses.outputs * slices * bits_set * arrays),
        "conversion": active * (synapses.outputs * slices / mapping.column_blocks),
        "input_bit": runs * (windows * synapses.inputs),
    }


def area_terms(graph: Graph, target: InMemory, mapping: tuple[LayerMapping, ...]) -> tuple[AreaTerm, ...]:
    """What the tiles that the network takes are made of, in the order of the profile's areas."""
    if not target.areas:
        return ()
    synapses = all_synapses(graph)
    kernels = [item.kernel_elements if target.mapping == "kernel_positions" else 1 for item in synapses]
    idle = tiles_used(mapping, target) * blocks_a_tile(target) - blocks_used(mapping)
    held = sum(layer.blocks * layer.replicas * kernel for layer, kernel in zip(mapping, kernels, strict=True))
    blocks = blocks_used(mapping) + idle
    layers = len(synapses) if target.neuron_memory_layers is None else int(target.neuron_memory_layers.si)
    written = [item.outputs * item.groups * positions_of(graph, item, target) for item in synapses[:layers]]
    pieces = {
        "array": (held + idle * max(kernels, default=1)) * target.arrays_per_block,
        "converter": blocks * target.converters,
        "block": blocks,
        "tile": tiles_used(mapping, target),
        "input_element": sum(_elements_read(graph, item) for item in synapses),
        "output_element": sum(written),
        "chip": 1,
    }
    return tuple(
        AreaTerm(
            area.component, area.event, float(pieces[area.event]), area.si, tuple(factors(area, target)),
            area.figure,
        )
        for area in target.areas
    )  # fmt: skip


def warnings(mapping: tuple[LayerMapping, ...], target: InMemory) -> tuple[str, ...]:
    """A line where the network needs more blocks than the chip has."""
    blocks = blocks_used(mapping)
    if target.blocks_available is not None and blocks > int(target.blocks_available.si):
        return (f"does not fit: needs {blocks} blocks, the chip has {int(target.blocks_available.si)}",)
    return ()
