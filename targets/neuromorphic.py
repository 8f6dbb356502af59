"""Cost of a network on a digital neuromorphic chip: energies of events, time of the busiest core,
capacity."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from snnrt.ir.graph import Graph, Neuron, Weighted
from snnrt.results.counts import Counts
from snnrt.targets.costs import Costs, Ledger
from snnrt.targets.quantities import engineering
from snnrt.targets.target import Neuromorphic
from snnrt.targets.workload import all_synapses, elements

FORMULAS = (
    "energy = Σ over events: count × energy an event, + static power × chips × latency",
    "cores of a layer = ⌈its neurons / neurons a core⌉",
    "work of a layer = (synaptic operations · time + updates · time + spikes · time) / its cores",
    "latency = max(timesteps · time of a timestep, timesteps · barrier + work of the busiest layer); "
    "layers work "
    "side by side, events spread evenly over the cores of a layer",
    "chips = ⌈neurons / neurons a chip⌉ or ⌈synapses / synapses a chip⌉, whichever is more",
)


def book(graph: Graph, counts: Counts, target: Neuromorphic) -> Ledger:
    """The costs of ``counts`` on ``target``, figures at their values."""
    steps = counts.timesteps.astype(np.float64)
    ledger = Ledger(steps.size)
    scales = () if target.energy_scale is None else (("energy scale", target.energy_scale.si),)
    static = graph.static_nodes()
    times = {
        "synaptic_operation": target.synaptic_operation_time,
        "neuron_update": target.neuron_update_time,
        "spike": target.spike_time,
    }
    cores = _cores(graph, target)
    work: dict[str, np.ndarray] = {}

    def charge(layer: str, event: str, count: np.ndarray) -> None:
        for item in target.charges:
            if item.event == event and item.numbers in (None, graph.numbers):
                ledger.charge(layer, item.component, event, count, item.si, item.figure, *scales)
        time = times.get(event)
        if time is not None:
            where = cores.get(layer, (layer, 1))
            work[where[0]] = work.get(where[0], np.zeros(steps.size)) + count * (time.si / where[1])

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
    _wait(ledger, target, steps, work)
    if target.static_power is not None:
        power, chips = target.static_power, float(demand(graph, target).chips(target))
        ledger.charge(
            "static",
            "static power",
            "seconds",
            ledger.total_latency,
            power.si,
            power,
            ("chips", chips),
            *scales,
        )
    return ledger


def _wait(ledger: Ledger, target: Neuromorphic, steps: np.ndarray, work: dict[str, np.ndarray]) -> None:
    paced = steps * target.timestep_time.si
    barrier = 0.0 if target.barrier_time is None else target.barrier_time.si
    busiest = max(work, key=lambda name: float(work[name].sum()), default="")
    working = np.max(np.stack([*work.values()]), axis=0) if work else np.zeros(steps.size)
    longer = np.maximum(steps * barrier + working - paced, 0.0)
    ledger.wait("every timestep", "timesteps", steps, target.timestep_time.si, target.timestep_time)
    if longer.any():
        ledger.wait(busiest, "seconds of work and barriers beyond the timesteps' own", longer, 1.0)


def _cores(graph: Graph, target: Neuromorphic) -> dict[str, tuple[str, int]]:
    """Of each synapse and neuron node the neurons that it belongs to, and on how many cores they lie."""
    a_core = None if target.core_neurons is None else int(target.core_neurons.si)
    readers = {
        edge.source: node
        for node in reversed(list(graph))
        for edge in node.inputs
        if isinstance(node, Neuron)
    }
    found = {}
    for node in graph:
        owner = node if isinstance(node, Neuron) else readers.get(node.name, node)
        if isinstance(node, (Weighted, Neuron)):
            found[node.name] = (owner.name, 1 if a_core is None else -(-elements(owner) // a_core))
    return found


@dataclass(frozen=True)
class Demand:
    """What a network asks of a chip: neurons, synapses, the most inputs of one neuron, bits of a weight."""

    neurons: int
    synapses: int
    fan_in: int
    weight_bits: int

    def chips(self, target: Neuromorphic) -> int:
        """Chips that hold it."""
        needs = [1]
        for wanted, there in ((self.neurons, target.neurons), (self.synapses, target.synapses)):
            if there is not None:
                needs.append(math.ceil(wanted / there.si))
        most = 1 if target.chips is None else int(target.chips.si)
        return min(max(needs), most)


def demand(graph: Graph, target: Neuromorphic) -> Demand:
    """What ``graph`` asks of ``target``; a kernel that is stored once counts once."""
    items = all_synapses(graph)
    shared = target.convolution == "shared"
    synapses = sum(item.inputs * item.outputs * (item.groups if shared else item.windows) for item in items)
    return Demand(
        neurons=sum(elements(node) for node in graph if isinstance(node, Neuron)),
        synapses=synapses,
        fan_in=max((item.inputs for item in items), default=0),
        weight_bits=8 if graph.integer else 32,
    )


def warnings(graph: Graph, target: Neuromorphic) -> tuple[str, ...]:
    """A line for each thing of which the network needs more than the chip, or the largest system of chips,
    has."""
    asked = demand(graph, target)
    most = 1 if target.chips is None else int(target.chips.si)
    lines = []
    for wanted, there, name in (
        (asked.neurons, target.neurons, "neurons"),
        (asked.synapses, target.synapses, "synapses"),
    ):
        if there is not None and wanted > int(there.si) * most:
            system = f"{most} chips have" if most > 1 else "the chip has"
            lines.append(f"does not fit: needs {wanted} {name}, {system} {int(there.si) * most}")
    if target.fan_in is not None and asked.fan_in > int(target.fan_in.si):
        lines.append(
            f"does not fit: a neuron has {asked.fan_in} inputs, on the chip it may have "
            f"{int(target.fan_in.si)}"
        )
    chips = asked.chips(target)
    if chips > 1 and not lines:
        lines.append(f"split over {chips} chips; what spikes between them cost is not in the figures")
    if target.weight_bits is not None and asked.weight_bits > int(target.weight_bits.si):
        lines.append(
            f"weights have {asked.weight_bits} bits, the chip's {int(target.weight_bits.si)}: "
            "the accuracy is not the chip's"
        )
    return tuple(lines)


def power_warnings(costs: Costs, target: Neuromorphic) -> tuple[str, ...]:
    """A line where a run would take more than the chip ever does."""
    seconds = float(costs.latency_s.mean())
    if target.largest_power is None or seconds <= 0.0:
        return ()
    power, most = float(costs.energy_j.mean()) / seconds, target.largest_power.si
    if power <= most:
        return ()
    return (
        f"{engineering(power, 'W')} on average, the chip's own maximum is {engineering(most, 'W')}: "
        "its figures do not hold at this rate of events",
    )
