"""Cost of a network on an in-memory chip: layers → blocks of arrays → reads, rows and conversions."""

from __future__ import annotations

import numpy as np

from snnrt.ir.graph import Graph, Neuron
from snnrt.results.counts import Counts
from snnrt.targets.costs import LayerMapping, Ledger
from snnrt.targets.target import InMemory
from snnrt.targets.workload import Synapses, all_synapses, nominal_counts, pooled_positions

FORMULAS = (
    "row blocks R = ⌈inputs · k² / rows⌉ (unrolled) or ⌈inputs / rows⌉ (kernel positions)",
    "column blocks C = ⌈outputs · columns a weight / columns⌉; blocks = groups · R · C",
    "passes = bits of the largest input value where values are applied bit by bit, else 1",
    "reads = windows · R · C · passes · timesteps",
    "active reads = active windows · R · (1 − (1 − 1/R)^(rows a window)) · C · passes",
    "row drives = row activations · C · passes · fraction of input bits set (1 for spikes)",
    "conversions = active reads · used columns of a block",
    "nominal timestep = energy of one timestep in which the nominal density of spikes is there",
    "energy = Σ of count × energy an event, + (fixed timesteps + exit timesteps · T) × nominal timestep",
    "latency = Σ over layers: windows · passes · read time · timesteps (blocks side by side)",
)


def mapping_of(graph: Graph, target: InMemory) -> tuple[LayerMapping, ...]:
    """Where each dense and conv2d node lies."""
    return tuple(_mapping(graph, synapses, target) for synapses in all_synapses(graph))


def _mapping(graph: Graph, synapses: Synapses, target: InMemory) -> LayerMapping:
    rows, columns = int(target.rows.si), int(target.columns.si)
    by_position = target.mapping == "kernel_positions"
    fan_in = synapses.channels_in if by_position else synapses.inputs
    used_columns = synapses.outputs * target.columns_per_weight
    row_blocks, column_blocks = -(-fan_in // rows), -(-used_columns // columns)
    blocks = synapses.groups * row_blocks * column_blocks
    reads = _positions(graph, synapses, target) * blocks * _passes(synapses, target)
    utilisation = fan_in * used_columns / (row_blocks * rows * column_blocks * columns)
    return LayerMapping(synapses.name, row_blocks, column_blocks, blocks, reads, utilisation)


def _positions(graph: Graph, synapses: Synapses, target: InMemory) -> int:
    pooled = pooled_positions(graph, synapses.name) if target.positions == "after_pooling" else None
    return synapses.positions if pooled is None else pooled


def _passes(synapses: Synapses, target: InMemory) -> int:
    if target.values == "one_read" or synapses.peak == 1:
        return 1
    return int(target.input_bits.si) if synapses.peak is None else synapses.peak.bit_length()


def book(graph: Graph, counts: Counts, target: InMemory) -> Ledger:
    """The costs of ``counts`` on ``target``, figures at their values."""
    ledger = _steps(graph, counts, target)
    steps = counts.timesteps.astype(np.float64)
    nominal = 0.0
    if target.nominal_density is not None:
        one_step = nominal_counts(graph, target.nominal_density.si)
        nominal = float(_steps(graph, one_step, target).total_energy[0])
    if target.fixed_timesteps is not None:
        ledger.charge("fixed part", "fixed part an input", target.fixed_timesteps.si * nominal)
    if target.exit_timesteps is not None and graph.exit.rule != "never":
        ledger.charge(graph.exit.name, "exit rule", steps * (target.exit_timesteps.si * nominal))
    return ledger


def _steps(graph: Graph, counts: Counts, target: InMemory) -> Ledger:
    """Everything that happens in timesteps, without the fixed part and the exit rule."""
    steps = counts.timesteps.astype(np.float64)
    ledger = Ledger(steps.size)
    scale = 1.0 if target.energy_scale is None else target.energy_scale.si
    slower = 1.0 if target.latency_scale is None else target.latency_scale.si

    def charge(layer: str, event: str, count: np.ndarray) -> None:
        for item in target.charges:
            if item.event == event and item.numbers in (None, graph.numbers):
                ledger.charge(layer, item.component, count * (item.si * scale))

    for synapses in all_synapses(graph):
        again = steps if target.static_layers == "every_timestep" else np.ones_like(steps)
        repeats = again if synapses.static else np.ones_like(steps)
        runs = again if synapses.static else steps
        for event, count in _events(graph, counts, synapses, target, runs, repeats):
            charge(synapses.name, event, count)
        windows = _positions(graph, synapses, target) * _passes(synapses, target)
        ledger.wait(synapses.name, runs * (windows * target.read_time.si * slower))
    for position, node in enumerate(graph):
        if isinstance(node, Neuron):
            charge(node.name, "neuron_update", counts.neuron_updates[:, position].astype(np.float64))
            charge(node.name, "spike", counts.spikes[:, position].astype(np.float64))
    charge("every timestep", "timestep", steps)
    charge("every input", "input", np.ones_like(steps))
    if target.static_power is not None:
        ledger.charge("static", "static power", ledger.total_latency * (target.static_power.si * scale))
    return ledger


def _events(
    graph: Graph, counts: Counts, synapses: Synapses, target: InMemory, runs: np.ndarray, repeats: np.ndarray
) -> list[tuple[str, np.ndarray]]:
    """Events of one layer, (N,) each. ``runs``: times it runs; ``repeats``: times its counts happen."""
    mapping = _mapping(graph, synapses, target)
    rows = counts.row_activations[:, synapses.position].astype(np.float64) * repeats
    active_windows = counts.active_windows[:, synapses.position].astype(np.float64) * repeats
    passes = _passes(synapses, target)
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
    used_columns = synapses.outputs * target.columns_per_weight / mapping.column_blocks
    return [
        ("read", reads),
        ("active_read", active),
        ("kernel_position", reads * synapses.kernel_elements),
        ("row_drive", rows * (mapping.column_blocks * bits_set)),
        ("conversion", active * used_columns),
    ]


def warnings(mapping: tuple[LayerMapping, ...], target: InMemory) -> tuple[str, ...]:
    """A line where the network needs more blocks than the chip has."""
    blocks = sum(layer.blocks for layer in mapping)
    if target.blocks_available is not None and blocks > int(target.blocks_available.si):
        return (f"does not fit: needs {blocks} blocks, the chip has {int(target.blocks_available.si)}",)
    return ()
