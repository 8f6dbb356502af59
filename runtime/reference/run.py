"""The reference: what ``docs/ir.md`` means, in NumPy. The C core is held to it bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Protocol

import numpy as np

from snnrt.errors import DataError
from snnrt.exits import fixed_point
from snnrt.exits.decisions import Decider
from snnrt.ir.arithmetic import broadcast
from snnrt.ir.element_order import element_orders
from snnrt.ir.exit_choice import Exit
from snnrt.ir.graph import Conv2d, Graph, Neuron, Weighted
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.node import Node
from snnrt.ir.value_types import ValueType, output_types
from snnrt.results.counts import Counts
from snnrt.results.request import (
    RECORDABLE,
    Capabilities,
    Inputs,
    RunRequest,
    checked_input,
    checked_request,
)
from snnrt.results.result import Result

if TYPE_CHECKING:
    from snnrt.format.model import Model

CAPABILITIES = Capabilities("reference", records=RECORDABLE)
# bounds the memory of a batch: numbers in the unrolled windows of its largest convolution
_WINDOW_BUDGET = 2**22
_LARGEST_BATCH = 256
_DTYPES = {"bits": np.uint8, "int16": np.int16, "int32": np.int32, "float32": np.float32}


class SynapseDevice(Protocol):
    """Hardware that multiplies instead of the reference (integer graphs only)."""

    def multiply(self, node: Weighted, rows: np.ndarray, *, group: int = 0) -> np.ndarray:
        """Σ w·x without bias: ``rows`` (M, fan_in) int16 → (M, outputs / groups) int32.

        Columns of ``rows`` follow ``node.weights`` reshaped to (outputs, fan_in). ``group`` is given
        for grouped convolutions only, which call once a group.
        """
        ...


class Reference:
    """Runs ``graph`` (float32 or int8) in NumPy; ModelError if it is not what ``docs/ir.md`` allows.

    ``synapse_device`` multiplies in place of the exact integer product (int8 graphs only), see
    :class:`SynapseDevice`.
    """

    def __init__(self, graph: Graph, synapse_device: SynapseDevice | None = None) -> None:
        check_graph(graph)
        self._prepare(graph, output_types(graph), element_orders(graph), synapse_device)

    @classmethod
    def of(cls, model: Model, synapse_device: SynapseDevice | None = None) -> Reference:
        """Of a model, which is checked already."""
        reference = cls.__new__(cls)
        reference._prepare(model.graph, model.types, model.orders, synapse_device)
        return reference

    def _prepare(
        self,
        graph: Graph,
        types: Mapping[str, ValueType],
        orders: Mapping[str, np.ndarray | None],
        synapse_device: SynapseDevice | None,
    ) -> None:
        if synapse_device is not None and not graph.integer:
            raise DataError(
                f"synapse device: expected a graph in int8, found {graph.numbers}; convert with int8"
            )
        self.graph = graph
        self.device = synapse_device
        self.types = types
        self.orders = orders
        self.static = graph.static_nodes()
        self.delayed = frozenset(edge.source for node in graph for edge in node.inputs if edge.delay)

    def run(
        self,
        x: Inputs,
        *,
        timesteps: int | None = None,
        exit: Exit | str | None = None,
        record: Collection[str] = (),
        progress: Callable[[int, int], None] | None = None,
    ) -> Result:
        """Run each of N inputs until its exit.

        ``x``: (N, *shape), or (N, T, *shape) for spikes, in the range that the input node states.
        ``timesteps``: at most so many (the graph's). ``exit`` replaces the graph's. ``record``: of
        ``spikes``, ``membranes`` (after the step; int8: times ``scale``) and ``accumulators``.
        ``progress(done, inputs)`` is called now and then. Raises DataError for ``x`` or ``record`` that do
        not fit, ModelError for an exit that the graph cannot have.
        """
        request = checked_request(
            self.graph, x, CAPABILITIES, timesteps=timesteps, exit=exit, record=record, progress=progress,
        )  # fmt: skip
        return self.run_request(request)

    def run_request(self, request: RunRequest) -> Result:
        """:meth:`run` for arguments that are checked."""
        inputs, steps = len(request), request.timesteps
        result = self._empty_result(inputs, steps, request.record)
        size = self._batch_size()
        for start in range(0, inputs, size):
            chosen = np.arange(start, min(start + size, inputs))
            x = request.values(start, start + len(chosen))
            with np.errstate(over="ignore", invalid="ignore", divide="ignore", under="ignore"):
                decider = Decider.of(request.exit, request.threshold_q, self.graph.exit)
                _Batch(self, x, chosen, result).run(steps, decider)
            if request.progress is not None:
                request.progress(int(chosen[-1]) + 1, inputs)
        return result

    def peaks(self, x: np.ndarray) -> dict[str, float]:
        """The largest |u| that each neuron reaches over all timesteps of ``x``, in state units."""
        x = checked_input(x, self.graph.input, int(self.graph.timesteps))
        result = self._empty_result(x.shape[0], int(self.graph.timesteps), ())
        largest = {node.name: 0.0 for node in self.graph if isinstance(node, Neuron)}
        size = self._batch_size()
        for start in range(0, x.shape[0], size):
            chosen = np.arange(start, min(start + size, x.shape[0]))
            batch = _Batch(self, x[chosen], chosen, result)
            batch.largest = largest
            batch.run(int(self.graph.timesteps), Decider((), self.graph.readout.shape[0]))
        return largest

    def _batch_size(self) -> int:
        unrolled = [
            int(np.prod(node.shape[1:])) * node.fan_in for node in self.graph if isinstance(node, Conv2d)
        ]
        return max(1, min(_LARGEST_BATCH, _WINDOW_BUDGET // max(unrolled, default=1)))

    def _empty_result(self, inputs: int, steps: int, record: Collection[str]) -> Result:
        graph = self.graph
        classes = graph.readout.shape[0]
        neurons = [node for node in graph if isinstance(node, Neuron)]
        return Result(
            logits=np.zeros((inputs, classes), np.float32),
            predictions=np.zeros(inputs, np.int64),
            timesteps=np.zeros(inputs, np.int64),
            scores=np.full(inputs, np.nan),
            counts=Counts.zeros(tuple(node.name for node in graph), inputs),
            output_map=graph.output_map,
            spikes={
                node.name: np.zeros((inputs, steps, *node.shape), node.recorded_dtype)
                for node in neurons
                if "spikes" in record and node.threshold is not None
            },
            membranes={
                node.name: np.zeros((inputs, steps, *node.shape), np.float32)
                for node in neurons
                if "membranes" in record
            },
            accumulators=np.zeros((inputs, steps, classes), np.int32 if graph.integer else np.float32)
            if "accumulators" in record
            else None,
        )


class _Batch:
    """Inputs that run side by side; those that have exited are dropped."""

    def __init__(self, reference: Reference, x: np.ndarray, alive: np.ndarray, result: Result) -> None:
        self.reference = reference
        self.graph = reference.graph
        self.integer = self.graph.integer
        self.x = x
        self.alive = alive
        self.result = result
        # the largest |u| of each neuron, where somebody asks for it
        self.largest: dict[str, float] | None = None
        inputs = x.shape[0]
        self.states = {node.name: node.start(inputs, self.integer) for node in self.graph}
        # what is read delayed at the first step is zero
        self.values = {
            node.name: np.zeros((inputs, *node.shape), self.dtype_of(node))
            for node in self.graph
            if node.name in reference.delayed
        }
        readout = self.graph.readout
        self.accumulator = np.zeros((inputs, *readout.shape), np.int64 if self.integer else np.float32)
        self.multipliers: np.ndarray | None = None
        self.shift = 0
        if self.integer:
            self.multipliers, self.shift = readout.in_fixed_point()

    def run(self, steps: int, decider: Decider) -> None:
        for step in range(1, steps + 1):
            for index, node in enumerate(self.graph.nodes[:-2]):
                if step == 1 or node.name not in self.reference.static:
                    self._execute(index, node, step)
            self._accumulate(step)
            distances, classes = self._distances(step)
            decision = decider.step(distances, classes, step)
            done = decision.stop if step < steps else np.ones(len(self.alive), bool)
            if done.any():
                self._finish(done, step, classes, decision.scores)
                self._keep(~done)
                decider.keep(~done)
            if not len(self.alive):
                return

    def dtype_of(self, node: Node) -> np.dtype:
        return np.dtype(_DTYPES[self.reference.types[node.name]])

    def _execute(self, index: int, node: Node, step: int) -> None:
        name = node.name
        sources = [self.values[edge.source] for edge in node.inputs]
        output = node.step(_NodeStep(self, node, index, step), sources, self.states[name])
        self.values[name] = output
        if name in self.result.spikes:
            self.result.spikes[name][self.alive, step - 1] = output
        if name in self.result.membranes:
            membrane = self.states[name]["membrane"]
            if isinstance(node, Neuron) and node.scale is not None:
                membrane = membrane * broadcast(node.scale, node.shape).astype(np.float64)
            self.result.membranes[name][self.alive, step - 1] = membrane

    def _accumulate(self, step: int) -> None:
        readout = self.graph.readout
        x = self.values[readout.inputs[0].source]
        self.accumulator = readout.accumulate(self.accumulator, x, step, int(self.graph.timesteps))
        if self.result.accumulators is not None:
            self.result.accumulators[self.alive, step - 1] = self.accumulator

    def _distances(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        readout = self.graph.readout
        mode = readout.mode
        if self.multipliers is None:
            classes = fixed_point.best_class(self.accumulator)
            distances = fixed_point.distances_from_floats(self.accumulator, mode, step, readout.exit_scale)
            return distances, classes
        scaled = fixed_point.scaled_logits(self.accumulator, self.multipliers, self.shift)
        return fixed_point.distances_from_integers(scaled, mode, step), fixed_point.best_class(scaled)

    def _finish(self, done: np.ndarray, step: int, classes: np.ndarray, scores: np.ndarray) -> None:
        inputs, readout = self.alive[done], self.graph.readout
        result = self.result
        result.logits[inputs] = fixed_point.real_logits(
            self.accumulator[done], readout.scale, readout.mode, step
        )
        result.predictions[inputs] = classes[done]
        result.timesteps[inputs] = step
        result.counts.timesteps[inputs] = step
        result.scores[inputs] = scores[done]

    def _keep(self, chosen: np.ndarray) -> None:
        self.alive, self.x, self.accumulator = self.alive[chosen], self.x[chosen], self.accumulator[chosen]
        self.values = {name: value[chosen] for name, value in self.values.items()}
        self.states = {
            name: {part: value[chosen] for part, value in state.items()}
            for name, state in self.states.items()
        }


class _NodeStep:
    """One step of one node (:class:`snnrt.ir.node.Step`)."""

    def __init__(self, batch: _Batch, node: Node, index: int, step: int) -> None:
        self._batch, self._index = batch, index
        self.integer = batch.integer
        self.dtype = batch.dtype_of(node)
        self.order = batch.reference.orders.get(node.inputs[0].source) if node.inputs else None
        spikes = batch.graph.input.encoding == "spikes"
        self.x = batch.x[:, step - 1] if spikes else batch.x

    def multiply(self, node: Node, rows: np.ndarray, group: int, groups: int) -> np.ndarray:
        """The exact product of one group, or the synapse device's."""
        assert isinstance(node, Weighted)
        device = self._batch.reference.device
        if device is not None:
            drive = np.ascontiguousarray(rows, dtype=np.int16)
            product = (
                device.multiply(node, drive, group=group) if groups > 1 else device.multiply(node, drive)
            )
            return np.asarray(product).astype(np.int64)
        of_group = node.weights.shape[0] // groups
        weights = node.weights[group * of_group : (group + 1) * of_group].reshape(of_group, -1)
        # every partial sum is an integer below 2³⁰ (checked with the graph): float64 holds it exactly
        return (rows.astype(np.float64) @ weights.astype(np.float64).T).astype(np.int64)

    def count(self, event: str, values: np.ndarray) -> None:
        """Add to the result's counts."""
        getattr(self._batch.result.counts, event)[self._batch.alive, self._index] += values.astype(np.uint64)

    def observe(self, node: Node, membrane: np.ndarray) -> None:
        """Raise the largest |u| seen."""
        largest = self._batch.largest
        if largest is not None:
            largest[node.name] = max(largest[node.name], float(np.abs(membrane).max()))
