"""What one unit of each node's int8 output stands for, solved so that branches which meet share a unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from snnrt.converters.passes.membrane_form import decay_form
from snnrt.errors import ModelError
from snnrt.ir.graph import (
    Add,
    Conv2d,
    Exit,
    Graph,
    Input,
    Neuron,
    Node,
    Readout,
    Weighted,
    broadcast,
)
from snnrt.ir.node import complaint
from snnrt.ir.spec import LARGEST_WEIGHT

# a bias, threshold or reset value is at most so many units: far below where int32 sums saturate
_LARGEST_PARAMETER = 2.0**24
# with 16-bit states: a quarter of their range, so that a membrane can pass its threshold
_LARGEST_NARROW_PARAMETER = 2.0**13
# scales are stored as float32
_SMALLEST = 1e-30
_SAME = 1e-6
_SETTLED = 1e-9
_WHOLE = 1e-4


MEMBRANE_PARAMETERS = tuple(
    array.name for array in Neuron.KIND.arrays if array.unit == "membrane" and array.name != "bias"
)
"""A neuron's parameters that are counted in the membrane's unit as they are."""


class UnitSolver:
    """Units of ``graph`` (prepared, float32). ``narrow``: states will be 16 bits. ``shares``: of a dense or
    conv2d's largest weight, (outputs,), what ±127 stand for (1).

    Units are as small as the weights allow and grow until every addition's inputs agree; around a loop
    that is a fixed point.
    """

    def __init__(self, graph: Graph, narrow: bool, shares: Mapping[str, np.ndarray] | None = None) -> None:
        self.graph = graph
        self.shares = shares or {}
        self.nodes = [node for node in graph if not isinstance(node, (Readout, Exit))]
        self.gain = {
            n.name: broadcast(decay_form(n).gain, n.shape) for n in self.nodes if isinstance(n, Neuron)
        }
        self.units: dict[str, np.ndarray] = {}
        # of dense and conv2d: the unit each output channel would take if it shared with nothing
        self.own: dict[str, np.ndarray] = {}
        # what each output's unit must at least be; only a dense or conv2d can choose
        self.least = {node.name: np.zeros(node.shape) for node in self.nodes}
        parameter = _LARGEST_NARROW_PARAMETER if narrow else _LARGEST_PARAMETER
        for node in self.nodes:
            if isinstance(node, Neuron):
                self._raise(
                    node.inputs[0].source, _largest_parameter(node) / parameter / self.gain[node.name]
                )

    def solve(self) -> dict[str, np.ndarray]:
        """float64 array of each node's shape (readout and exit left out); ModelError where none fits."""
        # a requirement travels at most once through every node, and once more for each delayed edge it passes
        # and for each value that is compared
        delayed = sum(edge.delay for node in self.nodes for edge in node.inputs)
        compared = sum(len(node.compared) for node in self.nodes)
        for _ in range(2 * (delayed + compared + 2)):
            if not self._pass():
                self._check_additions()
                self._check_compared()
                return self.units
        # units that cannot become one grow without end
        self._check_compared()
        raise ModelError(
            f"graph: no int8 scale fits the loop through {self._loop()!r}: its leaky integrators change the "
            "unit each time around; put a spiking neuron or a dense in the loop, or use --numbers float32"
        )

    def _pass(self) -> bool:
        """Requirements from the outputs to the inputs, then units the other way; whether anything grew."""
        grew = False
        for node in reversed(self.nodes):
            grew |= self._ask_sources(node)
        for node in self.nodes:
            unit = self._unit(node)
            if unit is None:
                grew = True
                continue
            if isinstance(node, Add) and node.as_current:
                grew |= self._raise(node.name, unit)
            for edge in node.compared:
                if edge.source in self.units:
                    grew |= self._raise(edge.source, self.units[edge.source].max())
            known = self.units.get(node.name)
            grew |= known is None or bool((np.abs(unit - known) > _SETTLED * known).any())
            self.units[node.name] = unit
        return grew

    def _raise(self, name: str, wanted: np.ndarray | np.floating) -> bool:
        wanted = np.broadcast_to(wanted, self.least[name].shape)
        grows = wanted > self.least[name] * (1 + _SETTLED)
        if grows.any():
            self.least[name] = np.where(grows, wanted, self.least[name])
        return bool(grows.any())

    def _ask_sources(self, node: Node) -> bool:
        least = self.least[node.name]
        if isinstance(node, (Weighted, Input)) or (isinstance(node, Neuron) and node.spikes):
            return False
        if isinstance(node, Neuron):
            least = least / self.gain[node.name]
        else:
            shapes = [self.graph[edge.source].shape for edge in node.inputs]
            wanted = node.least_units_of_inputs(least, shapes)
            return any([self._raise(edge.source, part) for edge, part in zip(node.inputs, wanted)])
        return self._raise(node.inputs[0].source, least)

    def _unit(self, node: Node) -> np.ndarray | None:
        """The unit that follows from what is known by now; None if nothing is."""
        if isinstance(node, Input):
            return node.unit([])
        if isinstance(node, Neuron) and node.spikes:
            return np.ones(node.shape)
        found = [self.units[edge.source] for edge in node.inputs if edge.source in self.units]
        if not found or (len(found) < len(node.inputs) and not node.shares_unit):
            return None
        if isinstance(node, Weighted):
            return self._synapse_unit(node, found[0])
        if isinstance(node, Neuron):
            return found[0] * self.gain[node.name]
        return node.unit(found)

    def _synapse_unit(self, node: Weighted, source: np.ndarray) -> np.ndarray:
        if node.name not in self.own:
            self.own[node.name] = _smallest_unit(node, source, self.shares.get(node.name, 1.0))
        return broadcast(
            np.maximum(self.own[node.name], _largest_of_channel(self.least[node.name])), node.shape
        )

    def _check_additions(self) -> None:
        for node in self.nodes:
            if not isinstance(node, Add):
                continue
            for edge in node.inputs:
                if _varies(self.units[edge.source], self.units[node.name]):
                    raise complaint(
                        node,
                        "inputs",
                        "branches that can share one scale a channel",
                        f"{edge.source!r} with another; give its neurons one gain a channel, "
                        "or use --numbers float32",
                    )

    def _check_compared(self) -> None:
        for node in self.nodes:
            for edge in node.compared:
                units = self.units.get(edge.source)
                if units is not None and _varies(units, units.max()):
                    raise complaint(
                        node,
                        "input",
                        "values that can share one scale, to be compared with each other",
                        f"{edge.source!r}, whose scales differ; give its neurons one gain a channel and a "
                        "dense or conv2d before them, or use --numbers float32",
                    )

    def _loop(self) -> str:
        return next(node.name for node in self.nodes if any(edge.delay for edge in node.inputs))


