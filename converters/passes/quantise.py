"""float32 → int8: every scale folded into thresholds, so that a timestep needs no rescaling.

The integers are ``docs/ir.md``'s. Where a value's unit (what 1 stands for) comes from:

- spikes: 1; an input: its scale; a sum over a window: its source's; an average over k values: that over k
- dense, conv2d: one unit for each output channel, at least max |w| · input unit / 127; larger where
  branches meet in an addition and must share it (:mod:`snnrt.converters.passes.quantise_units`)
- a neuron's membrane: input gain × unit of its input, so threshold, bias and the rest become integers
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Literal

import numpy as np

from snnrt.converters.passes.membrane_form import decay_form
from snnrt.converters.passes.observe import synapse_inputs
from snnrt.converters.passes.quantise_balance import balance
from snnrt.converters.passes.quantise_fine import COARSE, FINE, Fine, with_fine_weights
from snnrt.converters.passes.quantise_input import quantised_input_node
from snnrt.converters.passes.quantise_prepare import prepare
from snnrt.converters.passes.quantise_states import choose_state_bits
from snnrt.converters.passes.quantise_units import UnitSolver, channel_units
from snnrt.converters.passes.quantise_weights import Read, Rows, best_shares, integer_weights, rows_in_units
from snnrt.converters.passes.shifts import nearest_shift
from snnrt.errors import ModelError
from snnrt.ir.graph import Graph, Neuron, Node, Readout, Shape, Weighted, broadcast
from snnrt.ir.graph_checks import check_graph
from snnrt.ir.node import complaint
from snnrt.ir.spec import LARGEST_INT16, ONE_Q15, Array
from snnrt.results.request import checked_data

LARGEST_INT32 = 2**31 - 1


def quantise(
    graph: Graph,
    calibration: np.ndarray | None = None,
    state_bits: Literal[16, 32] | None = None,
    decays: Literal["product", "shift"] = "product",
    fine: Fine = "none",
) -> Graph:
    """The int8 graph that stands for the float32 ``graph``.

    ``calibration``: inputs as the reference takes them; they set the input's scale and
    peak and tell where 16-bit states are enough. ``state_bits`` forces the width of all membranes;
    None takes 16 where nothing can overflow, or where the calibration stays below half the range.
    ``decays``: ``shift`` takes the nearest 1 − 2⁻ᵏ (of 1 − α, by ratio) for each leak of a neuron that has no
    decay of 1, so that devices need no product. ``fine``: layers whose weights are the sum of two
    (:mod:`snnrt.converters.passes.quantise_fine`), not with membranes of 16 bits. Raises
    ModelError for what int8 cannot express, naming the node; DataError for a wrong ``calibration``.
    """
    return Quantiser(graph, calibration, state_bits).graph(decays, fine)


class Quantiser:
    """Makes int8 graphs of one float32 ``graph``, each as :func:`quantise`; what it saw on calibration inputs
    serves all.

    ``fitted``: of ``calibration`` those that roundings may follow, None: all.
    """

    def __init__(
        self,
        graph: Graph,
        calibration: np.ndarray | None = None,
        state_bits: Literal[16, 32] | None = None,
        fitted: np.ndarray | None = None,
    ) -> None:
        check_graph(graph)
        if graph.integer:
            raise ModelError(f"quantise: expected a graph in float32, found {graph.numbers}")
        if state_bits not in (None, 16, 32):
            raise ModelError(f"quantise: state_bits: expected 16, 32 or none, found {state_bits!r}")
        if calibration is not None:
            calibration = checked_data(graph, calibration)[0]
        graph = graph.with_(nodes=(quantised_input_node(graph.input, calibration), *graph.nodes[1:]))
        self._calibration, self._state_bits, self._narrow = calibration, state_bits, state_bits == 16
        self._fitted = calibration if fitted is None else checked_data(graph, fitted)[0]
        self._prepared, self._units = balance(prepare(graph), self._narrow)
        self._rows: dict[tuple[str, bytes], tuple[Rows, ...]] = {}

    @cached_property
    def _seen(self) -> dict[str, np.ndarray]:
        if self._fitted is None or not len(self._fitted):
            return {}
        return synapse_inputs(self._prepared, self._fitted)

    def graph(self, decays: Literal["product", "shift"] = "product", fine: Fine = "none") -> Graph:
        """In int8."""
        if decays not in ("product", "shift"):
            raise ModelError(f"quantise: decays: expected 'product' or 'shift', found {decays!r}")
        if fine != "none" and self._narrow:
            raise ModelError("quantise: fine: expected 'none' with state_bits 16, which have no room for it")
        graph, units, coarse = with_fine_weights(self._prepared, self._units, fine, self._narrow)
        read = self._read(graph, units, coarse)
        if read:
            units = UnitSolver(graph, self._narrow, best_shares(graph, read, units)).solve()
        nodes = tuple(_quantise_node(node, units, decays == "shift", read) for node in graph)
        quantised = choose_state_bits(
            graph.with_(nodes=nodes, arithmetic="integer"), self._calibration, self._state_bits
        )
        check_graph(quantised)
        return quantised

    def _read(self, graph: Graph, units: dict[str, np.ndarray], coarse: frozenset[str]) -> Read:
        """By the names of ``graph``. A coarse weight is whole: there is nothing to make up for."""
        found = {}
        for name, rows in self._seen.items():
            node = graph[name + FINE if name + COARSE in coarse else name]
            assert isinstance(node, Weighted)
            unit = units[node.inputs[0].source]
            key = name, unit.tobytes()
            if key not in self._rows:
                self._rows[key] = rows_in_units(node, rows, unit)
            found[node.name] = self._rows[key]
        return found


def _quantise_node(node: Node, units: dict[str, np.ndarray], shift: bool, read: Read) -> Node:
    if isinstance(node, Weighted):
        source, unit = units[node.inputs[0].source], units[node.name]
        return _quantise_synapses(node, source, unit, read.get(node.name))
    if isinstance(node, Neuron):
        return _quantise_neuron(node, units[node.inputs[0].source], shift)
    if isinstance(node, Readout):
        unit = units[node.inputs[0].source].astype(np.float32)
        # it counts timesteps
        return node.with_(scale=np.ones_like(unit) if node.mode == "first_spike" else unit)
    return node.quantised()


def _quantise_synapses(
    node: Weighted, source_unit: np.ndarray, unit: np.ndarray, read: Sequence[Rows] | None
) -> Node:
    scale = channel_units(unit)
    bias = lost = None
    if node.bias is not None and node.bias.any():
        bias = np.rint(node.bias / scale).astype(np.int32)
        lost = node.bias - bias * scale
    weights = integer_weights(node, source_unit, scale, read, lost)
    return node.with_(weights=weights, bias=bias, scale=scale.astype(np.float32))


def _quantise_neuron(node: Neuron, source_unit: np.ndarray, shift: bool) -> Neuron:
    form = decay_form(node)
    unit = broadcast(form.gain, node.shape) * source_unit
    scale = compact(unit.astype(np.float32), node.shape)
    real = {
        "membrane": form.membrane, "synapse": form.synapse, "bias": form.bias, "gain": None, "leak": None,
        "scale": None,
    }  # fmt: skip
    leaks = (form.membrane, form.synapse, node.synapse_rise, node.adaptation_decay)
    shift = shift and max(value.max() for value in leaks if value is not None) < 1.0
    if node.reset_synapse and node.reset == "subtract" and (form.gain != 1.0).any():
        raise complaint(
            node, "gain", "1 in int8, where a reset takes the threshold off the synaptic current",
            f"{form.gain.min():.4g} to {form.gain.max():.4g}; use a reset to zero, or --numbers float32",
        )  # fmt: skip
    parameters: dict[str, object] = {}
    for array in node.KIND.arrays:
        value = real[array.name] if array.name in real else getattr(node, array.name)
        parameters[array.name] = None if value is None else _in_units(node, array, value, unit, shift)
    return replace(
        node,
        **(parameters | {"scale": scale}),  # type: ignore[arg-type]
        integration="decay",
        shift_decay=shift,
        max_spikes=min(node.max_spikes, LARGEST_INT16),
        state_bits=32,
    )


def _in_units(node: Neuron, array: Array, value: np.ndarray, unit: np.ndarray, shift: bool) -> np.ndarray:
    """A parameter as integers of the unit that its specification states."""
    if array.unit == "q15" and shift:
        return nearest_shift(value)
    if array.unit == "q15":
        return np.asarray(np.rint(value * ONE_Q15), np.int32)
    if array.unit == "steps":
        return value.astype(np.int32)
    units = broadcast(value, node.shape).astype(np.float64) / unit
    return _integers(
        node, array.name, np.maximum(units, 1) if array.name == "threshold" else units, node.shape
    )


def _integers(node: Neuron, field: str, values: np.ndarray, shape: Shape) -> np.ndarray:
    rounded = np.rint(values)
    if np.abs(rounded).max() > LARGEST_INT32:
        raise ModelError(
            f"node {node.name!r} ({node.kind}): {field}: expected at most 2^31 - 1 units of its input, found "
            f"{np.abs(rounded).max():.3g}; use --numbers float32"
        )
    return compact(rounded.astype(np.int32), shape)


def compact(values: np.ndarray, shape: Shape) -> np.ndarray:
    """``values`` of ``shape`` as a scalar, (channels,) or ``shape`` array: the smallest that holds them."""
    first = values.reshape(shape[0], -1)[:, :1]
    if (values == values.flat[0]).all():
        return np.asarray(values.flat[0])
    if len(shape) == 3 and (values.reshape(shape[0], -1) == first).all():
        return np.ascontiguousarray(first[:, 0])
    return np.ascontiguousarray(values)
