"""Which axes of the example are time and batch: told by what reads it first."""

from __future__ import annotations

from snnrt.converters.torch.adapter import Adapter
from snnrt.converters.torch.recording import Call, Recording, Value

_SAMPLE_AXES = {
    "conv2d": 3, "max_pool2d": 3, "avg_pool2d": 3, "adaptive_avg_pool2d": 3, "conv_transpose2d": 3,
    "lp_pool2d": 3, "conv1d": 2, "max_pool1d": 2, "avg_pool1d": 2, "linear": 1,
}  # fmt: skip
_SAME = ("contiguous", "clone", "detach", "to", "float", "type", "cpu", "dropout", "mul", "div", "sub", "add",
         "requires_grad", "double")  # fmt: skip


def input_axes(
    recording: Recording, adapter: Adapter, steps: int | None
) -> tuple[tuple[str, ...], int | None]:
    """The axes in front of the first input's sample, and the number of timesteps where it tells.

    ``steps``: of a loop in the module, None where it has none.
    """
    given = recording.inputs[0]
    rank = len(given.shape)
    times = [adapter.adapt_time(call.cell) for call in recording.calls if call.cell is not None]
    order = next((one for one in times if one != "single"), None)
    call = _first_reader(recording, given)
    axis = None if call is None else _stepped_axis(call)
    if call is not None and axis is not None and steps is not None and given.shape[axis] == steps:
        rest = max(rank - 1 - _sample_axes(recording, call, rank - 2), 0)
        batch = ("N",) * min(rest, 1)
        return (*batch[:axis], "T", *batch[axis:]) if axis <= len(batch) else ("T", *batch), steps
    sample = rank - 1
    merged = False
    if call is not None:
        if call.cell is not None:
            known = adapter.sample_axes(call.cell)
            front = 1 if adapter.adapt_time(call.cell) in ("single", "NT merged") else 2
            sample = rank - front if known is None else known
        elif call.function == "flatten":
            start = call.arguments[1] if len(call.arguments) > 1 else call.options.get("start_dim", 0)
            end = call.arguments[2] if len(call.arguments) > 2 else call.options.get("end_dim", -1)
            merged = (start, end) == (0, 1)
            sample = rank - (2 if merged else max(start, 1))
        else:
            sample = min(_SAMPLE_AXES.get(call.function, rank - 1), rank)
    lead = rank - sample
    if order == "NT merged" and lead == 1:
        cell = next(one.cell for one in recording.calls if one.cell is not None)
        return ("NT",), adapter.merged_timesteps(cell, given.shape[0])
    if lead <= 0:
        return (), None
    if lead == 1 and order == "NT" and _takes_one_input(recording, adapter):
        return ("T",), given.shape[0]
    if lead == 1:
        return ("N",), None
    axes = ("N", "T") if order == "NT" or order == "NT merged" else ("T", "N")
    return axes, given.shape[axes.index("T")]


def _takes_one_input(recording: Recording, adapter: Adapter) -> bool:
    """Do its neurons take the timesteps of one input, without a batch axis?"""
    cells = [call.cell for call in recording.calls if call.cell is not None]
    return all(adapter.sample_axes(cell) is not None for cell in cells)


def _first_reader(recording: Recording, value: Value) -> Call | None:
    """What first reads the input, beyond what leaves it as it is."""
    for call in recording.calls:
        if any(one is value for one in call.values()):
            if call.function in _SAME and call.outputs and call.outputs[0].shape == value.shape:
                found = _first_reader(recording, call.outputs[0])
                if found is not None:
                    return found
                continue
            return call
    return None


def _stepped_axis(call: Call) -> int | None:
    """The axis of which ``call`` takes one place after the other."""
    if call.function in ("unbind", "iter"):
        axis = call.arguments[1] if len(call.arguments) > 1 else call.options.get("dim", 0)
        return int(axis)
    if call.function == "select":
        return int(call.arguments[1])
    if call.function == "getitem":
        index = call.arguments[1]
        index = index if isinstance(index, tuple) else (index,)
        for axis, one in enumerate(index):
            if isinstance(one, int):
                return axis
            if one is not Ellipsis and one != slice(None):
                return None
    return None


def _sample_axes(recording: Recording, call: Call, default: int) -> int:
    """Axes of one sample, told by what reads one timestep of the input."""
    reader = _first_reader(recording, call.outputs[0])
    if reader is None:
        return default
    if reader.function == "flatten":
        start = reader.arguments[1] if len(reader.arguments) > 1 else reader.options.get("start_dim", 0)
        return len(call.outputs[0].shape) - max(int(start), 1)
    return _SAMPLE_AXES.get(reader.function, default)