def channel_units(unit: np.ndarray) -> np.ndarray:
    """(outputs,) of a dense or conv2d's ``unit``, which has its shape: one a channel."""
    return unit.reshape(unit.shape[0], -1)[:, 0]


def effective_weights(node: Weighted, unit: np.ndarray) -> np.ndarray:
    """``node.weights`` in float64 times what one unit of each input stands for, (outputs, ...)."""
    weights = node.weights.astype(np.float64)
    if not isinstance(node, Conv2d):
        return weights * unit
    # one unit a channel: a convolution reads spikes or the input, never a current
    channel = _largest_of_channel(unit).reshape(node.groups, 1, -1, 1, 1)
    return (weights.reshape(node.groups, -1, *weights.shape[1:]) * channel).reshape(weights.shape)


def _smallest_unit(node: Weighted, source: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    """(outputs,): ``share`` of the largest weight over 127, or a step whose multiples the weights are
    already."""
    weights = np.abs(effective_weights(node, source)).reshape(node.weights.shape[0], -1)
    largest = weights.max(axis=1)
    # a channel whose weights are all zero: any unit will do
    largest = np.where(largest > 0.0, largest, source.max())
    unit = largest / whole_steps(weights / largest[:, None], LARGEST_WEIGHT) * share
    if node.bias is not None:
        unit = np.maximum(unit, np.abs(node.bias.astype(np.float64)) / _LARGEST_PARAMETER)
    return np.maximum(unit, _SMALLEST)


def whole_steps(shares: np.ndarray, most: int) -> np.ndarray:
    """(rows,) how many steps from 0 to 1 hold every share (0 … 1) of a row exactly, else ``most``.

    The fewest that do, times the largest power of two that keeps them at most ``most``: weights that a
    training has already rounded to a grid stay as they are.
    """
    steps = np.full(shares.shape[0], float(most))
    open_rows = np.arange(shares.shape[0])
    for count in range(1, most + 1):
        # most rows fail on their first few values
        few = is_whole(shares[open_rows, :8] * count).all(axis=1)
        hit = open_rows[few][is_whole(shares[open_rows[few]] * count).all(axis=1)]
        steps[hit] = count * 2 ** int(np.log2(most // count))
        open_rows = np.setdiff1d(open_rows, hit, assume_unique=True)
    return steps


def is_whole(values: np.ndarray) -> np.ndarray:
    """Elementwise: an integer, but for the rounding of float32."""
    return np.abs(values - np.rint(values)) < _WHOLE


def _largest_parameter(node: Neuron) -> np.ndarray:
    """The largest |value| that must be counted in the membrane's unit, of the node's shape."""
    form = decay_form(node)
    values = [
        np.abs(broadcast(value, node.shape))
        for value in (form.bias, *(getattr(node, name) for name in MEMBRANE_PARAMETERS))
        if value is not None
    ]
    return np.maximum.reduce([np.zeros(node.shape), *values])


def _largest_of_channel(values: np.ndarray) -> np.ndarray:
    return values.reshape(values.shape[0], -1).max(axis=1)


def _varies(values: np.ndarray, expected: np.ndarray) -> bool:
    return bool((np.abs(values - expected) > _SAME * expected).any())
