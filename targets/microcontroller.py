"""Cost of the C core on a microcontroller: events → instructions → cycles → energy and time."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from snnrt.counts import Counts
from snnrt.graph import Add, Conv2d, Dense, Exit, Flatten, Graph, Input, Neuron, Node, Pool2d, Readout
from snnrt.targets.costs import Ledger, Memory
from snnrt.targets.target import Microcontroller
from snnrt.targets.workload import classes, elements, peak_values, synapses_of

FORMULAS = (
    "instructions = Σ over events: count × instructions an event",
    "cycles = instructions × cycles an instruction (CPI)",
    "latency = cycles / clock",
    "energy = cycles × energy a cycle (+ idle power × (period − latency) where a period is given)",
    "a layer fed by a constant input runs once an input, all others once a timestep",
)

Events = Iterator[tuple[str, np.ndarray]]


def book(graph: Graph, counts: Counts, target: Microcontroller, period_s: float | None = None) -> Ledger:
    """The costs of ``counts`` on ``target``, figures at their values.

    ``period_s``: inputs arrive every so many seconds and the core idles in between; the idle
    energy is booked as the layer "idle".
    """
    steps = counts.timesteps.astype(np.float64)
    ledger = Ledger(steps.size)
    cpi, clock = target.cycles_per_instruction.si, target.clock.si
    energy_per_cycle = target.energy_per_cycle.si
    peaks, static = peak_values(graph), graph.static_nodes()
    for position, node in enumerate(graph):
        for event, count in _events(graph, counts, position, node, peaks, static):
            for charge in target.charges:
                if charge.event == event and charge.numbers in (None, graph.numbers):
                    cycles = count * (charge.si * cpi)
                    ledger.charge(node.name, charge.component, cycles * energy_per_cycle)
                    ledger.wait(node.name, cycles / clock)
    if period_s is not None and target.idle_power is not None:
        idle = np.maximum(period_s - ledger.total_latency, 0.0)
        ledger.charge("idle", "idle", idle * target.idle_power.si)
    return ledger


def _events(
    graph: Graph,
    counts: Counts,
    position: int,
    node: Node,
    peaks: dict[str, int | None],
    static: frozenset[str],
) -> Events:
    steps = counts.timesteps.astype(np.float64)
    runs = np.ones_like(steps) if node.name in static else steps
    if isinstance(node, (Dense, Conv2d)):
        synapses = synapses_of(graph, position, peaks, static)
        event = "synaptic_operation" if synapses.peak == 1 else "multiply_accumulate"
        yield event, counts.synaptic_operations[:, position].astype(np.float64)
        yield "row_activation", counts.row_activations[:, position].astype(np.float64)
        yield "window", runs * synapses.windows
        yield "window_run", runs * (synapses.windows * synapses.runs)
        if synapses.peak == 1:
            words = synapses.runs * -(-(synapses.inputs // synapses.runs) // 32)
            yield "scan_word", runs * (synapses.windows * words)
        else:
            yield "scan_value", runs * (synapses.windows * synapses.inputs)
        yield "output_element", runs * elements(node)
    elif isinstance(node, Neuron):
        updates = counts.neuron_updates[:, position].astype(np.float64)
        yield "neuron_step", runs
        yield "neuron_update", updates
        if node.synapse is not None:
            yield "synapse_update", updates
    elif isinstance(node, Pool2d):
        taps = math.prod(node.shape[1:]) * math.prod(node.kernel)
        yield "pool_tap", runs * taps
        yield "pool_element", runs * (taps * node.shape[0])
    elif isinstance(node, Add):
        yield "add_element", runs * (elements(node) * len(node.inputs))
    elif isinstance(node, Readout):
        yield "readout_element", runs * elements(node)
    elif isinstance(node, Exit) and node.rule != "never":
        yield "exit_step", runs
        yield "exit_class", runs * classes(graph)
    if not isinstance(node, (Input, Flatten, Exit)):
        yield "node_step", runs


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
