"""Cost of a network on a digital neuromorphic chip: energy a synaptic operation and a neuron update."""

from __future__ import annotations

import numpy as np

from snnrt.ir.graph import Graph, Neuron, Weighted
from snnrt.results.counts import Counts
from snnrt.targets.costs import Ledger
from snnrt.targets.target import Neuromorphic
from snnrt.targets.workload import all_synapses, elements

FORMULAS = (
    "energy = Σ over events: count × energy an event, + static power × latency",
    "latency = timesteps × time of a timestep",
)


def book(graph: Graph, counts: Counts, target: Neuromorphic) -> Ledger:
    """The costs of ``counts`` on ``target``, figures at their values."""
    steps = counts.timesteps.astype(np.float64)
    ledger = Ledger(steps.size)
    scale = 1.0 if target.energy_scale is None else target.energy_scale.si
    static = graph.static_nodes()

    def charge(layer: str, event: str, count: np.ndarray) -> None:
        for item in target.charges:
            if item.event == event and item.numbers in (None, graph.numbers):
                ledger.charge(layer, item.component, count * (item.si * scale))

    for position, node in enumerate(graph):
        if isinstance(node, Weighted):
            again = node.name in static and target.static_layers == "every_timestep"
            operations = counts.synaptic_operations[:, position].astype(np.float64)
            charge(node.name, "synaptic_operation", operations * (steps if again else 1.0))
        elif isinstance(node, Neuron):
            charge(node.name, "neuron_update", counts.neuron_updates[:, position].astype(np.float64))
            charge(node.name, "spike", counts.spikes[:, position].astype(np.float64))
    charge("every timestep", "timestep", steps)
    charge("every input", "input", np.ones_like(steps))
    ledger.wait("every timestep", steps * target.timestep_time.si)
    if target.static_power is not None:
        ledger.charge("static", "static power", ledger.total_latency * (target.static_power.si * scale))
    return ledger


def warnings(graph: Graph, target: Neuromorphic) -> tuple[str, ...]:
    """A line for neurons and for synapses where the network needs more than the chip has."""
    neurons = sum(elements(node) for node in graph if isinstance(node, Neuron))
    synapses = sum(item.inputs * item.outputs * item.windows for item in all_synapses(graph))
    lines = []
    if target.neurons is not None and neurons > int(target.neurons.si):
        lines.append(f"does not fit: needs {neurons} neurons, the chip has {int(target.neurons.si)}")
    if target.synapses is not None and synapses > int(target.synapses.si):
        lines.append(f"does not fit: needs {synapses} synapses, the chip has {int(target.synapses.si)}")
    return tuple(lines)
