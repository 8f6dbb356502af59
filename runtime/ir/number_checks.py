"""Are a graph's arrays what ``docs/ir.md`` allows: dtypes, shapes, ranges, and bounds of the integer sums?"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from snnrt.errors import ModelError
from snnrt.ir.graph import (
    Add,
    AvgPool2d,
    Conv2d,
    Dense,
    Graph,
    Input,
    Neuron,
    Node,
    Readout,
    Shape,
)
from snnrt.ir.value_types import LARGEST_INT16, fan_in, largest_values, output_types

LARGEST_SUM = 2**30
LARGEST_WEIGHT = 127
ONE_Q15 = 32768
MAX_SPIKES_FLOAT = 32767
INTEGRATIONS = ("decay", "euler", "divide", "divide_leak")
SYNAPSE_ORDERS = ("decay_then_add", "add_then_decay", "use_then_decay", "previous")
RESETS = ("subtract", "value", "none")


def check_numbers(graph: Graph) -> None:
    """Raise ModelError unless every array fits ``graph.arithmetic``; structure and shapes come first."""
    types = output_types(graph)
    integer = graph.integer
    for node in graph:
        if isinstance(node, Input):
            _check_input(node, integer)
        elif isinstance(node, (Dense, Conv2d)):
            _check_synapses(node, integer)
        elif isinstance(node, Neuron):
            _check_neuron(node, integer)
        elif isinstance(node, Readout):
            _check_readout(node, integer)
    if integer:
        for node in graph:
            _check_integer_inputs(node, types)
        largest = largest_values(graph)
        for node in graph:
            if isinstance(node, (Dense, Conv2d)):
                _check_sum(node, largest[node.inputs[0].source])


def complaint(node: Node, field: str, expected: str, found: object) -> ModelError:
    """The one-line error about ``field`` of ``node``."""
    return ModelError(f"node {node.name!r} ({node.kind}): {field}: expected {expected}, found {found}")


def _check_array(node: Node, field: str, array: object, dtype: type, shapes: tuple[Shape, ...]) -> np.ndarray:
    if not isinstance(array, np.ndarray) or array.dtype != dtype:
        found = getattr(array, "dtype", type(array).__name__)
        raise complaint(node, field, f"an array of {np.dtype(dtype).name}", found)
    if array.shape not in shapes:
        raise complaint(node, field, "shape " + " or ".join(map(str, dict.fromkeys(shapes))), array.shape)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise complaint(node, field, "finite values", "NaN or infinity")
    return array


def _check_range(
    node: Node, field: str, array: np.ndarray, low: float, high: float, open_low: bool = False
) -> None:
    bad = (array <= low) if open_low else (array < low)
    bad = bad | (array > high)
    if bad.any():
        words = f"values {'above' if open_low else 'from'} {low}" + (
            f" to {high}" if np.isfinite(high) else ""
        )
        raise complaint(node, field, words, array[bad].flat[0])


def _check_scale(node: Node, scale: np.ndarray | None, shapes: tuple[Shape, ...], integer: bool) -> None:
    if scale is None:
        return
    if not integer:
        raise complaint(node, "scale", "none in float32", "one")
    _check_array(node, "scale", scale, np.float32, shapes)
    _check_range(node, "scale", scale, 0.0, np.inf, open_low=True)


def _check_input(node: Input, integer: bool) -> None:
    if node.encoding not in ("constant", "spikes"):
        raise complaint(node, "encoding", "constant or spikes", repr(node.encoding))
    if not (np.isfinite(node.low) and np.isfinite(node.high) and node.low <= node.high):
        raise complaint(node, "range", "finite low ≤ high", f"{node.low} to {node.high}")
    if not integer:
        return
    if not (np.isfinite(np.float32(node.scale)) and np.float32(node.scale) > 0):
        raise complaint(node, "scale", "a positive number", node.scale)
    if not isinstance(node.peak, (int, np.integer)) or not 1 <= node.peak <= LARGEST_INT16:
        raise complaint(node, "peak", f"1 to {LARGEST_INT16}", node.peak)


def _check_synapses(node: Dense | Conv2d, integer: bool) -> None:
    outputs = (node.weights.shape[0],)
    _check_array(node, "weights", node.weights, np.int8 if integer else np.float32, (node.weights.shape,))
    if integer:
        _check_range(node, "weights", node.weights, -LARGEST_WEIGHT, LARGEST_WEIGHT)
    if node.bias is not None:
        _check_array(node, "bias", node.bias, np.int32 if integer else np.float32, (outputs,))
    _check_scale(node, node.scale, (outputs,), integer)


def _check_readout(node: Readout, integer: bool) -> None:
    if node.mode not in ("sum", "mean"):
        raise complaint(node, "mode", "sum or mean", repr(node.mode))
    if integer and node.scale is None:
        raise complaint(node, "scale", "what one unit of each accumulator is worth", "none")
    _check_scale(node, node.scale, (node.shape,), integer)


def _check_neuron(node: Neuron, integer: bool) -> None:
    shapes = ((), (node.shape[0],), node.shape)
    dtype = np.int32 if integer else np.float32
    for field, value, allowed in (
        ("integration", node.integration, INTEGRATIONS),
        ("synapse_order", node.synapse_order, SYNAPSE_ORDERS),
        ("reset", node.reset, RESETS),
        ("state_bits", node.state_bits, (16, 32)),
    ):
        if value not in allowed:
            raise complaint(node, field, "one of " + ", ".join(map(str, allowed)), repr(value))
    _check_array(node, "membrane", node.membrane, dtype, shapes)
    for field in node.PARAMETERS:
        array = getattr(node, field)
        if array is not None and field != "scale":
            _check_array(node, field, array, dtype, shapes)
    _check_scale(node, node.scale, shapes, integer)
    _check_firing(node, integer)
    if integer:
        _check_integer_neuron(node)
    else:
        _check_float_neuron(node)


def _check_firing(node: Neuron, integer: bool) -> None:
    if node.threshold is None:
        if node.multiple or node.reset_next:
            raise complaint(
                node,
                "threshold",
                "one, where several spikes or a reset at the next step are asked for",
                "none",
            )
        return
    if node.multiple and (node.reset_next or node.strict):
        other = "reset_next" if node.reset_next else "strict"
        raise complaint(node, other, "not set where a neuron fires several spikes a step", "set")
    highest = LARGEST_INT16 if integer else MAX_SPIKES_FLOAT
    if not isinstance(node.max_spikes, (int, np.integer)) or not 1 <= node.max_spikes <= highest:
        raise complaint(node, "max_spikes", f"1 to {highest}", node.max_spikes)
    if integer:
        _check_range(node, "threshold", node.threshold, 1, 2**31 - 1)
    else:
        _check_range(node, "threshold", node.threshold, 0.0, np.inf, open_low=True)


def _check_float_neuron(node: Neuron) -> None:
    if node.state_bits != 32:
        raise complaint(node, "state_bits", "32 in float32", node.state_bits)
    if node.integration == "decay":
        _check_range(node, "membrane", node.membrane, 0.0, 1.0)
        if node.leak is not None:
            raise complaint(node, "leak", "none with integration 'decay'", "one; fold it into the bias")
    elif node.integration == "euler":
        _check_range(node, "membrane", node.membrane, 0.0, np.inf)
    else:
        _check_range(node, "membrane", node.membrane, 0.0, np.inf, open_low=True)
    if node.synapse is not None:
        _check_range(node, "synapse", node.synapse, 0.0, 1.0)


def _check_integer_neuron(node: Neuron) -> None:
    if node.integration != "decay":
        raise complaint(node, "integration", "decay in int8", node.integration)
    for field in ("gain", "leak"):
        if getattr(node, field) is not None:
            raise complaint(node, field, "none in int8", "one; fold it into weights and bias")
    for field in ("membrane", "synapse"):
        if getattr(node, field) is not None:
            _check_range(node, field, getattr(node, field), 0, ONE_Q15)
    if node.state_bits == 16:
        for field in ("reset_value", "lower_bound", "initial"):
            if getattr(node, field) is not None:
                _check_range(node, field, getattr(node, field), -(2**15), 2**15 - 1)


def _check_integer_inputs(node: Node, types: Mapping[str, str]) -> None:
    if isinstance(node, AvgPool2d):
        raise complaint(node, "kind", "sum_pool2d in int8 (1/k² belongs in the next scale)", node.kind)
    for edge in node.inputs:
        found = types[edge.source]
        if isinstance(node, (Dense, Conv2d)) and found == "int32":
            raise complaint(node, "input", "spikes or int16 values", f"the int32 output of {edge.source!r}")
        if isinstance(node, Neuron) and found != "int32":
            hint = "put an add with as_current between"
            raise complaint(
                node, "input", "an int32 current", f"the {found} output of {edge.source!r}; {hint}"
            )
        if isinstance(node, Add) and not node.as_current and found == "int32":
            raise complaint(
                node, "input", "int16 values", f"the int32 output of {edge.source!r}; set as_current"
            )


def _check_sum(node: Dense | Conv2d, largest: int) -> None:
    bias = 0 if node.bias is None else int(np.abs(node.bias.astype(np.int64)).max())
    bound = fan_in(node) * LARGEST_WEIGHT * largest + bias
    if bound > LARGEST_SUM:
        raise complaint(
            node,
            "sum",
            f"fan_in·127·largest input + |bias| of at most 2^30 ({LARGEST_SUM})",
            f"{fan_in(node)}·127·{largest} + {bias} = {bound}; use a smaller fan-in, or --numbers float32",
        )
